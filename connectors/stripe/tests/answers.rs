//! What the connector sends, and what it makes of every answer.

use std::time::Duration;

use fermata_sdk::http;
use fermata_sdk::testing::{Answer, Host, Run, START_UNIX};
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
         &receipt_email=ada%40example.org&metadata%5Border%5D=4711\
         &metadata%5Bfermata_job%5D=2251799813685249"
    );
    assert_eq!(run.checkpoint, Some(json!({ "sentAt": START_UNIX.as_secs() })), "the first attempt is noted");
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
fn a_payment_without_the_customer_that_must_be_confirmed_is_a_business_error_too() {
    let declined = |code: &str, decline_code: &str| {
        json!({
            "type": "card_error", "code": code, "decline_code": decline_code,
            "message": "Your card was declined. This transaction requires authentication.",
            "payment_intent": { "id": "pi_1", "status": "requires_payment_method" },
        })
    };
    for (code, decline_code) in
        [("authentication_required", "authentication_required"), ("card_declined", "authentication_required")]
    {
        let error = declined(code, decline_code);
        let mut payment = payment("requires_payment_method");
        payment["last_payment_error"] = error.clone();
        for answer in [Answer::json(402, &json!({ "error": error })), Answer::json(200, &payment)] {
            let run = charged(answer);
            assert_eq!(run.bpmn_error().code, "AUTHENTICATION_REQUIRED");
            assert_eq!(run.bpmn_error().variables["paymentIntentId"], "pi_1");
            assert!(run.bpmn_error().message.contains("requires authentication"));
        }
    }
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
    let refusal = json!({ "error": { "type": "idempotency_error", "code": "idempotency_key_in_use" } });
    for (answer, seconds) in [
        (Answer::json(409, &refusal), 1),
        (Answer::json(429, &refusal), 1),
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
fn an_outage_is_retried_after_a_while() {
    for answer in [
        Answer::json(500, &json!({ "error": { "type": "api_error" } })),
        Answer::text(503, "<html>"),
        Answer::text(200, "<html>"),
        Answer::error(http::Error::Timeout),
        // Stripe knows better than the status.
        Answer::json(400, &json!({ "error": { "type": "api_error" } })).header("Stripe-Should-Retry", "true"),
    ] {
        let run = charged(answer);
        assert_eq!(
            (run.failure().retries, run.failure().retry_after),
            (None, Some(Duration::from_secs(1))),
            "{:?}",
            run.result
        );
    }
}

#[test]
fn an_error_that_stripe_would_only_repeat_is_not_retried_and_says_where_to_look() {
    let refusal = json!({ "error": { "type": "api_error", "message": "Sorry" } });
    for answer in [
        Answer::json(500, &refusal).header("Idempotent-Replayed", "true"),
        Answer::json(500, &refusal).header("Stripe-Should-Retry", "false"),
        Answer::text(502, "<html>").header("Stripe-Should-Retry", "false"),
    ] {
        let run = charged(answer);
        assert_eq!(run.failure().retries, Some(0));
        let message = &run.failure().message;
        assert!(message.contains("may have had its effect") && message.contains("fermata_job"), "{message}");
    }
    let host = Host::new().attempt(3, 0).http("POST", PAYMENTS, Answer::json(500, &refusal));
    let run = host.run(pay, charge());
    assert_eq!(run.failure().retries, None);
    assert!(run.failure().message.contains("may have had its effect"), "{}", run.failure().message);
    let run = charged(Answer::json(429, &refusal).header("Stripe-Should-Retry", "false"));
    assert_eq!((run.failure().retries, &*run.failure().message), (Some(0), "Stripe is busy: Sorry"));
}

#[test]
fn a_key_with_other_parameters_has_a_failure_of_its_own() {
    let refusal =
        json!({ "error": { "type": "idempotency_error", "message": "Keys for idempotent requests…" } });
    let run = charged(Answer::json(400, &refusal));
    assert_eq!(run.failure().retries, Some(0));
    let message = &run.failure().message;
    assert!(message.contains("the input of the task was changed"), "{message}");
    assert!(message.contains("fermata_job") && message.contains("Keys for"), "{message}");
}

#[test]
fn a_repeat_is_sent_only_while_stripe_surely_knows_the_first_call() {
    const HOUR: u64 = 60 * 60;
    let repeated = |hours: u64| {
        Host::new().attempt(2, 0).checkpoint(&json!({ "sentAt": START_UNIX.as_secs() - hours * HOUR }))
    };
    let run =
        repeated(22).http("POST", PAYMENTS, Answer::json(200, &payment("succeeded"))).run(pay, charge());
    assert_eq!(run.completed()["status"], "succeeded");
    // Nothing is sent: the host under test expects no request.
    let run = repeated(23).run(pay, charge());
    assert_eq!(run.failure().retries, Some(0));
    let message = &run.failure().message;
    assert!(message.contains("23 hours old") && message.contains("fermata_job"), "{message}");
}

#[test]
fn a_model_cannot_set_the_metadata_that_names_the_job() {
    let mut variables = charge();
    variables["metadata"] = json!({ "fermata_job": "another" });
    let answer = Answer::json(200, &payment("succeeded"));
    let run = Host::new().http("POST", PAYMENTS, answer).run(pay, variables);
    assert!(
        run.requests[0]
            .text()
            .ends_with("never&receipt_email=ada%40example.org&metadata%5Bfermata_job%5D=2251799813685249")
    );
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
    assert_eq!(
        run.requests[0].text(),
        "payment_intent=pi_1&amount=100&metadata%5Bfermata_job%5D=2251799813685249"
    );
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
