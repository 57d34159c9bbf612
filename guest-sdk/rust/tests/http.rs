//! Requests as they leave, and answers as they come back.

use std::time::Duration;

use fermata_sdk::http::{self, Error, Response};
use fermata_sdk::testing::{Answer, Host, Run};
use fermata_sdk::{Failure, Job, JobError};
use serde_json::{Value, json};

/// Sends requests as a worker would.
fn sending(host: Host, send: impl FnOnce() -> Result<Response, Error>) -> Run {
    let worker = |_: Job<Value>| -> Result<Value, JobError> {
        let response = send()?;
        Ok(json!({ "status": response.status(), "body": response.text() }))
    };
    host.run(worker, json!({}))
}

#[test]
fn a_request_is_sent_as_it_was_built() {
    let host = Host::new().http("POST", "https://api.example/v1/a?x=1&who=a%26b", Answer::text(201, "made"));
    let run = sending(host, || {
        http::post("https://api.example/v1/a?x=1")
            .query([("who", "a&b")])
            .header("x-one", "1")
            .bearer("token")
            .idempotency_key("key")
            .json(&json!({ "amount": 1 }))
            .timeout(Duration::from_secs(3))
            .send()
    });
    assert_eq!(run.completed(), &json!({ "status": 201, "body": "made" }));
    let request = &run.requests[0];
    for (name, value) in [
        ("x-one", "1"),
        ("authorization", "Bearer token"),
        ("idempotency-key", "key"),
        ("content-type", "application/json"),
    ] {
        assert_eq!(request.header(name), Some(value));
    }
    assert_eq!(request.json::<Value>(), json!({ "amount": 1 }));
    assert_eq!(request.timeout, Duration::from_secs(3));
}

#[test]
fn a_redirect_is_an_answer_unless_it_is_to_be_followed() {
    let moved = || Answer::status(302).header("Location", "/b");
    let host = Host::new().http("GET", "https://api.example/a", moved());
    assert_eq!(sending(host, || http::get("https://api.example/a").send()).completed()["status"], 302);

    let host = Host::new().http("GET", "https://api.example/a", moved()).http(
        "GET",
        "https://api.example/b",
        Answer::status(204),
    );
    let run = sending(host, || http::get("https://api.example/a").bearer("t").follow_redirects(1).send());
    assert_eq!(run.completed()["status"], 204);
    assert_eq!(run.requests[1].header("authorization"), Some("Bearer t"));
}

#[test]
fn only_harmless_headers_go_along_to_another_origin() {
    let host = Host::new()
        .http(
            "GET",
            "https://api.example/a",
            Answer::status(307).header("location", "https://other.example/"),
        )
        .http("GET", "https://other.example/", Answer::status(200));
    let run = sending(host, || {
        http::get("https://api.example/a")
            .bearer("t")
            .header("x-vendor-token", "1")
            .header("Accept", "text/plain")
            .body("a query with a password")
            .follow_redirects(1)
            .send()
    });
    let names: Vec<_> = run.requests[1].headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Accept"]);
    assert_eq!(run.requests[1].text(), "");
}

#[test]
fn redirects_end_and_never_repeat_what_has_an_effect() {
    let circle = || Answer::status(301).header("location", "/a");
    let host = Host::new().http("GET", "https://api.example/a", circle()).http(
        "GET",
        "https://api.example/a",
        circle(),
    );
    let run = sending(host, || http::get("https://api.example/a").follow_redirects(1).send());
    assert_eq!(run.failure().message, Error::TooManyRedirects(1).to_string());

    let host = Host::new().http("POST", "https://api.example/a", circle());
    let run = sending(host, || http::post("https://api.example/a").follow_redirects(5).send());
    assert_eq!(run.completed()["status"], 301);
}

#[test]
fn a_body_over_the_limit_is_an_error() {
    let host = Host::new().http("GET", "https://api.example/", Answer::text(200, "12345"));
    let run = sending(host, || http::get("https://api.example/").body_bytes_max(4).send());
    assert_eq!(run.failure().message, Error::BodyTooLarge { bytes_max: 4 }.to_string());
    assert_eq!(run.failure().retries, Some(0));
}

#[test]
fn a_bad_request_is_never_sent() {
    for (url, header) in [("example.org", "1"), ("https://example.org/", "a\r\nb")] {
        let run = sending(Host::new(), || http::get(url).header("x-one", header).send());
        assert_eq!(run.failure().retries, Some(0), "{:?}", run.result);
        assert!(run.requests.is_empty());
    }
}

#[test]
fn a_status_says_whether_a_retry_makes_sense() {
    let failure = |answer| {
        let worker = |_: Job<Value>| -> Result<(), JobError> {
            Err(http::get("https://api.example/").send()?.failure("no").into())
        };
        Host::new().http("GET", "https://api.example/", answer).run(worker, json!({})).failure().clone()
    };
    assert_eq!(failure(Answer::status(404)), Failure::new("no").retries(0));
    let limited = failure(Answer::status(429).header("Retry-After", "11"));
    assert_eq!((limited.retries, limited.retry_after), (None, Some(Duration::from_secs(11))));
}

#[test]
fn an_outage_waits_longer_with_each_attempt_unless_the_model_says_how_long() {
    let worker = |_: Job<Value>| -> Result<(), JobError> {
        Err(http::get("https://api.example/").send()?.failure("no").into())
    };
    for answer in [Answer::status(503), Answer::status(429), Answer::error(Error::Timeout)] {
        let failed = |host: Host| {
            let run = host.http("GET", "https://api.example/", answer.clone()).run(worker, json!({}));
            (run.failure().retries, run.failure().retry_after)
        };
        for (attempt, seconds) in [(1, 1), (2, 5), (3, 30), (9, 30)] {
            let waits = Some(Duration::from_secs(seconds));
            assert_eq!(failed(Host::new().attempt(attempt, 2)), (None, waits), "attempt {attempt}");
        }
        assert_eq!(failed(Host::new().header("retryBackoff", "PT10S")), (None, None));
    }
}

#[test]
fn other_failures_wait_as_the_model_says() {
    let worker = |_: Job<Value>| -> Result<(), JobError> { Err(Failure::new("no").into()) };
    assert_eq!(Host::new().run(worker, json!({})).failure(), &Failure::new("no"));
    let worker =
        |_: Job<Value>| -> Result<(), JobError> { Err(Failure::new("no").retries(0).backing_off().into()) };
    assert_eq!(Host::new().run(worker, json!({})).failure(), &Failure::new("no").retries(0));
}

#[test]
#[should_panic(expected = "another request than the test expects")]
fn a_test_notices_another_request() {
    let host = Host::new().http("GET", "https://api.example/a", Answer::status(200));
    sending(host, || http::get("https://api.example/b").send());
}

#[test]
#[should_panic(expected = "expects no further request")]
fn a_test_notices_a_request_too_many() {
    sending(Host::new(), || http::get("https://api.example/b").send());
}

#[test]
#[should_panic(expected = "did not send GET https://api.example/a")]
fn a_test_notices_a_request_that_was_not_sent() {
    let host = Host::new().http("GET", "https://api.example/a", Answer::status(200));
    host.run(|_: Job<Value>| -> Result<(), JobError> { Ok(()) }, json!({}));
}
