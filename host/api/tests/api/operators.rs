//! What operators do to instances that run, one by one and many at once.

use serde_json::{Value, json};

use crate::support::{Host, text};

async fn elements(host: &Host, instance: &str) -> Vec<String> {
    let body = json!({"filter": {"processInstanceKey": instance}});
    let found = host.post("/v2/element-instances/search", body).await.items();
    found.iter().map(|element| text(&element["elementId"])).collect()
}

async fn instance(host: &Host, key: &str) -> Value {
    host.get(&format!("/v2/process-instances/{key}")).await.json(200)
}

#[tokio::test]
async fn an_instance_begins_where_it_is_told_to() {
    let host = Host::start().await;
    host.deploy_order().await;
    let body = json!({"processDefinitionId": "order", "startInstructions": [{"elementId": "approve"}]});
    let key = text(&host.post("/v2/process-instances", body).await.json(200)["processInstanceKey"]);
    assert_eq!(elements(&host, &key).await, ["approve"]);
    let body = json!({"processDefinitionId": "order", "startInstructions": [{"elementId": "nope"}]});
    host.post("/v2/process-instances", body).await.problem(400);
}

#[tokio::test]
async fn what_is_active_moves_ends_and_begins() {
    let host = Host::start().await;
    host.deploy_order().await;
    let key = host.start_order(json!({})).await;
    let path = format!("/v2/process-instances/{key}/modification");
    let moved = json!({"moveInstructions": [{
        "sourceElementInstruction": {"sourceType": "byId", "sourceElementId": "charge"},
        "targetElementId": "approve",
        "ancestorScopeInstruction": {"ancestorScopeType": "inferred"},
        "variableInstructions": [{"variables": {"amount": 5}}],
    }]});
    host.post(&path, moved.clone()).await.is_done();
    assert_eq!(elements(&host, &key).await, ["approve"]);
    assert_eq!(host.activate("charge").await, Value::Null);
    let body = json!({"filter": {"processInstanceKey": key, "name": "amount"}});
    assert_eq!(host.post("/v2/variables/search", body).await.items()[0]["value"], "5");
    host.post(&path, moved).await.problem(400);

    let back = json!({
        "activateInstructions": [{"elementId": "charge"}],
        "terminateInstructions": [{"elementId": "approve"}],
    });
    host.post(&path, back).await.is_done();
    assert_eq!(elements(&host, &key).await, ["charge"]);
    let body = json!({"filter": {"processInstanceKey": key}});
    let charge =
        host.post("/v2/element-instances/search", body).await.items()[0]["elementInstanceKey"].clone();
    let by_key = json!({"moveInstructions": [{
        "sourceElementInstruction": {"sourceType": "byKey", "sourceElementInstanceKey": charge},
        "targetElementId": "approve",
        "ancestorScopeInstruction": {"ancestorScopeType": "sourceParent"},
    }]});
    host.post(&path, by_key).await.is_done();
    assert_eq!(elements(&host, &key).await, ["approve"]);
    for (body, detail) in [
        (
            json!({}),
            "expected 1 to 1000 instructions in activateInstructions, moveInstructions and \
             terminateInstructions, found 0",
        ),
        (
            json!({"terminateInstructions": [{"elementId": "charge"}]}),
            "terminateInstructions: element `charge` is not active in the process instance",
        ),
        (
            json!({"terminateInstructions": [{}]}),
            "terminateInstructions: exactly one of `elementId` and `elementInstanceKey` says what ends",
        ),
    ] {
        host.post(&path, body).await.is_problem(400, "INVALID_ARGUMENT", detail);
    }
    let nobody = json!({"terminateInstructions": [{"elementId": "charge"}]});
    host.post("/v2/process-instances/7/modification", nobody).await.problem(404);
}

#[tokio::test]
async fn an_instance_goes_on_with_another_version() {
    let host = Host::start().await;
    host.deploy_order().await;
    let key = host.start_order(json!({})).await;
    let model =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api/models/order.bpmn")).unwrap();
    let model = model
        .replace("\"charge\"", "\"pay\"")
        .replace("<zeebe:taskDefinition type=\"pay\"", "<zeebe:taskDefinition type=\"charge\"");
    let (content_type, body) = crate::support::multipart(&[("order.bpmn", model.into())], None);
    let deployed =
        host.send(axum::http::Method::POST, "/v2/deployments", Some(&content_type), body).await.json(200);
    let target = deployed["deployments"][0]["processDefinition"]["processDefinitionKey"].clone();
    let path = format!("/v2/process-instances/{key}/migration");
    let plan = json!({"targetProcessDefinitionKey": target, "mappingInstructions": []});
    host.post(&path, plan).await.problem(400);
    let plan = json!({
        "targetProcessDefinitionKey": target,
        "mappingInstructions": [{"sourceElementId": "charge", "targetElementId": "pay"}],
    });
    host.post(&path, plan).await.is_done();
    assert_eq!(elements(&host, &key).await, ["pay"]);
    assert_eq!(instance(&host, &key).await["processDefinitionVersion"], 2);
}

#[tokio::test]
async fn a_held_instance_hands_out_no_job() {
    let host = Host::start().await;
    host.deploy_order().await;
    let key = host.start_order(json!({})).await;
    let path = format!("/fermata/v1/process-instances/{key}");
    host.post(&format!("{path}/suspension"), json!({})).await.is_done();
    host.post(&format!("{path}/suspension"), json!(null)).await.is_done();
    assert_eq!(instance(&host, &key).await["isSuspended"], true);
    assert_eq!(host.activate("charge").await, Value::Null);
    host.post(&format!("{path}/resumption"), json!({})).await.is_done();
    assert_eq!(host.activate("charge").await["processInstanceKey"], key);
    host.post("/fermata/v1/process-instances/7/suspension", json!({})).await.problem(404);
}

#[tokio::test]
async fn a_held_definition_starts_nothing() {
    let host = Host::start().await;
    let definition = host.deploy_order().await;
    let path = format!("/fermata/v1/process-definitions/{definition}");
    host.post(&format!("{path}/suspension"), json!({})).await.is_done();
    let start = json!({"processDefinitionId": "order"});
    host.post("/v2/process-instances", start.clone()).await.is_problem(
        409,
        "INVALID_STATE",
        &format!("process definition {definition} is suspended, expected it to be active"),
    );
    let shown = host.get(&format!("/v2/process-definitions/{definition}")).await.json(200);
    assert_eq!(shown["isSuspended"], true);
    host.post(&format!("{path}/resumption"), json!({})).await.is_done();
    host.post("/v2/process-instances", start).await.json(200);
    host.post("/fermata/v1/process-definitions/7/suspension", json!({})).await.problem(404);
}

#[tokio::test]
async fn a_business_id_stands_for_one_active_instance_of_a_process() {
    let host = Host::start().await;
    host.deploy_order().await;
    host.deploy(&["at-once.bpmn"]).await.json(200);
    let start = json!({"processDefinitionId": "order", "businessId": "B-1"});
    let key = text(&host.post("/v2/process-instances", start.clone()).await.json(200)["processInstanceKey"]);
    host.post("/v2/process-instances", start.clone()).await.is_problem(
        409,
        "ALREADY_EXISTS",
        "a process instance `order` with the business id `B-1` exists already",
    );
    let other = json!({"processDefinitionId": "at-once", "businessId": "B-1"});
    host.post("/v2/process-instances", other.clone()).await.json(200);
    host.post("/v2/process-instances", other).await.json(200);
    host.post(&format!("/v2/process-instances/{key}/cancellation"), json!({})).await.is_done();
    host.post("/v2/process-instances", start).await.json(200);
}

/// A batch operation when it has ended.
async fn ended(host: &Host, begun: Value) -> Value {
    let path = format!("/v2/batch-operations/{}", text(&begun["batchOperationKey"]));
    loop {
        let operation = host.get(&path).await.json(200);
        if operation["endDate"] != Value::Null {
            return operation;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn many_instances_are_cancelled_at_once() {
    let host = Host::start().await;
    host.deploy_order().await;
    let mut keys = Vec::new();
    for _ in 0..40 {
        keys.push(host.start_order(json!({})).await);
    }
    let spared = keys.pop().unwrap();
    let body = json!({"filter": {"processDefinitionId": "order", "processInstanceKey": {"$neq": spared}}});
    let begun = host.post("/v2/process-instances/cancellation", body).await.json(200);
    assert_eq!(begun["batchOperationType"], "CANCEL_PROCESS_INSTANCE");
    let operation = ended(&host, begun.clone()).await;
    assert_eq!(operation["state"], "COMPLETED", "{operation}");
    assert_eq!(
        (&operation["operationsTotalCount"], &operation["operationsCompletedCount"]),
        (&json!(39), &json!(39))
    );
    assert_eq!(operation["failures"], json!([]));
    let body = json!({"filter": {"state": "ACTIVE"}});
    let left = host.post("/v2/process-instances/search", body).await.items();
    assert_eq!(left.iter().map(|found| text(&found["processInstanceKey"])).collect::<Vec<_>>(), [spared]);
    let body = json!({"filter": {"state": "COMPLETED", "operationType": "cancel_process_instance"}});
    let found = host.post("/v2/batch-operations/search", body).await.items();
    assert_eq!(found[0]["batchOperationKey"], begun["batchOperationKey"]);
    let key = text(&begun["batchOperationKey"]);
    host.post(&format!("/v2/batch-operations/{key}/suspension"), json!({})).await.is_problem(
        409,
        "INVALID_STATE",
        &format!("batch operation {key} is COMPLETED, expected it to be ACTIVE"),
    );
    host.get("/v2/batch-operations/77").await.problem(404);
}

#[tokio::test]
async fn many_instances_move_and_the_reasons_of_those_that_refuse_are_kept() {
    let host = Host::start().await;
    host.deploy_order().await;
    let (refusing, _) = host.order_to_approve(json!({})).await;
    let moving = host.start_order(json!({})).await;
    let body = json!({
        "filter": {"processDefinitionId": "order"},
        "moveInstructions": [{"sourceElementId": "charge", "targetElementId": "approve"}],
    });
    let begun = host.post("/v2/process-instances/modification", body).await.json(200);
    let operation = ended(&host, begun).await;
    assert_eq!(operation["state"], "PARTIALLY_COMPLETED", "{operation}");
    assert_eq!(operation["operationsFailedCount"], 1);
    assert_eq!(operation["failures"][0]["processInstanceKey"], refusing);
    assert_eq!(elements(&host, &moving).await, ["approve"]);

    let key = &operation["batchOperationKey"];
    let path = "/v2/batch-operation-items/search";
    let failed = json!({"filter": {"batchOperationKey": key, "state": "FAILED"}});
    let expected = json!([{
        "batchOperationKey": key,
        "operationType": "MODIFY_PROCESS_INSTANCE",
        "itemKey": refusing,
        "processInstanceKey": refusing,
        "state": "FAILED",
        "processedDate": null,
        "errorMessage": operation["failures"][0]["message"],
    }]);
    assert_eq!(json!(host.post(path, failed).await.items()), expected);
    let of_other =
        json!({"filter": {"batchOperationKey": key, "state": "FAILED", "processInstanceKey": moving}});
    assert_eq!(host.post(path, of_other).await.items(), Vec::<Value>::new());
    let beyond = json!({"filter": {"batchOperationKey": key, "state": "FAILED"}, "page": {"from": 1}});
    assert_eq!(host.post(path, beyond).await.items(), Vec::<Value>::new());
    host.post(path, json!({"filter": {"batchOperationKey": "77", "state": "FAILED"}})).await.problem(404);
    for (filter, named) in [
        (json!({"state": "FAILED"}), "filter.batchOperationKey"),
        (json!({"batchOperationKey": key}), "filter.state"),
        (json!({"batchOperationKey": key, "state": "COMPLETED"}), "filter.state"),
        (json!({"batchOperationKey": key, "state": "FAILED", "operationType": "X"}), "operationType"),
        (json!({"batchOperationKey": {"$exists": true}, "state": "FAILED"}), "filter"),
    ] {
        let problem = host.post(path, json!({"filter": filter})).await.problem(400);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(named), "{detail}");
    }
}

#[tokio::test]
async fn incidents_of_many_instances_are_resolved_at_once() {
    let host = Host::start().await;
    host.deploy_order().await;
    host.start_order(json!({})).await;
    let job = text(&host.activate("charge").await["jobKey"]);
    host.post(&format!("/v2/jobs/{job}/failure"), json!({"retries": 0})).await.is_done();
    let begun = host.post("/v2/process-instances/incident-resolution", json!({"filter": {}})).await.json(200);
    assert_eq!(ended(&host, begun).await["operationsCompletedCount"], 1);
    assert_eq!(host.activate("charge").await["jobKey"], job);
    let unknown = json!({"filter": {"sate": "x"}});
    host.post("/v2/process-instances/incident-resolution", unknown).await.problem(400);
}
