//! Web pages of others change nothing, and read nothing.

use axum::body::Body;
use axum::http::{Request, request};
use serde_json::json;

use crate::support::{Answer, Host, multipart};

/// A request that a browser sends without asking anybody first.
fn simple_post(path: &str, headers: &[(&str, &str)]) -> request::Builder {
    headers.iter().fold(Request::post(path), |request, (name, value)| request.header(*name, *value))
}

const EVIL_PAGE: &[(&str, &str)] =
    &[("host", "127.0.0.1:8080"), ("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")];
/// An older browser, which sends no `Sec-Fetch-Site`.
const EVIL_PAGE_OF_OLD: &[(&str, &str)] = &[("host", "127.0.0.1:8080"), ("origin", "http://evil.example")];
/// The page's own name has come to point at the loopback interface.
const REBOUND_PAGE: &[(&str, &str)] = &[
    ("host", "evil.example:8080"),
    ("origin", "http://evil.example:8080"),
    ("sec-fetch-site", "same-origin"),
];
const SANDBOXED_PAGE: &[(&str, &str)] = &[("host", "127.0.0.1:8080"), ("origin", "null")];
const OWN_PAGE: &[(&str, &str)] =
    &[("host", "localhost:8080"), ("origin", "http://localhost:8080"), ("sec-fetch-site", "same-origin")];
const PAGE_OF_A_GIVEN_NAME: &[(&str, &str)] =
    &[("host", "fermata.corp"), ("origin", "https://fermata.corp"), ("sec-fetch-site", "same-origin")];

async fn cancel(host: &Host, instance: &str, headers: &[(&str, &str)]) -> Answer {
    let path = format!("/v2/process-instances/{instance}/cancellation");
    host.request(simple_post(&path, headers).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn no_page_of_others_changes_state() {
    let host = Host::start().await;
    host.deploy_order().await;
    let instance = host.start_order(json!({})).await;
    let (form, model) = multipart(&[("at-once.bpmn", include_bytes!("models/at-once.bpmn").to_vec())], None);
    for page in [EVIL_PAGE, EVIL_PAGE_OF_OLD, REBOUND_PAGE, SANDBOXED_PAGE] {
        // Neither has a body of a type that a browser would have to ask for.
        let refused = cancel(&host, &instance, page).await.problem(403);
        assert_eq!(refused["title"], "FORBIDDEN", "{refused}");
        let deploy = simple_post("/v2/deployments", page).header("content-type", &form);
        host.request(deploy.body(Body::from(model.clone())).unwrap()).await.problem(403);
    }
    let state = host.get(&format!("/v2/process-instances/{instance}")).await.json(200)["state"].clone();
    assert_eq!(state, "ACTIVE");
    let definitions = host.post("/v2/process-definitions/search", json!({})).await.items();
    assert_eq!(definitions.len(), 1);
}

#[tokio::test]
async fn a_page_under_a_false_name_reads_nothing() {
    let host = Host::start().await;
    let get = REBOUND_PAGE
        .iter()
        .fold(Request::get("/fermata/v1/secrets"), |request, (name, value)| request.header(*name, *value));
    let refused = host.request(get.body(Body::empty()).unwrap()).await;
    refused.is_problem(
        403,
        "FORBIDDEN",
        "this host is not known as `evil.example:8080`: \
         call it by its address or as `localhost`, or start it with `--host-name`",
    );
}

#[tokio::test]
async fn programs_and_own_pages_pass() {
    let host = Host::start().await;
    host.deploy_order().await;
    let program = &[("host", "127.0.0.1:8080")][..];
    for caller in [&[][..], program, OWN_PAGE, PAGE_OF_A_GIVEN_NAME] {
        let instance = host.start_order(json!({})).await;
        cancel(&host, &instance, caller).await.is_done();
    }
}
