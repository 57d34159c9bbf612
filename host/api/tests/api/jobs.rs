//! Jobs: activation, answers, changes, search.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Host, text};

#[tokio::test]
async fn an_activated_job_has_all_that_clients_ask_for() {
    let host = Host::start().await;
    let definition = host.deploy_order().await;
    let body = json!({
        "processDefinitionId": "order",
        "variables": {"amount": 12.50, "note": "x"},
        "tags": ["vip"],
        "businessId": "order-7",
    });
    let instance = text(&host.post("/v2/process-instances", body).await.json(200)["processInstanceKey"]);
    let body = json!({
        "type": "charge",
        "worker": "ann",
        "timeout": 60_000,
        "maxJobsToActivate": 32,
        "fetchVariable": ["amount"],
        "requestTimeout": 0,
        "tenantIds": ["<default>"],
        "tenantFilter": "provided",
    });
    let answer = host.post("/v2/jobs/activation", body).await.json(200);
    let job = &answer["jobs"][0];
    assert_eq!(
        answer,
        json!({"jobs": [{
            "type": "charge",
            "processDefinitionId": "order",
            "processDefinitionVersion": 1,
            "elementId": "charge",
            "customHeaders": {"currency": "EUR"},
            "worker": "ann",
            "retries": 2,
            "deadline": 1_767_225_660_000_i64,
            "variables": {"amount": 12.50},
            "tenantId": "<default>",
            "physicalTenantId": "default",
            "jobKey": job["jobKey"],
            "processInstanceKey": instance,
            "processDefinitionKey": definition,
            "elementInstanceKey": job["elementInstanceKey"],
            "kind": "BPMN_ELEMENT",
            "listenerEventType": "UNSPECIFIED",
            "userTask": null,
            "tags": ["vip"],
            "rootProcessInstanceKey": instance,
            "businessId": "order-7",
            "priority": 0,
            "jobLeaseToken": null,
        }]})
    );
    assert!(job["jobKey"].is_string() && job["elementInstanceKey"].is_string());
    assert_eq!(host.activate("charge").await, Value::Null, "held by a worker");
}

#[tokio::test]
async fn values_keep_their_digits() {
    let host = Host::start().await;
    host.deploy_order().await;
    let body =
        br#"{"processDefinitionId":"order","variables":{"n":123456789012345678901234567890,"d":1.10}}"#;
    let started = host
        .send(axum::http::Method::POST, "/v2/process-instances", Some("application/json"), body.to_vec())
        .await;
    started.json(200);
    let body = json!({"type": "charge", "timeout": 1000, "maxJobsToActivate": 1});
    let text = host.post("/v2/jobs/activation", body).await.text();
    assert!(text.contains(r#""variables":{"d":1.10,"n":123456789012345678901234567890}"#), "{text}");
}

#[tokio::test]
async fn no_more_jobs_are_handed_out_than_asked_for() {
    let host = Host::start().await;
    host.deploy_order().await;
    for _ in 0..3 {
        host.start_order(json!({})).await;
    }
    let body = json!({"type": "charge", "timeout": 1000, "maxJobsToActivate": 2, "requestTimeout": -1});
    assert_eq!(
        host.post("/v2/jobs/activation", body.clone()).await.json(200)["jobs"].as_array().unwrap().len(),
        2
    );
    assert_eq!(host.post("/v2/jobs/activation", body).await.json(200)["jobs"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_completed_job_hands_on_its_variables_and_cannot_be_completed_again() {
    let host = Host::start().await;
    host.deploy_order().await;
    let instance = host.start_order(json!({"amount": 1})).await;
    let key = text(&host.activate("charge").await["jobKey"]);
    let path = format!("/v2/jobs/{key}/completion");
    host.post(&path, json!({"variables": {"paid": true}})).await.is_done();
    let variables = host
        .post("/v2/variables/search", json!({"filter": {"processInstanceKey": instance, "name": "paid"}}))
        .await
        .items();
    assert_eq!(variables[0]["value"], "true");
    host.post(&path, json!({})).await.is_problem(
        404,
        "NOT_FOUND",
        &format!("no job with key {key} exists, or it has ended"),
    );
}

#[tokio::test]
async fn a_completion_needs_no_body() {
    let host = Host::start().await;
    host.deploy_order().await;
    host.start_order(json!({})).await;
    let key = text(&host.activate("charge").await["jobKey"]);
    let path = format!("/v2/jobs/{key}/completion");
    host.send(axum::http::Method::POST, &path, None, Vec::new()).await.is_done();
}

#[tokio::test]
async fn a_failed_job_comes_back_after_its_back_off() {
    let host = Host::start().await;
    host.deploy_order().await;
    let instance = host.start_order(json!({})).await;
    let key = text(&host.activate("charge").await["jobKey"]);
    let failure = json!({
        "retries": 1, "errorMessage": "the till is jammed", "retryBackOff": 5_000, "variables": {"tried": 1}
    });
    host.post(&format!("/v2/jobs/{key}/failure"), failure).await.is_done();
    assert_eq!(host.activate("charge").await, Value::Null);
    let job = host.post("/v2/jobs/search", json!({})).await.items()[0].clone();
    assert_eq!(job["errorMessage"], "the till is jammed");
    assert_eq!(job["hasFailedWithRetriesLeft"], true);
    host.advance(Duration::from_secs(5));
    let job = host.activate("charge").await;
    assert_eq!((&job["jobKey"], &job["retries"]), (&json!(key), &json!(1)));
    assert_eq!(job["variables"], json!({"tried": 1}));
    assert_eq!(host.get(&format!("/v2/process-instances/{instance}")).await.json(200)["hasIncident"], false);
}

#[tokio::test]
async fn an_error_is_caught_by_its_boundary_event() {
    let host = Host::start().await;
    host.deploy_order().await;
    let instance = host.start_order(json!({})).await;
    let key = text(&host.activate("charge").await["jobKey"]);
    let error = json!({"errorCode": "DECLINED", "errorMessage": "no money", "variables": {"reason": "x"}});
    host.post(&format!("/v2/jobs/{key}/error"), error).await.is_done();
    assert_eq!(host.get(&format!("/v2/process-instances/{instance}")).await.json(200)["state"], "COMPLETED");
}

#[tokio::test]
async fn retries_and_time_can_be_changed() {
    let host = Host::start().await;
    host.deploy_order().await;
    host.start_order(json!({})).await;
    let key = text(&host.activate("charge").await["jobKey"]);
    let path = format!("/v2/jobs/{key}");
    host.patch(&path, json!({"changeset": {"retries": 7, "timeout": 90_000}, "operationReference": 3}))
        .await
        .is_done();
    let job = host.post("/v2/jobs/search", json!({})).await.items()[0].clone();
    assert_eq!(job["retries"], 7);
    assert_eq!(job["deadline"], "2026-01-01T00:01:30.000Z");
}

#[tokio::test]
async fn open_jobs_are_found() {
    let host = Host::start().await;
    let definition = host.deploy_order().await;
    let body = json!({"processDefinitionId": "order", "businessId": "order-7"});
    let instance = text(&host.post("/v2/process-instances", body).await.json(200)["processInstanceKey"]);
    let found = host.post("/v2/jobs/search", json!({"filter": {"type": "charge"}})).await.items();
    assert_eq!(
        found,
        [json!({
            "customHeaders": {"currency": "EUR"},
            "deadline": null,
            "deniedReason": null,
            "elementId": "charge",
            "elementInstanceKey": found[0]["elementInstanceKey"],
            "endTime": null,
            "errorCode": null,
            "errorMessage": null,
            "hasFailedWithRetriesLeft": false,
            "isDenied": null,
            "jobKey": found[0]["jobKey"],
            "kind": "BPMN_ELEMENT",
            "listenerEventType": "UNSPECIFIED",
            "processDefinitionId": "order",
            "processDefinitionKey": definition,
            "processInstanceKey": instance,
            "rootProcessInstanceKey": instance,
            "businessId": "order-7",
            "retries": 2,
            "state": "CREATED",
            "tenantId": "<default>",
            "type": "charge",
            "worker": "",
            "creationTime": null,
            "lastUpdateTime": null,
            "priority": 0,
        })]
    );
    host.activate("charge").await;
    let filter = json!({"filter": {"worker": "ann", "state": "created", "kind": "bpmn_element"}});
    assert_eq!(host.post("/v2/jobs/search", filter).await.items().len(), 1);
}

#[tokio::test]
async fn answers_that_make_no_sense_are_refused_and_change_nothing() {
    let host = Host::start().await;
    host.deploy_order().await;
    host.start_order(json!({})).await;
    let key = text(&host.activate("charge").await["jobKey"]);
    let before = host.post("/v2/jobs/search", json!({})).await.items();
    let job = format!("/v2/jobs/{key}");
    for (resource, body, detail) in [
        ("failure", json!({"retries": -1}), "retries: -1 is not between 0 and 2147483647"),
        ("failure", json!({"retryBackOff": -5}), "retryBackOff: -5 milliseconds is less than 0"),
        ("error", json!({"errorCode": ""}), "errorCode: expected the code of an error, found nothing"),
        (
            "completion",
            json!({"result": {"type": "userTask", "denied": true, "corrections": {"assignee": "ann"}}}),
            "result.corrections: what is denied cannot be corrected",
        ),
        (
            "completion",
            json!({"result": {"type": "userTask", "corrections": {"priority": 101}}}),
            "result.corrections.priority: 101 is not between 0 and 100",
        ),
        (
            "completion",
            json!({"result": {"type": "userTask"}, "variables": {"a": 1}}),
            "variables: the job of a task listener sets none, its corrections are in `result`",
        ),
        ("completion", json!({"jobLeaseToken": "x"}), "jobLeaseToken: jobs with a lease are not supported"),
    ] {
        host.post(&format!("{job}/{resource}"), body).await.is_problem(400, "INVALID_ARGUMENT", detail);
    }
    for (changeset, detail) in [
        (json!({}), "changeset: expected `retries`, `timeout` or both"),
        (json!({"timeout": 0}), "changeset.timeout: 0 is not positive, expected milliseconds"),
        (json!({"retries": 0}), "changeset.retries: 0 is not between 1 and 2147483647"),
    ] {
        let body = json!({"changeset": changeset});
        host.patch(&job, body).await.is_problem(400, "INVALID_ARGUMENT", detail);
    }
    assert_eq!(host.post("/v2/jobs/search", json!({})).await.items(), before);
}

#[tokio::test]
async fn activations_that_make_no_sense_are_refused() {
    let host = Host::start().await;
    for (change, detail) in [
        (json!({"type": ""}), "type: expected the job type, found nothing"),
        (json!({"timeout": 0}), "timeout: 0 is not positive, expected milliseconds"),
        (json!({"maxJobsToActivate": 0}), "maxJobsToActivate: 0 is less than 1"),
        (json!({"withLease": true}), "withLease: jobs with a lease are not supported"),
        (json!({"tenantFilter": "ALL"}), "tenantFilter: expected PROVIDED or ASSIGNED"),
        (
            json!({"tenantIds": ["<default>", "acme"]}),
            "tenantIds: tenant `acme` does not exist, because multi-tenancy is off: leave it out or send `<default>`",
        ),
    ] {
        let mut body = json!({"type": "charge", "timeout": 1000, "maxJobsToActivate": 1});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        host.post("/v2/jobs/activation", body).await.is_problem(400, "INVALID_ARGUMENT", detail);
    }
}

#[tokio::test]
async fn unknown_jobs_are_not_found() {
    let host = Host::start().await;
    for (resource, body) in
        [("completion", json!({})), ("failure", json!({})), ("error", json!({"errorCode": "X"}))]
    {
        host.post(&format!("/v2/jobs/7/{resource}"), body).await.is_problem(
            404,
            "NOT_FOUND",
            "no job with key 7 exists, or it has ended",
        );
    }
}
