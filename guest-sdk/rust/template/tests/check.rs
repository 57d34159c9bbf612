//! The worker on a stand-in for the host: every way in which a job can end.

use std::time::Duration;

use fermata_sdk::testing::{Answer, Host};
use fermata_sdk::http;
use serde_json::{Value, json};
use {{name_snake}}::{Customer, check};

const CUSTOMER: &str = "https://customers.example.com/customers/C-1";
const CHECKS: &str = "https://customers.example.com/checks";

/// A host that grants what the manifest asks for.
fn host() -> Host {
    Host::new().config("base-url", "https://customers.example.com").secret("CUSTOMER_API_KEY")
}

/// What the service says of a customer; the worker needs only a part of it.
fn ada(score: i64) -> Answer {
    Answer::json(200, &json!({ "name": "Ada", "score": score, "since": 1815 }))
}

fn checked() -> Answer {
    Answer::json(201, &json!({ "id": "chk-7" }))
}

fn variables() -> Value {
    json!({ "customer": "C-1" })
}

#[test]
fn a_customer_with_a_good_score_is_approved() {
    let run = host().http("GET", CUSTOMER, ada(712)).http("POST", CHECKS, checked()).run(check, variables());
    let expected = json!({ "customerName": "Ada", "checkId": "chk-7", "approved": true });
    assert_eq!(run.completed(), &expected);
    assert_eq!(run.checkpoint, Some(json!({ "name": "Ada", "score": 712 })));

    let [asked, sent] = &run.requests[..] else { panic!("two requests") };
    for request in [asked, sent] {
        // The host puts the secret there.
        assert_eq!(request.header("authorization"), Some("Bearer {secret CUSTOMER_API_KEY}"));
    }
    assert_eq!(sent.header("idempotency-key"), Some("test-idempotency-key"));
    assert_eq!(sent.header("content-type"), Some("application/json"));
    assert_eq!(sent.json::<Value>(), json!({ "customer": "C-1", "score": 712 }));

    let [record] = &run.log[..] else { panic!("one record") };
    assert_eq!(record.message, "customer checked");
    let fields = [("customer".to_owned(), "C-1".to_owned()), ("score".to_owned(), "712".to_owned())];
    assert_eq!(record.fields, fields);
}

#[test]
fn the_setting_may_end_with_a_slash_and_the_score_with_a_zero() {
    let ada = Answer::text(200, r#"{"name": "Ada", "score": 712.0}"#);
    let host = host().config("base-url", "https://customers.example.com/");
    let run = host.http("GET", CUSTOMER, ada).http("POST", CHECKS, checked()).run(check, variables());
    assert_eq!(run.completed()["approved"], true);
    assert_eq!(run.requests[1].json::<Value>(), json!({ "customer": "C-1", "score": 712 }));
}

#[test]
fn a_customer_with_a_low_score_is_not() {
    for (score, approved) in [(599, false), (600, true)] {
        let run =
            host().http("GET", CUSTOMER, ada(score)).http("POST", CHECKS, checked()).run(check, variables());
        assert_eq!(run.completed()["approved"], approved, "{score}");
    }
}

#[test]
fn an_id_is_one_part_of_the_path() {
    let url = "https://customers.example.com/customers/a%2Fb%20c";
    let run = host().http("GET", url, Answer::status(404)).run(check, json!({ "customer": "a/b c" }));
    assert_eq!(run.bpmn_error().message, "there is no customer a/b c");
}

#[test]
fn a_customer_whom_nobody_knows_is_a_case_for_the_process() {
    let run = host().http("GET", CUSTOMER, Answer::status(404)).run(check, variables());
    let error = run.bpmn_error();
    assert_eq!(error.code, "CUSTOMER_NOT_FOUND");
    assert_eq!(error.message, "there is no customer C-1");
    assert_eq!(Value::Object(error.variables.clone()), json!({ "customer": "C-1" }));
}

#[test]
fn an_outage_is_tried_again_when_the_service_says() {
    let answer = Answer::status(503).header("retry-after", "7");
    let run = host().http("GET", CUSTOMER, answer).run(check, variables());
    let failure = run.failure();
    assert_eq!(failure.message, "the customer service answered 503");
    assert_eq!(failure.code.as_deref(), Some("HTTP_503"));
    assert_eq!((failure.retries, failure.retry_after), (None, Some(Duration::from_secs(7))));

    let run = host().http("GET", CUSTOMER, Answer::status(500)).run(check, variables());
    assert_eq!((run.failure().retries, run.failure().retry_after), (None, None));
}

#[test]
fn a_second_attempt_goes_on_where_the_first_one_failed() {
    let first =
        host().http("GET", CUSTOMER, ada(712)).http("POST", CHECKS, Answer::status(500)).run(check, variables());
    assert_eq!(first.failure().message, "the check service answered 500");
    assert_eq!(first.failure().code.as_deref(), Some("HTTP_500"));

    let kept = Customer { name: "Ada".to_owned(), score: 712 };
    assert_eq!(first.checkpoint, Some(json!(kept)));
    let second = host().attempt(2, 1).checkpoint(&kept).http("POST", CHECKS, checked()).run(check, variables());
    assert_eq!(second.completed()["customerName"], "Ada");
}

#[test]
fn what_no_retry_helps_leaves_no_retries() {
    for (variables, message) in [
        (json!({}), "variable `customer` is missing"),
        (json!({ "customer": 7 }), "variable `customer` is not a text"),
    ] {
        let run = host().run(check, variables);
        assert_eq!((run.failure().message.as_str(), run.failure().retries), (message, Some(0)));
    }
    let run = Host::new().secret("CUSTOMER_API_KEY").run(check, variables());
    assert_eq!(run.failure().message, "setting `base-url` is missing");
    assert_eq!(run.failure().retries, Some(0));
    for body in [json!([]), json!({ "name": "Ada" }), json!({ "name": "Ada", "score": "high" })] {
        let run = host().http("GET", CUSTOMER, Answer::json(200, &body)).run(check, variables());
        assert_eq!(run.failure().message, "the customer service answered something else than a customer");
        assert_eq!(run.failure().retries, Some(0), "{body}");
    }
}

#[test]
fn no_answer_is_a_failure_that_says_why() {
    let lost = Answer::error(http::Error::Connect("connection refused".to_owned()));
    let run = host().http("GET", CUSTOMER, lost).run(check, variables());
    assert!(run.failure().message.contains("connection refused"), "{:?}", run.failure());
}
