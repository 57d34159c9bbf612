//! What the connector sends, and what it makes of every answer.

use std::time::Duration;

use fermata_sdk::http;
use fermata_sdk::testing::{Answer, Host, Run};
use serde_json::{Value, json};
use stripe::pay;

const PAYMENTS: &str = "https://api.stripe.com/v1/payment_intents";
const REFUNDS: &str = "https://api.stripe.com/v1/refunds";

fn charge() -> Value {
    json!({
        "apiKey": "sk_1",
        "operation": "charge",
        "amount": 4900,
        "currency": "EUR",
        "paymentMethod": "pm_card_visa",
        "receiptEmail": "ada@example.org",
        "metadata": { "order": "4711" },
        "customer": null,
        "offSession": null,
        "customerName": "a variable of the process that is none of ours",
    })
}

fn charged(answer: Answer) -> Run {
    Host::new().http("POST", PAYMENTS, answer).run(pay, charge())
}

fn refunded(answer: Answer) -> Run {
    let variables =
        json!({ "apiKey": "sk_1", "operation": "refund", "paymentIntent": "pi_1", "amount": 100 });
    Host::new().http("POST", REFUNDS, answer).run(pay, variables)
}

fn payment(status: &str) -> Value {
    json!({ "id": "pi_1", "status": status, "amount": 4900, "currency": "eur", "latest_charge": "ch_1" })
}

#[test]
fn a_charge_is_created_and_confirmed_in_one_call() {
    let run = charged(Answer::json(200, &payment("succeeded")));
    assert_eq!(
        run.completed(),
        &json!({ "paymentIntentId": "pi_1", "status": "succeeded", "amount": 4900, "currency": "eur", "chargeId": "ch_1" })
    );
    let request = &run.requests[0];
    assert_eq!(request.header("authorization"), Some("Bearer sk_1"));
    assert_eq!(request.header("idempotency-key"), Some("test-idempotency-key"));
    assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(
        request.text(),
        "amount=4900&currency=eur&payment_method=pm_card_visa&confirm=true\
         &automatic_payment_methods%5Benabled%5D=true&automatic_payment_methods%5Ballow_redirects%5D=never\
         &receipt_email=ada%40example.org&metadata%5Border%5D=4711"
    );
}

#[test]
fn a_declined_card_is_a_business_error_with_its_details() {
    let run = charged(Answer::json(
        402,
        &json!({ "error": {
            "type": "card_error",
            "code": "card_declined",
            "decline_code": "insufficient_funds",
            "message": "Your card has insufficient funds.",
            "payment_intent": { "id": "pi_1", "status": "requires_payment_method" },
        } }),
    ));
    let error = run.bpmn_error();
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("CARD_DECLINED", "Your card has insufficient funds.")
    );
    assert_eq!(
        Value::Object(error.variables.clone()),
        json!({
            "declineCode": "insufficient_funds",
            "errorCode": "card_declined",
            "declineMessage": "Your card has insufficient funds.",
            "paymentIntentId": "pi_1",
        })
    );
}

#[test]
fn a_payment_that_ends_without_a_card_is_declined_too() {
    let mut payment = payment("requires_payment_method");
    payment["last_payment_error"] = json!({ "type": "card_error", "code": "expired_card" });
    let run = charged(Answer::json(200, &payment));
    assert_eq!(run.bpmn_error().code, "CARD_DECLINED");
    assert_eq!(run.bpmn_error().variables["declineCode"], "expired_card");
}

#[test]
fn a_payment_that_the_customer_must_confirm_is_a_business_error() {
    let run = charged(Answer::json(200, &payment("requires_action")));
    assert_eq!(run.bpmn_error().code, "AUTHENTICATION_REQUIRED");
    assert_eq!(run.bpmn_error().variables["paymentIntentId"], "pi_1");
}

#[test]
fn a_refused_request_is_not_retried() {
    let refusal = json!({ "error": { "type": "invalid_request_error", "param": "currency", "message": "Invalid currency: xxx" } });
    let run = charged(Answer::json(400, &refusal));
    assert_eq!(run.failure().retries, Some(0));
    assert_eq!(
        run.failure().message,
        "Stripe refuses the request, status 400: currency: Invalid currency: xxx"
    );
}

#[test]
fn a_wrong_key_is_not_retried_and_not_repeated_in_the_message() {
    let run = charged(Answer::json(401, &json!({ "error": { "type": "invalid_request_error" } })));
    assert_eq!(run.failure().retries, Some(0));
    assert!(run.failure().message.contains("key"));
    assert!(!run.failure().message.contains("sk_1"));
}

#[test]
fn a_busy_vendor_is_asked_again_later() {
    let refusal = json!({ "error": { "type": "invalid_request_error", "code": "lock_timeout" } });
    for (answer, seconds) in [
        (Answer::json(409, &refusal), 2),
        (Answer::json(429, &refusal), 2),
        (Answer::json(429, &refusal).header("Retry-After", "9"), 9),
    ] {
        let run = charged(answer);
        assert_eq!(
            (run.failure().retries, run.failure().retry_after),
            (None, Some(Duration::from_secs(seconds)))
        );
    }
}

#[test]
fn an_outage_is_retried() {
    for answer in [
        Answer::json(500, &json!({ "error": { "type": "api_error" } })),
        Answer::text(503, "<html>"),
        Answer::text(200, "<html>"),
        Answer::error(http::Error::Timeout),
    ] {
        let run = charged(answer);
        assert_eq!((run.failure().retries, run.failure().retry_after), (None, None), "{:?}", run.result);
    }
}

#[test]
fn a_refund_is_sent_as_documented() {
    let run = refunded(Answer::json(
        200,
        &json!({ "id": "re_1", "status": "succeeded", "amount": 100, "currency": "eur", "payment_intent": "pi_1" }),
    ));
    assert_eq!(
        run.completed(),
        &json!({ "refundId": "re_1", "status": "succeeded", "amount": 100, "currency": "eur", "paymentIntentId": "pi_1" })
    );
    assert_eq!(run.requests[0].text(), "payment_intent=pi_1&amount=100");
}

#[test]
fn a_refund_that_cannot_be_is_a_business_error() {
    let failed = json!({ "id": "re_1", "status": "failed", "amount": 100, "currency": "eur", "failure_reason": "expired_or_canceled_card" });
    let run = refunded(Answer::json(200, &failed));
    assert_eq!(run.bpmn_error().code, "REFUND_FAILED");
    assert_eq!(run.bpmn_error().variables["failureReason"], "expired_or_canceled_card");

    let refusal = json!({ "error": { "type": "invalid_request_error", "code": "charge_already_refunded", "message": "Charge ch_1 has already been refunded." } });
    assert_eq!(refunded(Answer::json(400, &refusal)).bpmn_error().code, "ALREADY_REFUNDED");
}

#[test]
fn an_unknown_operation_and_an_amount_of_nothing_are_never_sent() {
    let mut variables = charge();
    variables["amount"] = json!(0);
    let run = Host::new().run(pay, &variables);
    assert_eq!(run.failure().retries, Some(0));
    assert!(run.failure().message.contains("amount"));

    variables["operation"] = json!("steal");
    let run = Host::new().run(pay, &variables);
    assert_eq!(run.failure().retries, Some(0));
    assert!(run.failure().message.contains("steal"), "{:?}", run.failure());
}
