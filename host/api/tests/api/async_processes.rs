//! Processes as asynchronous APIs.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::support::{Answer, Host, text};

async fn start(host: &Host, path: &str, prefer: &str, variables: &str) -> Answer {
    let request = Request::post(path)
        .header("content-type", "application/json")
        .header("prefer", prefer)
        .body(Body::from(variables.to_owned()))
        .unwrap();
    host.request(request).await
}

#[tokio::test]
async fn a_quick_process_answers_with_its_result() {
    let host = Host::start().await;
    host.deploy(&["at-once.bpmn"]).await.json(200);
    let answer = start(&host, "/fermata/v1/processes/at-once?businessId=b1", "wait=60", r#"{"a":1}"#).await;
    let key = text(&answer.json(200)["processInstanceKey"]);
    assert_eq!(
        answer.json(200),
        json!({"processInstanceKey": key, "state": "COMPLETED", "variables": {"a": 1}})
    );
    assert_eq!(host.get(&format!("/v2/process-instances/{key}")).await.json(200)["businessId"], "b1");
}

#[tokio::test(start_paused = true)]
async fn a_slow_process_says_where_its_result_will_be() {
    let host = Host::start().await;
    host.deploy_order().await;
    for prefer in ["wait=2", "respond-async"] {
        let answer = start(&host, "/fermata/v1/processes/order?version=1", prefer, r#"{"amount":1}"#).await;
        let key = text(&answer.json(202)["processInstanceKey"]);
        let location = format!("/fermata/v1/process-instances/{key}");
        assert_eq!(answer.header("location"), location);
        let active = json!({"processInstanceKey": key, "state": "ACTIVE", "variables": null});
        assert_eq!(answer.json(202), active);
        assert_eq!(host.get(&location).await.json(200), active);

        let job = text(&host.activate("charge").await["jobKey"]);
        let error = json!({"errorCode": "DECLINED"});
        host.post(&format!("/v2/jobs/{job}/error"), error).await.is_done();
        let ended = host.get(&location).await.json(200);
        assert_eq!((&ended["state"], &ended["variables"]), (&json!("COMPLETED"), &json!({"amount": 1})));
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let host = Host::start().await;
    host.post("/fermata/v1/processes/nope", Value::Null).await.is_problem(
        404,
        "NOT_FOUND",
        "no process definition `nope` exists",
    );
    host.get("/fermata/v1/process-instances/7").await.is_problem(
        404,
        "NOT_FOUND",
        "no process instance with key 7 exists",
    );
}
