//! Process instances: start, reads, cancellation.

use std::time::Duration;

use serde_json::json;

use crate::support::{Host, START, text};

const PATH: &str = "/v2/process-instances";

#[tokio::test]
async fn an_instance_is_started_by_key_or_id_and_seen_at_once() {
    let host = Host::start().await;
    let definition = host.deploy_order().await;
    for (index, process) in [
        json!({"processDefinitionKey": definition}),
        json!({"processDefinitionKey": definition.parse::<i64>().unwrap(), "processDefinitionVersion": -1}),
        json!({"processDefinitionId": "order"}),
        json!({"processDefinitionId": "order", "processDefinitionVersion": -1}),
        json!({"processDefinitionId": "order", "processDefinitionVersion": 1}),
    ]
    .into_iter()
    .enumerate()
    {
        let mut body = process.clone();
        let business_id = format!("order-{index}");
        let more = json!({
            "variables": {"amount": 12.50},
            "tenantId": "<default>",
            "tags": ["vip", "region:eu"],
            "businessId": business_id,
            "startInstructions": [],
            "runtimeInstructions": null,
            "awaitCompletion": false,
            "requestTimeout": 0,
            "operationReference": 5,
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let created = host.post(PATH, body).await.json(200);
        let key = text(&created["processInstanceKey"]);
        assert_eq!(
            created,
            json!({
                "processDefinitionId": "order",
                "processDefinitionVersion": 1,
                "tenantId": "<default>",
                "variables": {},
                "processDefinitionKey": definition,
                "processInstanceKey": key,
                "tags": ["vip", "region:eu"],
                "businessId": business_id,
            })
        );
        let expected = json!({
            "processDefinitionId": "order",
            "processDefinitionName": "Order",
            "processDefinitionVersion": 1,
            "processDefinitionVersionTag": "spring",
            "startDate": START,
            "endDate": null,
            "suspendedDate": null,
            "isSuspended": false,
            "state": "ACTIVE",
            "hasIncident": false,
            "tenantId": "<default>",
            "processInstanceKey": key,
            "processDefinitionKey": definition,
            "parentProcessInstanceKey": null,
            "parentElementInstanceKey": null,
            "rootProcessInstanceKey": key,
            "tags": ["vip", "region:eu"],
            "businessId": business_id,
        });
        assert_eq!(host.get(&format!("{PATH}/{key}")).await.json(200), expected);
        let search = json!({"filter": {"processInstanceKey": key}});
        assert_eq!(host.post("/v2/process-instances/search", search).await.items(), [expected]);
    }
}

#[tokio::test]
async fn a_cancelled_instance_has_ended() {
    let host = Host::start().await;
    host.deploy_order().await;
    let key = host.start_order(json!({})).await;
    host.advance(Duration::from_millis(1_500));
    host.post(&format!("{PATH}/{key}/cancellation"), json!({"operationReference": 1})).await.is_done();
    let instance = host.get(&format!("{PATH}/{key}")).await.json(200);
    assert_eq!(instance["state"], "TERMINATED");
    assert_eq!(instance["endDate"], "2026-01-01T00:00:01.500Z");
    host.post(&format!("{PATH}/{key}/cancellation"), json!(null)).await.is_problem(
        404,
        "NOT_FOUND",
        &format!("no process instance with key {key} exists, or it has ended"),
    );
}

#[tokio::test]
async fn an_awaited_instance_brings_its_variables() {
    let host = Host::start().await;
    host.deploy(&["at-once.bpmn"]).await.json(200);
    let mut body = json!({
        "processDefinitionId": "at-once",
        "awaitCompletion": true,
        "requestTimeout": 60_000,
        "variables": {"a": [1, 2], "b": "x", "big": 12345678901234567890_u64},
    });
    let created = host.post(PATH, body.clone()).await.json(200);
    assert_eq!(created["variables"], json!({"a": [1, 2], "b": "x", "big": 12345678901234567890_u64}));
    body["fetchVariables"] = json!(["b", "missing"]);
    let created = host.post(PATH, body).await.json(200);
    assert_eq!(created["variables"], json!({"b": "x"}));
    let key = text(&created["processInstanceKey"]);
    assert_eq!(host.get(&format!("{PATH}/{key}")).await.json(200)["state"], "COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_takes_too_long_goes_on() {
    let host = Host::start().await;
    host.deploy_order().await;
    let body = json!({"processDefinitionId": "order", "awaitCompletion": true, "requestTimeout": 250});
    let problem = host.post(PATH, body).await.problem(504);
    assert_eq!(problem["title"], "DEADLINE_EXCEEDED");
    let key = text(&problem["processInstanceKey"]);
    assert_eq!(problem["detail"], format!("process instance {key} has not ended within 250 ms; it goes on"));
    assert_eq!(host.get(&format!("{PATH}/{key}")).await.json(200)["state"], "ACTIVE");
}

#[tokio::test]
async fn what_cannot_be_started_is_said() {
    let host = Host::start().await;
    let definition = host.deploy_order().await;
    for (body, status, title, detail) in [
        (json!({"processDefinitionId": "nope"}), 404, "NOT_FOUND", "no process definition `nope` exists"),
        (
            json!({"processDefinitionId": "order", "processDefinitionVersion": 2}),
            404,
            "NOT_FOUND",
            "process `order` has no version 2",
        ),
        (
            json!({"processDefinitionId": "order", "processDefinitionVersion": 0}),
            400,
            "INVALID_ARGUMENT",
            "processDefinitionVersion: 0 is no version, expected one from 1 or -1 for the latest",
        ),
        (json!({"processDefinitionKey": "7"}), 404, "NOT_FOUND", "no process definition with key 7 exists"),
        (
            json!({}),
            400,
            "INVALID_ARGUMENT",
            "exactly one of `processDefinitionKey` and `processDefinitionId` says which process to start",
        ),
        (
            json!({"processDefinitionKey": definition, "runtimeInstructions": [
                {"type": "SUSPEND_PROCESS_INSTANCE", "afterElementId": "pack"}
            ]}),
            400,
            "INVALID_ARGUMENT",
            "runtimeInstructions: `SUSPEND_PROCESS_INSTANCE` is no type of instruction, expected `TERMINATE_PROCESS_INSTANCE`",
        ),
        (
            json!({"processDefinitionKey": definition, "runtimeInstructions": [{"afterElementId": "nowhere"}]}),
            400,
            "INVALID_ARGUMENT",
            "runtimeInstructions: process `order` has no element `nowhere`",
        ),
        (
            json!({"processDefinitionKey": definition, "requestTimeout": -1, "awaitCompletion": true}),
            400,
            "INVALID_ARGUMENT",
            "requestTimeout: -1 is not between 0 and 3600000 milliseconds",
        ),
        (
            json!({"processDefinitionKey": definition, "businessId": ""}),
            400,
            "INVALID_ARGUMENT",
            "businessId: expected 1 to 256 characters",
        ),
        (
            json!({"processDefinitionKey": definition, "tags": ["1st"]}),
            400,
            "INVALID_ARGUMENT",
            "tags: `1st` is no tag: expected a letter and up to 99 more letters, digits, `_`, `-`, `:` and `.`",
        ),
        (
            json!({"processDefinitionKey": definition, "tags": vec!["a"; 11]}),
            400,
            "INVALID_ARGUMENT",
            "tags: at most 10 are allowed",
        ),
    ] {
        host.post(PATH, body).await.is_problem(status, title, detail);
    }
    assert!(host.post("/v2/process-instances/search", json!({})).await.items().is_empty());
}

#[tokio::test]
async fn unknown_instances_are_not_found() {
    let host = Host::start().await;
    host.get("/v2/process-instances/7").await.is_problem(
        404,
        "NOT_FOUND",
        "no process instance with key 7 exists",
    );
    host.post("/v2/process-instances/7/cancellation", json!({})).await.is_problem(
        404,
        "NOT_FOUND",
        "no process instance with key 7 exists, or it has ended",
    );
}

#[tokio::test]
async fn an_instance_is_ended_after_an_element() {
    let host = Host::start().await;
    host.deploy(&["ends.bpmn"]).await.json(200);
    let body = json!({
        "processDefinitionId": "ends",
        "variables": {"papers": []},
        "runtimeInstructions": [{"type": "TERMINATE_PROCESS_INSTANCE", "afterElementId": "start"}],
    });
    let instance = text(&host.post("/v2/process-instances", body).await.json(200)["processInstanceKey"]);
    assert_eq!(host.activate("find").await, serde_json::Value::Null);
    let job = text(&host.activate("audit").await["jobKey"]);
    host.post(&format!("/v2/jobs/{job}/completion"), json!({})).await.is_done();
    let ended = host.get(&format!("/v2/process-instances/{instance}")).await.json(200);
    assert_eq!(ended["state"], "TERMINATED");
}
