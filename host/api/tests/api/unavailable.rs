//! A host that cannot do what it is asked.

use axum::body::Body;
use axum::http::Request;
use runtime::Config;
use serde_json::json;

use crate::support::{Host, answer};

#[tokio::test]
async fn a_host_that_is_ending_says_so() {
    let host = Host::start().await;
    let router = host.stop().await;
    let request =
        Request::post("/v2/process-instances/2251799813685255/cancellation").body(Body::empty()).unwrap();
    let answer = answer(&router, request).await;
    answer.is_problem(503, "UNAVAILABLE", "the host is shutting down");
    assert_eq!(answer.header("retry-after"), "1");
}

#[tokio::test]
async fn a_store_that_fails_is_not_quoted() {
    let host = Host::start().await;
    host.deploy_order().await;
    let faults = host.store.faults();
    faults.fail_commit(faults.commits_tried() + 1);
    let answer = host.post("/v2/process-instances", json!({"processDefinitionId": "order"})).await;
    answer.is_problem(503, "UNAVAILABLE", "the store is unavailable: try again later");
    assert_eq!(answer.header("retry-after"), "1");
    assert!(host.post("/v2/process-instances/search", json!({})).await.items().is_empty());
    host.start_order(json!({})).await;
}

#[tokio::test]
async fn a_host_with_too_much_to_do_makes_clients_back_off() {
    let host = Host::start_with(Config { inbox_commands_max: 1, ..Config::default() }).await;
    // On one thread the partition cannot take anything up before all of these have asked.
    let cancel = || host.post("/v2/process-instances/2251799813685255/cancellation", json!({}));
    let (first, second, third) = tokio::join!(cancel(), cancel(), cancel());
    first.problem(404);
    for refused in [second, third] {
        refused.is_problem(
            503,
            "RESOURCE_EXHAUSTED",
            "1 commands wait for this partition, the limit is reached: try again later",
        );
        assert_eq!(refused.header("retry-after"), "1");
    }
}
