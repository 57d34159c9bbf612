//! What the connector sends, and what it makes of every answer.

use std::time::Duration;

use fermata_sdk::http;
use fermata_sdk::testing::{Answer, Host, Run, START_UNIX};
use sendgrid::send;
use serde_json::{Value, json};

const URL: &str = "https://api.sendgrid.com/v3/mail/send";

fn mail() -> Value {
    json!({
        "apiKey": "SG.key",
        "from": { "name": "Shop", "email": "shop@example.org" },
        "to": { "name": "Ada", "email": "ada@example.org" },
        "content": { "subject": "Welcome", "type": "text/html", "value": "<p>Hello</p>" },
    })
}

fn answered(answer: Answer) -> Run {
    Host::new().http("POST", URL, answer).run(send, mail())
}

#[test]
fn a_content_is_sent_as_documented() {
    let run = answered(Answer::status(202).header("X-Message-Id", "m-1"));
    assert_eq!(run.completed(), &json!({ "status": 202, "messageId": "m-1" }));
    let request = &run.requests[0];
    assert_eq!(request.header("authorization"), Some("Bearer SG.key"));
    assert_eq!(
        request.json::<Value>(),
        json!({
            "personalizations": [{ "to": [{ "email": "ada@example.org", "name": "Ada" }] }],
            "from": { "email": "shop@example.org", "name": "Shop" },
            "subject": "Welcome",
            "content": [{ "type": "text/html", "value": "<p>Hello</p>" }],
        })
    );
}

#[test]
fn a_template_is_sent_with_its_data_and_attachments() {
    let mut variables = mail();
    variables["content"] = Value::Null;
    variables["template"] = json!({ "id": "d-1", "data": { "name": "Ada" } });
    variables["attachments"] = json!([{ "content": "SGk=", "filename": "hi.txt", "type": "text/plain" }]);
    let run = Host::new().http("POST", URL, Answer::status(202)).run(send, variables);
    assert_eq!(run.completed(), &json!({ "status": 202, "messageId": null }));
    assert_eq!(
        run.requests[0].json::<Value>(),
        json!({
            "personalizations": [{
                "to": [{ "email": "ada@example.org", "name": "Ada" }],
                "dynamic_template_data": { "name": "Ada" },
            }],
            "from": { "email": "shop@example.org", "name": "Shop" },
            "template_id": "d-1",
            "attachments": [{ "content": "SGk=", "filename": "hi.txt", "type": "text/plain" }],
        })
    );
}

#[test]
fn the_base_url_is_a_setting() {
    let run = Host::new()
        .config("base-url", "http://127.0.0.1:8025/")
        .http("POST", "http://127.0.0.1:8025/v3/mail/send", Answer::status(202))
        .run(send, mail());
    assert_eq!(run.completed()["status"], 202);
}

#[test]
fn a_mail_without_content_and_template_is_never_sent() {
    let mut variables = mail();
    variables["content"] = Value::Null;
    let run = Host::new().run(send, variables);
    assert_eq!(run.failure().retries, Some(0));
    assert!(run.failure().message.contains("neither"), "{:?}", run.failure());
}

#[test]
fn a_refused_mail_is_not_retried() {
    let refusal = json!({ "errors": [{ "message": "Does not contain a valid address.", "field": "personalizations.0.to.0.email", "help": null }] });
    let run = answered(Answer::json(400, &refusal));
    assert_eq!(run.failure().retries, Some(0));
    assert_eq!(
        run.failure().message,
        "SendGrid refuses the mail, status 400: personalizations.0.to.0.email: Does not contain a valid address."
    );
}

#[test]
fn a_wrong_key_is_not_retried_and_not_repeated_in_the_message() {
    let refusal = json!({ "errors": [{ "message": "The provided authorization grant is invalid, expired, or revoked", "field": null }] });
    let run = answered(Answer::json(401, &refusal));
    assert_eq!(run.failure().retries, Some(0));
    assert!(run.failure().message.contains("API key"));
    assert!(!run.failure().message.contains("SG.key"));
}

#[test]
fn too_many_mails_wait_as_long_as_asked() {
    let reset = |seconds: i64| (START_UNIX.as_secs().cast_signed() + seconds).to_string();
    for (header, value, seconds) in [
        ("Retry-After", "7".to_owned(), 7),
        ("X-RateLimit-Reset", reset(42), 42),
        ("X-RateLimit-Reset", reset(-5), 1),
        ("X-RateLimit-Reset", reset(1_000_000), 600),
        ("X-RateLimit-Reset", "soon".to_owned(), 1),
        ("X-Other", String::new(), 1),
    ] {
        let run = answered(Answer::status(429).header(header, &value));
        let waits = Some(Duration::from_secs(seconds));
        assert_eq!((run.failure().retries, run.failure().retry_after), (None, waits), "{header}: {value}");
    }
}

#[test]
fn an_outage_is_retried_after_a_while() {
    for answer in [
        Answer::text(503, "<html>"),
        Answer::error(http::Error::Timeout),
        Answer::error(http::Error::Connect(String::new())),
    ] {
        let run = answered(answer);
        assert_eq!(
            (run.failure().retries, run.failure().retry_after),
            (None, Some(Duration::from_secs(1))),
            "{:?}",
            run.result
        );
    }
}
