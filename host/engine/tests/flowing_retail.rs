//! Order and payment of the flowing-retail sample, models from the field: they deploy as they are, and run with scripted
//! workers on happy and unhappy paths.
//!
//! The models lie beside the project and are not part of it: without them nothing is tested, which is said.

extern crate fermata_engine as engine;

#[path = "scenarios/rows.rs"]
mod rows;
#[path = "flowing_retail/script.rs"]
mod script;
#[path = "scenarios/world.rs"]
#[expect(dead_code, reason = "the scenarios use more of it")]
mod world;

use std::time::Duration;

use engine::Command;
use engine::command::{Start, UpdateJob};
use engine::state::{Awaited, IncidentKind};
use script::{Answer, Play, model};

const ORDER: &str = r#"{"order": {"orderId": "o-1", "totalSum": 42}, "traceId": "t-1"}"#;
const PAYMENT: &str = r#"{"refId": "o-1", "amount": 42, "traceId": "t-1"}"#;

/// The task that charges the card. The model, a demo, has a condition before it that never holds.
const CHARGE: &str = "ServiceTask_10hm6pn";

#[test]
fn an_order_is_saved_paid_fetched_and_shipped() -> anyhow::Result<()> {
    let Some(model) = model("order-zeebe.bpmn")? else { return Ok(()) };
    let mut play = Play::start(&model, Start::Default, ORDER)?;
    assert_eq!(play.waiting_jobs(), ["save-order-z"]);
    play.answer("save-order-z", Answer::Done("{}"))?;
    // Input mappings pick from the order.
    assert_eq!(play.variable_of_job("retrieve-payment-z", "amount").as_deref(), Some("42"));
    assert_eq!(play.variable_of_job("retrieve-payment-z", "refId").as_deref(), Some(r#""o-1""#));
    play.answer("retrieve-payment-z", Answer::Done("{}"))?;
    play.answer("fetch-goods-z", Answer::Done(r#"{"pickId": "p-1"}"#))?;
    play.answer("ship-goods-z", Answer::Done(r#"{"shipmentId": "s-1"}"#))?;
    assert!(play.has_completed());
    assert_eq!(
        play.completed_tasks(),
        [
            "ServiceTaskSaveOrder",
            "ServiceTaskRetrievePayment",
            "ServiceTaskFetchGoods",
            "ServiceTaskShipGoods"
        ]
    );
    Ok(())
}

#[test]
fn an_order_whose_payment_is_out_of_order_waits_for_an_operator() -> anyhow::Result<()> {
    let Some(model) = model("order-zeebe.bpmn")? else { return Ok(()) };
    let mut play = Play::start(&model, Start::Default, ORDER)?;
    play.answer("save-order-z", Answer::Done("{}"))?;
    for attempts_left in [2, 1, 0] {
        play.answer("retrieve-payment-z", Answer::Fails { attempts_left })?;
    }
    assert_eq!(play.incidents(), [IncidentKind::JobNoRetries]);
    let job = play.job("retrieve-payment-z")?;
    play.step(Command::UpdateJob(UpdateJob { job, retries: Some(1), deadline: None }))?;
    play.resolve()?;
    for job_type in ["retrieve-payment-z", "fetch-goods-z", "ship-goods-z"] {
        play.answer(job_type, Answer::Done("{}"))?;
    }
    assert!(play.has_completed());
    Ok(())
}

#[test]
fn an_order_by_messages_waits_for_each_of_them() -> anyhow::Result<()> {
    let Some(model) = model("order-kafka.bpmn")? else { return Ok(()) };
    let mut play = Play::start(&model, Start::Default, ORDER)?;
    let steps = [
        ("retrieve-payment", "CorrelationId_RetrievePayment", "PaymentReceivedEvent"),
        ("fetch-goods", "CorrelationId_FetchGoods", "GoodsFetchedEvent"),
        ("ship-goods", "CorrelationId_ShipGoods", "GoodsShippedEvent"),
    ];
    for (number, (job_type, key, message)) in steps.into_iter().enumerate() {
        assert_eq!(play.waiting_jobs(), [job_type]);
        play.answer(job_type, Answer::Done(&format!(r#"{{"{key}": "key-{number}"}}"#)))?;
        assert!(play.waiting_jobs().is_empty());
        assert_eq!(
            play.awaited(),
            [Awaited::Message { name: message.into(), correlation_key: format!("key-{number}").into() }]
        );
        play.message(message, "{}")?;
    }
    play.answer("order-completed", Answer::Done("{}"))?;
    assert!(play.has_completed());
    Ok(())
}

#[test]
fn an_order_without_a_correlation_key_goes_on_when_it_has_got_one() -> anyhow::Result<()> {
    let Some(model) = model("order-kafka.bpmn")? else { return Ok(()) };
    let mut play = Play::start(&model, Start::Default, ORDER)?;
    play.answer("retrieve-payment", Answer::Done("{}"))?;
    assert_eq!(play.incidents(), [IncidentKind::ExtractValueError]);
    play.set(r#"{"CorrelationId_RetrievePayment": "key"}"#)?;
    play.resolve()?;
    play.message("PaymentReceivedEvent", "{}")?;
    assert_eq!(play.waiting_jobs(), ["fetch-goods"]);
    Ok(())
}

#[test]
fn a_payment_begins_with_its_message_and_is_covered_by_credit() -> anyhow::Result<()> {
    let Some(model) = model("payment.bpmn")? else { return Ok(()) };
    let start = Start::Event { element: "StartEvent_1".into(), message: None };
    let mut play = Play::start(&model, start, PAYMENT)?;
    for job_type in ["noop", "emitEvent", "paymentReceived"] {
        assert_eq!(play.waiting_jobs(), [job_type]);
        play.answer(job_type, Answer::Done("{}"))?;
    }
    assert!(play.has_completed());
    assert!(play.has_entered("CustomerCreditUsedEvent") && play.has_entered("EndEvent_0769is9"));
    Ok(())
}

#[test]
fn a_declined_card_is_charged_again_when_the_customer_has_updated_it() -> anyhow::Result<()> {
    let Some(model) = model("payment.bpmn")? else { return Ok(()) };
    let mut play = Play::start(&model, Start::Before(vec![CHARGE.into()]), PAYMENT)?;
    play.answer("chargeCreditCard", Answer::Throws("Error_PaymentError"))?;
    play.answer("noop", Answer::Done("{}"))?;
    let awaited = Awaited::Message { name: "Msg_CreditCardUpdated".into(), correlation_key: "t-1".into() };
    assert_eq!(play.awaited(), [awaited]);
    play.message("Msg_CreditCardUpdated", "{}")?;
    // The seven days are over with the wait.
    assert_eq!(play.world.state.timers().count(), 0);
    for job_type in ["chargeCreditCard", "emitEvent", "paymentReceived"] {
        play.answer(job_type, Answer::Done("{}"))?;
    }
    assert!(play.has_completed());
    assert!(play.has_entered("CreditCardChargedEvent") && play.has_entered("EndEvent_0769is9"));
    Ok(())
}

#[test]
fn a_card_that_is_not_updated_within_a_week_ends_the_payment() -> anyhow::Result<()> {
    let Some(model) = model("payment.bpmn")? else { return Ok(()) };
    let mut play = Play::start(&model, Start::Before(vec![CHARGE.into()]), PAYMENT)?;
    play.answer("chargeCreditCard", Answer::Throws("Error_PaymentError"))?;
    play.answer("noop", Answer::Done("{}"))?;
    let week = Duration::from_secs(7 * 24 * 60 * 60);
    assert!(!play.pass(week - Duration::from_millis(1))?, "nothing is due before the week is over");
    assert!(play.pass(Duration::from_millis(1))?);
    assert!(play.has_completed());
    assert!(play.has_entered("EndEvent_1no2aoc"), "the payment has failed");
    assert!(play.awaited().is_empty());
    Ok(())
}

#[test]
fn another_error_than_that_of_the_card_is_not_caught() -> anyhow::Result<()> {
    let Some(model) = model("payment.bpmn")? else { return Ok(()) };
    let mut play = Play::start(&model, Start::Before(vec![CHARGE.into()]), PAYMENT)?;
    play.answer("chargeCreditCard", Answer::Throws("SomethingElse"))?;
    assert_eq!(play.incidents(), [IncidentKind::UnhandledErrorEvent]);
    assert!(!play.has_completed());
    Ok(())
}
