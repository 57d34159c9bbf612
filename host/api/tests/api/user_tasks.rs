//! User tasks.

use serde_json::{Value, json};

use crate::support::{Host, START, text};

#[tokio::test]
async fn a_task_is_shown_whole() {
    let host = Host::start().await;
    let definition = host.deploy_order().await;
    let (instance, key) = host.order_to_approve(json!({"amount": 3})).await;
    let task = host.get(&format!("/v2/user-tasks/{key}")).await.json(200);
    assert_eq!(
        task,
        json!({
            "name": "Approve the order",
            "state": "CREATED",
            "assignee": null,
            "elementId": "approve",
            "candidateGroups": ["sales", "support"],
            "candidateUsers": ["ann"],
            "processDefinitionId": "order",
            "creationDate": START,
            "completionDate": null,
            "followUpDate": null,
            "dueDate": "2026-02-01T00:00:00.000Z",
            "tenantId": "<default>",
            "externalFormReference": null,
            "processDefinitionVersion": 1,
            "customHeaders": {"area": "billing"},
            "priority": 80,
            "userTaskKey": key,
            "elementInstanceKey": task["elementInstanceKey"],
            "processName": "Order",
            "processDefinitionKey": definition,
            "processInstanceKey": instance,
            "rootProcessInstanceKey": instance,
            "businessId": null,
            "formKey": definition,
            "tags": [],
        })
    );
    assert_eq!(
        host.post("/v2/user-tasks/search", json!({"filter": {"candidateGroup": "support"}})).await.items(),
        [task]
    );
}

#[tokio::test]
async fn the_embedded_form_is_served() {
    let host = Host::start().await;
    let definition = host.deploy_order().await;
    let (_, key) = host.order_to_approve(json!({})).await;
    assert_eq!(
        host.get(&format!("/v2/user-tasks/{key}/form")).await.json(200),
        json!({
            "tenantId": "<default>",
            "formId": "approval",
            "schema": r#"{"components":[]}"#,
            "version": 1,
            "formKey": definition,
        })
    );
}

#[tokio::test]
async fn a_task_is_assigned_taken_back_and_completed() {
    let host = Host::start().await;
    host.deploy_order().await;
    let (instance, key) = host.order_to_approve(json!({"amount": 3})).await;
    let task = format!("/v2/user-tasks/{key}");
    let assignee = async || host.get(&task).await.json(200)["assignee"].clone();

    host.post(&format!("{task}/assignment"), json!({"assignee": "ann", "action": "take"})).await.is_done();
    assert_eq!(assignee().await, "ann");
    host.post(&format!("{task}/assignment"), json!({"assignee": "bob"})).await.is_done();
    assert_eq!(assignee().await, "bob");
    host.post(&format!("{task}/assignment"), json!({"assignee": "ann", "allowOverride": false}))
        .await
        .is_problem(
            409,
            "INVALID_STATE",
            &format!("user task {key} is assigned, expected it to be unassigned, or the command to allow overriding"),
        );
    assert_eq!(assignee().await, "bob");
    host.delete(&format!("{task}/assignee")).await.is_done();
    assert_eq!(assignee().await, Value::Null);

    host.post(&format!("{task}/completion"), json!({"variables": {"approved": true}})).await.is_done();
    let done = host.get(&task).await.json(200);
    assert_eq!((&done["state"], &done["completionDate"]), (&json!("COMPLETED"), &json!(START)));
    assert_eq!(host.get(&format!("/v2/process-instances/{instance}")).await.json(200)["state"], "COMPLETED");
    host.post(&format!("{task}/completion"), json!({})).await.is_problem(
        404,
        "NOT_FOUND",
        &format!("no user task with key {key} exists, or it has ended"),
    );
}

#[tokio::test]
async fn a_task_can_be_changed() {
    let host = Host::start().await;
    host.deploy_order().await;
    let (_, key) = host.order_to_approve(json!({})).await;
    let path = format!("/v2/user-tasks/{key}");
    let changeset = json!({
        "dueDate": "", "followUpDate": "2026-03-01T01:00:00+01:00", "candidateUsers": [], "priority": 5,
        "candidateGroups": null
    });
    host.patch(&path, json!({"changeset": changeset, "action": "x"})).await.is_done();
    let task = host.get(&path).await.json(200);
    assert_eq!(task["dueDate"], Value::Null);
    assert_eq!(task["followUpDate"], "2026-03-01T00:00:00.000Z");
    assert_eq!(task["candidateUsers"], json!([]));
    assert_eq!(task["candidateGroups"], json!(["sales", "support"]));
    assert_eq!(task["priority"], 5);
    for (changeset, detail) in [
        (
            json!({}),
            "changeset: expected one of dueDate, followUpDate, candidateUsers, candidateGroups, priority",
        ),
        (json!({"priority": 101}), "changeset.priority: 101 is not between 0 and 100"),
        (
            json!({"dueDate": "soon"}),
            "changeset.dueDate: `soon` is not a date and time: expected ISO 8601 with an offset, such as `2030-01-31T12:00:00Z`",
        ),
    ] {
        host.patch(&path, json!({"changeset": changeset})).await.is_problem(400, "INVALID_ARGUMENT", detail);
    }
    assert_eq!(host.get(&path).await.json(200), task);
}

#[tokio::test]
async fn the_task_sees_the_variables_of_its_scopes() {
    let host = Host::start().await;
    host.deploy_order().await;
    let (instance, key) = host.order_to_approve(json!({"amount": 3, "note": "x"})).await;
    host.start_order(json!({"of another": 1})).await;
    let path = format!("/v2/user-tasks/{key}/variables/search");
    let names = async |body: Value| -> Vec<String> {
        host.post(&path, body).await.items().iter().map(|variable| text(&variable["name"])).collect()
    };
    assert_eq!(names(json!({"sort": [{"field": "name"}]})).await, ["amount", "note", "shown"]);
    assert_eq!(names(json!({"filter": {"name": {"$like": "s*"}}})).await, ["shown"]);
    // What is local to the task goes with it.
    host.post(&format!("/v2/user-tasks/{key}/completion"), json!({})).await.is_done();
    assert_eq!(names(json!({"sort": [{"field": "name"}]})).await, ["amount", "note"]);
    assert_eq!(host.get(&format!("/v2/process-instances/{instance}")).await.json(200)["state"], "COMPLETED");
}

#[tokio::test]
async fn unknown_tasks_are_not_found() {
    let host = Host::start().await;
    for path in ["/v2/user-tasks/7", "/v2/user-tasks/7/form"] {
        host.get(path).await.is_problem(404, "NOT_FOUND", "no user task with key 7 exists");
    }
    let missing = "no user task with key 7 exists, or it has ended";
    host.post("/v2/user-tasks/7/assignment", json!({"assignee": "a"})).await.is_problem(
        404,
        "NOT_FOUND",
        missing,
    );
    host.delete("/v2/user-tasks/7/assignee").await.is_problem(404, "NOT_FOUND", missing);
    host.post("/v2/user-tasks/7/completion", json!({})).await.is_problem(404, "NOT_FOUND", missing);
}
