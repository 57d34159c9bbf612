//! Incidents.

use serde_json::{Value, json};

use crate::support::{Host, START, text};

/// An instance whose charge has failed for good; returns its key and that of the job.
async fn failed(host: &Host) -> (String, String) {
    let instance = host.start_order(json!({})).await;
    let job = text(&host.activate("charge").await["jobKey"]);
    // Camunda's default: without `retries` there are none left.
    host.post(&format!("/v2/jobs/{job}/failure"), json!({"errorMessage": "no money"})).await.is_done();
    (instance, job)
}

#[tokio::test]
async fn a_job_without_retries_is_an_incident() {
    let host = Host::start().await;
    let definition = host.deploy_order().await;
    let (instance, job) = failed(&host).await;
    let found = host.post("/v2/incidents/search", json!({})).await.items();
    let key = text(&found[0]["incidentKey"]);
    let expected = json!({
        "processDefinitionId": "order",
        "errorType": "JOB_NO_RETRIES",
        "errorMessage": "no money",
        "elementId": "charge",
        "creationTime": START,
        "state": "ACTIVE",
        "tenantId": "<default>",
        "incidentKey": key,
        "processDefinitionKey": definition,
        "processInstanceKey": instance,
        "rootProcessInstanceKey": instance,
        "elementInstanceKey": found[0]["elementInstanceKey"],
        "jobKey": job,
    });
    assert_eq!(host.get(&format!("/v2/incidents/{key}")).await.json(200), expected);
    assert_eq!(found, std::slice::from_ref(&expected));
    let of_instance = format!("/v2/process-instances/{instance}/incidents/search");
    assert_eq!(host.post(&of_instance, json!({})).await.items(), [expected]);
    assert_eq!(host.get(&format!("/v2/process-instances/{instance}")).await.json(200)["hasIncident"], true);
    assert_eq!(host.post("/v2/jobs/search", json!({})).await.items()[0]["state"], "FAILED");
}

#[tokio::test]
async fn a_resolved_incident_lets_the_job_run_again() {
    let host = Host::start().await;
    host.deploy_order().await;
    let (instance, job) = failed(&host).await;
    let key = text(&host.post("/v2/incidents/search", json!({})).await.items()[0]["incidentKey"]);
    let resolution = format!("/v2/incidents/{key}/resolution");

    let refused = host.post(&resolution, json!({})).await.problem(409);
    assert_eq!(refused["title"], "INVALID_STATE");
    assert_eq!(host.activate("charge").await, Value::Null);

    host.patch(&format!("/v2/jobs/{job}"), json!({"changeset": {"retries": 1}})).await.is_done();
    host.post(&resolution, json!({"operationReference": 1})).await.is_done();
    assert_eq!(host.get(&format!("/v2/incidents/{key}")).await.json(200)["state"], "RESOLVED");
    assert_eq!(host.get(&format!("/v2/process-instances/{instance}")).await.json(200)["hasIncident"], false);
    assert_eq!(host.activate("charge").await["jobKey"], job);
    host.post(&resolution, json!({})).await.is_problem(
        404,
        "NOT_FOUND",
        &format!("no incident with key {key} exists, or it has ended"),
    );
}

#[tokio::test]
async fn an_error_that_nothing_catches_is_an_incident() {
    let host = Host::start().await;
    host.deploy_order().await;
    host.start_order(json!({})).await;
    let job = text(&host.activate("charge").await["jobKey"]);
    host.post(&format!("/v2/jobs/{job}/error"), json!({"errorCode": "STOLEN"})).await.is_done();
    let filter = json!({"filter": {"errorType": "unhandled_error_event", "state": "ACTIVE"}});
    assert_eq!(host.post("/v2/incidents/search", filter).await.items().len(), 1);
}

#[tokio::test]
async fn unknown_incidents_are_not_found() {
    let host = Host::start().await;
    host.get("/v2/incidents/7").await.is_problem(404, "NOT_FOUND", "no incident with key 7 exists");
    host.post("/v2/incidents/7/resolution", json!({})).await.is_problem(
        404,
        "NOT_FOUND",
        "no incident with key 7 exists, or it has ended",
    );
    host.post("/v2/process-instances/7/incidents/search", json!({})).await.is_problem(
        404,
        "NOT_FOUND",
        "no process instance with key 7 exists",
    );
}
