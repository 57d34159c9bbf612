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

/// How long a job waits that its component has asked for again, and one that nobody completes: as long as it takes to end
/// the host meanwhile.
const AGAIN_AFTER_MS: u64 = 1_000;
const PARKED_WITHIN_MS: u64 = 300;

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_come_back_or_are_left_to_others_are_so_after_a_restart() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut host = Host::start(folder.path())?;
    let (status, answer) = host.upload(component("answers.wasm")?).await?;
    ensure!(status == 201, "upload: {status} {answer}");
    host.deploy("answers.bpmn", model("answers.bpmn")?).await?;
    let again = host.start_instance("returning", json!({ "afterMs": AGAIN_AFTER_MS })).await?;
    let later = host.start_instance("returning", json!({})).await?;
    let parked = host.start_instance("left", json!({})).await?;
    let forgotten = host.start_instance("left", json!({ "withinMs": PARKED_WITHIN_MS })).await?;
    for (instance, event) in [
        (&again, "JOB_POSTPONED"),
        (&later, "JOB_POSTPONED"),
        (&parked, "JOB_PARKED"),
        (&forgotten, "JOB_PARKED"),
    ] {
        happened(&host, instance, event, 1).await?;
    }
    host.kill()?;
    let host = Host::start(folder.path())?;

    // It goes on from the checkpoint of its first attempt.
    let variables = ended(&host, &again).await?;
    ensure!(variables["kept"]["of"].is_string() && variables["by"] == 1, "{variables}");
    ensure!(variables["in"].as_u64() > Some(1), "{variables}");
    // What nobody completes in time is tried again, and in the end somebody has to look.
    let filter = json!({ "processInstanceKey": forgotten });
    let incident = the_one(&host, "/v2/incidents/search", filter).await?;
    let message = text(&incident, "errorMessage")?;
    ensure!(message == "worker `answers@1.0.0` did not answer in time", "{message}");
    happened(&host, &forgotten, "JOB_PARKED", 3).await?;

    // The others wait, and nobody has begun them anew: a restart interrupts what runs, and these do not run.
    for instance in [&later, &parked] {
        let history = history(&host, instance).await?;
        ensure!(history.matches("JOB_STARTED").count() == 1, "{history}");
        ensure!(!history.contains("JOB_INTERRUPTED"), "{history}");
    }
    let (status, answer) =
        host.send("POST", &format!("/v2/process-instances/{later}/cancellation"), Some(&json!({}))).await?;
    ensure!(status == 204, "cancellation: {status} {answer}");
    complete_as_somebody_else(&host, &parked).await?;
    ensure!(ended(&host, &parked).await? == json!({ "by": "somebody else" }));
    Ok(())
}

/// Starts an instance whose component parks its job, and does that job as somebody else.
async fn complete_parked(host: &Host, process: &str) -> anyhow::Result<()> {
    let instance = host.start_instance(process, json!({})).await?;
    happened(host, &instance, "JOB_PARKED", 1).await.with_context(|| process.to_owned())?;
    complete_as_somebody_else(host, &instance).await
}

/// Waits until something has happened in an instance so many times.
async fn happened(host: &Host, instance: &str, event: &str, times: usize) -> anyhow::Result<()> {
    host.wait_for(event, || async {
        Ok((history(host, instance).await?.matches(event).count() >= times).then_some(()))
    })
    .await
}

async fn history(host: &Host, instance: &str) -> anyhow::Result<String> {
    Ok(host.get(&format!("/fermata/v1/process-instances/{instance}/history?limit=100")).await?.to_string())
}

/// The variables of an instance once it has been completed.
async fn ended(host: &Host, instance: &str) -> anyhow::Result<Value> {
    host.wait_for("the instance to end", || async {
        let instance = host.get(&format!("/v2/process-instances/{instance}")).await?;
        Ok((instance["state"] == "COMPLETED").then_some(()))
    })
    .await?;
    let found = host.search_all("/v2/variables/search", json!({ "processInstanceKey": instance })).await?;
    let variable =
        |found: &Value| anyhow::Ok((text(found, "name")?, serde_json::from_str(&text(found, "value")?)?));
    Ok(Value::Object(found.iter().map(variable).collect::<anyhow::Result<_>>()?))
}

/// Does a job that was parked.
async fn complete_as_somebody_else(host: &Host, instance: &str) -> anyhow::Result<()> {
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
