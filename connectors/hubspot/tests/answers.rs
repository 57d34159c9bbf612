//! What the connector sends, and what it makes of every answer.

use std::time::Duration;

use fermata_sdk::http;
use fermata_sdk::testing::{Answer, Host, Run};
use hubspot::upsert;
use serde_json::{Value, json};

const URL: &str = "https://api.hubapi.com/crm/v3/objects/contacts/batch/upsert";

fn contact() -> Value {
    json!({
        "apiKey": "pat-1",
        "email": "ada@example.org",
        "properties": { "firstname": "Ada", "score": 90, "vip": true, "fax": null },
    })
}

fn answered(answer: Answer) -> Run {
    Host::new().http("POST", URL, answer).run(upsert, contact())
}

#[test]
fn a_contact_is_sent_as_documented() {
    let run = answered(Answer::json(
        200,
        &json!({
            "status": "COMPLETE",
            "results": [{ "id": "51", "properties": { "email": "ada@example.org" }, "new": true, "archived": false }],
        }),
    ));
    assert_eq!(
        run.completed(),
        &json!({ "contactId": "51", "created": true, "properties": { "email": "ada@example.org" } })
    );
    let request = &run.requests[0];
    assert_eq!(request.header("authorization"), Some("Bearer pat-1"));
    assert_eq!(
        request.json::<Value>(),
        json!({ "inputs": [{
            "idProperty": "email",
            "id": "ada@example.org",
            "properties": { "email": "ada@example.org", "firstname": "Ada", "score": "90", "vip": "true", "fax": "" },
        }] })
    );
}

#[test]
fn a_contact_that_is_there_is_updated() {
    let run = answered(Answer::json(200, &json!({ "results": [{ "id": "51", "new": false }] })));
    assert_eq!(run.completed(), &json!({ "contactId": "51", "created": false, "properties": {} }));
}

#[test]
fn a_contact_without_an_address_or_with_a_nested_property_is_never_sent() {
    for (variables, cause) in [
        (json!({ "apiKey": "pat-1", "email": " " }), "email"),
        (json!({ "apiKey": "pat-1", "email": "a@b.example", "properties": { "tags": [1] } }), "tags"),
    ] {
        let run = Host::new().run(upsert, variables);
        assert_eq!(run.failure().retries, Some(0));
        assert!(run.failure().message.contains(cause), "{:?}", run.failure());
    }
}

#[test]
fn a_refused_contact_is_not_retried() {
    let refusal = json!({ "status": "error", "message": "Property \"x\" does not exist", "category": "VALIDATION_ERROR" });
    for answer in
        [Answer::json(400, &refusal), Answer::json(207, &json!({ "results": [], "errors": [refusal] }))]
    {
        let run = answered(answer);
        assert_eq!(run.failure().retries, Some(0));
        assert!(run.failure().message.contains("does not exist"), "{:?}", run.failure());
    }
}

#[test]
fn a_wrong_token_is_not_retried_and_not_repeated_in_the_message() {
    for status in [401, 403] {
        let run = answered(Answer::json(status, &json!({ "status": "error", "message": "no" })));
        assert_eq!(run.failure().retries, Some(0));
        assert!(run.failure().message.contains("token"));
        assert!(!run.failure().message.contains("pat-1"));
    }
}

#[test]
fn a_busy_contact_or_account_is_retried_later() {
    let locked = |category: &str| json!({ "message": "in use", "category": category, "subCategory": null });
    for (answer, seconds) in [
        (Answer::json(409, &locked("OBJECT_LOCKED")), 2),
        (Answer::json(409, &locked("CONCURRENT_UPDATE")), 2),
        (Answer::status(423), 2),
        (Answer::status(429), 10),
        (Answer::status(429).header("Retry-After", "3"), 3),
        (Answer::status(477).header("Retry-After", "3600"), 3600),
    ] {
        let run = answered(answer);
        assert_eq!(
            (run.failure().retries, run.failure().retry_after),
            (None, Some(Duration::from_secs(seconds)))
        );
    }
}

#[test]
fn a_conflict_that_stays_is_not_retried_and_named() {
    let refusal = json!({ "message": "Contact already exists. Existing ID: 51", "category": "CONFLICT" });
    let run = answered(Answer::json(409, &refusal));
    assert_eq!(run.failure().retries, Some(0));
    assert_eq!(
        run.failure().message,
        "HubSpot sees a conflict with this contact: Contact already exists. Existing ID: 51"
    );
    let run = answered(Answer::json(423, &json!({ "message": "Locked by import 7", "category": "LOCKED" })));
    assert!(run.failure().message.ends_with("elsewhere: Locked by import 7"), "{}", run.failure().message);
}

#[test]
fn an_outage_is_retried_after_a_while() {
    for answer in
        [Answer::text(502, "<html>"), Answer::text(200, "<html>"), Answer::error(http::Error::Timeout)]
    {
        let run = answered(answer);
        assert_eq!(
            (run.failure().retries, run.failure().retry_after),
            (None, Some(Duration::from_secs(1))),
            "{:?}",
            run.result
        );
    }
}
