//! What tasks link to: forms, and files for workers.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Host, multipart, text};

const MODEL: &[u8] = include_bytes!("models/linked.bpmn");

/// Deploys files together; returns what was deployed.
async fn deploy(host: &Host, files: &[(&str, &[u8])]) -> Vec<Value> {
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(name, content)| (*name, content.to_vec())).collect();
    let (content_type, body) = multipart(&files, None);
    let answer = host.send(Method::POST, "/v2/deployments", Some(&content_type), body).await.json(200);
    answer["deployments"].as_array().unwrap().clone()
}

async fn start(host: &Host) -> String {
    let body = json!({"processDefinitionId": "linked", "variables": {"form": "review"}});
    text(&host.post("/v2/process-instances", body).await.json(200)["processInstanceKey"])
}

/// The one open incident of an instance.
async fn incident(host: &Host, instance: &str) -> Value {
    let filter = json!({"filter": {"processInstanceKey": instance, "state": "ACTIVE"}});
    let incidents = host.post("/v2/incidents/search", filter).await.items();
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    incidents[0].clone()
}

async fn resolve(host: &Host, incident: &Value) {
    let key = text(&incident["incidentKey"]);
    host.post(&format!("/v2/incidents/{key}/resolution"), json!({})).await.is_done();
}

async fn complete(host: &Host, job: &Value) {
    let key = text(&job["jobKey"]);
    host.post(&format!("/v2/jobs/{key}/completion"), json!({})).await.is_done();
}

#[tokio::test]
async fn a_job_tells_its_worker_which_version_of_a_file_is_meant() {
    let host = Host::start().await;
    let first = deploy(&host, &[("linked.bpmn", MODEL), ("pay.rpa", b"first")]).await;
    let instance = start(&host).await;
    // A later version is not of the deployment of the instance's process.
    let later = deploy(&host, &[("pay.rpa", b"second")]).await;
    assert_eq!(later[0]["resource"]["version"], 2);
    let job = host.activate("pay").await;
    assert_eq!(job["processInstanceKey"], instance.as_str());
    let linked: Value =
        serde_json::from_str(job["customHeaders"]["linkedResources"].as_str().unwrap()).unwrap();
    let key = first[1]["resource"]["resourceKey"].clone();
    assert_eq!(linked, json!([{"resourceKey": key, "resourceType": "RPA", "linkName": "RPAScript"}]));
    let content = host.get(&format!("/v2/resources/{}/content", text(&linked[0]["resourceKey"]))).await;
    assert_eq!(content.text(), "first");
}

#[tokio::test]
async fn a_file_that_is_not_deployed_is_an_incident() {
    let host = Host::start().await;
    deploy(&host, &[("linked.bpmn", MODEL)]).await;
    let instance = start(&host).await;
    let found = incident(&host, &instance).await;
    assert_eq!(found["errorType"], "RESOURCE_NOT_FOUND");
    assert_eq!(
        found["errorMessage"],
        "no resource `pay.rpa` was deployed together with the process: deploy both together and migrate the instance"
    );
    // As it says: another version of the process, deployed with the file.
    let deployed = deploy(&host, &[("linked.bpmn", MODEL), ("pay.rpa", b"script")]).await;
    let migration = json!({
        "targetProcessDefinitionKey": deployed[0]["processDefinition"]["processDefinitionKey"],
        "mappingInstructions": [{"sourceElementId": "pay", "targetElementId": "pay"}],
    });
    host.post(&format!("/v2/process-instances/{instance}/migration"), migration).await.is_done();
    resolve(&host, &found).await;
    assert_eq!(host.activate("pay").await["processInstanceKey"], instance.as_str());
}

#[tokio::test]
async fn a_task_shows_the_version_of_its_form_that_it_was_created_with() {
    let host = Host::start().await;
    deploy(&host, &[("linked.bpmn", MODEL), ("pay.rpa", b"script")]).await;
    let instance = start(&host).await;
    complete(&host, &host.activate("pay").await).await;
    let found = incident(&host, &instance).await;
    assert_eq!(found["errorType"], "FORM_NOT_FOUND");
    assert_eq!(found["errorMessage"], "no form `review` is deployed: deploy it and resolve the incident");

    let (first, second) = (r#"{"id": "review"}"#, r#"{"id": "review", "components": []}"#);
    let form = deploy(&host, &[("review.form", first.as_bytes())]).await[0]["form"].clone();
    resolve(&host, &found).await;
    deploy(&host, &[("review.form", second.as_bytes())]).await;
    let filter = json!({"filter": {"processInstanceKey": instance}});
    let tasks = host.post("/v2/user-tasks/search", filter).await.items();
    assert_eq!(tasks.len(), 1);
    assert_eq!(tasks[0]["formKey"], form["formKey"]);
    assert_eq!(tasks[0]["externalFormReference"], Value::Null);
    let task = text(&tasks[0]["userTaskKey"]);
    assert_eq!(
        host.get(&format!("/v2/user-tasks/{task}/form")).await.json(200),
        json!({
            "tenantId": "<default>",
            "formId": "review",
            "schema": first,
            "version": 1,
            "formKey": form["formKey"],
        })
    );

    // A job-based user task tells the form's key in a header.
    let tagged = br#"{"id": "question", "versionTag": "v1"}"#;
    let question = deploy(&host, &[("question.form", &tagged[..])]).await[0]["form"].clone();
    host.post(&format!("/v2/user-tasks/{task}/completion"), json!({})).await.is_done();
    let job = host.activate("io.camunda.zeebe:userTask").await;
    assert_eq!(job["customHeaders"]["io.camunda.zeebe:formKey"], question["formKey"]);
}
