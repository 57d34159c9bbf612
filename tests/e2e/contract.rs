//! What components may answer: in the oldest version of the contract, beside the newest.

mod harness;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use harness::{Host, component, model, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_component_of_0_1_works_beside_those_of_today() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    for name in ["contract-0-1.wasm", "echo.wasm"] {
        let (status, answer) = host.upload(component(name)?).await?;
        ensure!(status == 201, "upload of {name}: {status} {answer}");
    }
    host.deploy("contract-0-1.bpmn", model("contract-0-1.bpmn")?).await?;
    host.deploy("one-echo.bpmn", model("one-echo.bpmn")?).await?;

    let today = host.run_instance("one-echo", json!({})).await?;
    ensure!(today["variables"]["workerVersion"] == "1.0.0", "{today}");
    let completed = host.run_instance("old-completed", json!({})).await?;
    let seen = json!({ "attempt": 1, "element": "old-completed-work", "kept": true, "secret": "not granted",
                       "effect": "not offered", "noSetting": true, "sameKey": true });
    ensure!(completed["variables"] == seen, "{completed}");
    let again = host.run_instance("old-again", json!({})).await?;
    ensure!(again["variables"]["attempt"] == 2, "{again}");
    let refused = host.run_instance("old-bpmn-error", json!({})).await?;
    ensure!(refused["variables"] == json!({ "refusedBy": "0.1" }), "{refused}");

    host.start_instance("old-failure", json!({})).await?;
    let incident = the_one(&host, "/v2/incidents/search", json!({})).await?;
    ensure!(incident["errorMessage"] == "failed by 0.1", "{incident}");
    complete_parked(&host, "old-parked").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_leads_judges_fails_with_a_code_and_parks() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    let (status, answer) = host.upload(component("answers.wasm")?).await?;
    ensure!(status == 201, "upload: {status} {answer}");
    host.deploy("answers.bpmn", model("answers.bpmn")?).await?;

    let led = host.run_instance("led", json!({})).await?;
    ensure!(led["variables"]["results"] == json!([1, 2]), "{led}");

    let coded = host.run_instance("coded", json!({})).await?;
    let instance = text(&coded, "processInstanceKey")?;
    let history = host.get(&format!("/fermata/v1/process-instances/{instance}/history")).await?;
    ensure!(history.to_string().contains("caught by its code"), "{history}");

    let judged = host.start_instance("judged", json!({})).await?;
    let task = settled_task(&host, &judged).await?;
    ensure!(task["priority"] == 90, "{task}");
    let task = text(&task, "userTaskKey")?;
    let ask = async |what: &str, body: Value| {
        let (status, answer) =
            host.send("POST", &format!("/v2/user-tasks/{task}/{what}"), Some(&body)).await?;
        ensure!(status == 204, "{what}: {status} {answer}");
        Ok(())
    };
    let path = format!("/v2/user-tasks/{task}/completion");
    let (status, denied) = host.send("POST", &path, Some(&json!({}))).await?;
    ensure!(status == 409 && denied["deniedReason"] == "only Ada completes this", "{status} {denied}");
    ask("assignment", json!({ "assignee": "Ada" })).await?;
    settled_task(&host, &judged).await?;
    ask("completion", json!({})).await?;
    host.wait_for("the task of Ada to be completed", || async {
        let instance = host.get(&format!("/v2/process-instances/{judged}")).await?;
        Ok((instance["state"] == "COMPLETED").then_some(()))
    })
    .await?;
    complete_parked(&host, "left").await
}

/// Starts an instance whose component parks its job, and does that job as somebody else.
async fn complete_parked(host: &Host, process: &str) -> anyhow::Result<()> {
    let instance = host.start_instance(process, json!({})).await?;
    let parked = host
        .wait_for("the job to be parked", || async {
            let history = host.get(&format!("/fermata/v1/process-instances/{instance}/history")).await?;
            Ok(history.to_string().contains("JOB_PARKED").then_some(()))
        })
        .await;
    parked.with_context(|| process.to_owned())?;
    let job = the_one(host, "/v2/jobs/search", json!({ "processInstanceKey": instance })).await?;
    let job = text(&job, "jobKey")?;
    let done = json!({ "variables": { "by": "somebody else" } });
    let (status, answer) = host.send("POST", &format!("/v2/jobs/{job}/completion"), Some(&done)).await?;
    ensure!(status == 204, "completion: {status} {answer}");
    let ended = host.get(&format!("/v2/process-instances/{instance}")).await?;
    ensure!(ended["state"] == "COMPLETED", "{ended}");
    Ok(())
}

/// The user task of an instance, once no listener looks at a change of it any longer.
async fn settled_task(host: &Host, instance: &str) -> anyhow::Result<Value> {
    host.wait_for("the task's listeners", || async {
        let filter = json!({ "processInstanceKey": instance });
        let task = the_one(host, "/v2/user-tasks/search", filter).await?;
        Ok((task["state"] == "CREATED").then_some(task))
    })
    .await
}

/// The only item of a search, as soon as there is one.
async fn the_one(host: &Host, path: &str, filter: Value) -> anyhow::Result<Value> {
    host.wait_for(path, || async {
        let items = host.search_all(path, filter.clone()).await?;
        ensure!(items.len() < 2, "{items:?}");
        Ok(items.into_iter().next())
    })
    .await
}
