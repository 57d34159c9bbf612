//! Versions of a worker come and go while instances run.

mod harness;

use anyhow::ensure;
use serde_json::{Value, json};

use harness::{Host, component, model, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_second_version_serves_the_next_job_and_the_first_comes_back() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    let (status, answer) = host.upload(component("echo.wasm")?).await?;
    ensure!(status == 201, "upload: {status} {answer}");
    host.deploy("two-echoes.bpmn", model("two-echoes.bpmn")?).await?;

    // The first job is done by the first version; the instance then waits for an external worker.
    let first = host.start_instance("two-echoes", json!({})).await?;
    let job = take_human_job(&host).await?;
    let (status, answer) = host.upload(component("echo-v2.wasm")?).await?;
    ensure!(status == 201, "upload: {status} {answer}");
    complete(&host, &job).await?;
    expect_versions(&host, &first, "1.0.0", "2.0.0").await?;

    // Uploading the same bytes again changes nothing.
    let (status, _) = host.upload(component("echo-v2.wasm")?).await?;
    ensure!(status == 200, "the same component again: {status}");

    // Without the second version the first serves again, also for an instance that runs.
    let second = host.start_instance("two-echoes", json!({})).await?;
    let job = take_human_job(&host).await?;
    let (status, answer) = host.send("DELETE", "/fermata/v1/components/echo/2.0.0", None).await?;
    ensure!(status == 204, "delete: {status} {answer}");
    complete(&host, &job).await?;
    expect_versions(&host, &second, "2.0.0", "1.0.0").await?;

    // Without any version the job waits, and goes on with the next upload.
    let (status, answer) = host.send("DELETE", "/fermata/v1/components/echo/1.0.0", None).await?;
    ensure!(status == 204, "delete: {status} {answer}");
    let third = host.start_instance("two-echoes", json!({})).await?;
    let (status, answer) = host.upload(component("echo.wasm")?).await?;
    ensure!(status == 201, "upload: {status} {answer}");
    let job = take_human_job(&host).await?;
    complete(&host, &job).await?;
    expect_versions(&host, &third, "1.0.0", "1.0.0").await
}

async fn take_human_job(host: &Host) -> anyhow::Result<String> {
    let answer = host
        .post(
            "/v2/jobs/activation",
            &json!({ "type": "human", "worker": "test", "timeout": 60_000, "maxJobsToActivate": 1,
                     "requestTimeout": 30_000 }),
        )
        .await?;
    text(&answer["jobs"][0], "jobKey")
}

async fn complete(host: &Host, job: &str) -> anyhow::Result<()> {
    let (status, answer) = host.send("POST", &format!("/v2/jobs/{job}/completion"), Some(&json!({}))).await?;
    ensure!(status == 204, "completion: {status} {answer}");
    Ok(())
}

async fn expect_versions(host: &Host, key: &str, first: &str, second: &str) -> anyhow::Result<()> {
    host.wait_for("the instance to end", || async {
        let instance = host.get(&format!("/v2/process-instances/{key}")).await?;
        Ok((instance["state"] == "COMPLETED").then_some(()))
    })
    .await?;
    let variables =
        host.post("/v2/variables/search", &json!({ "filter": { "processInstanceKey": key } })).await?;
    let value = |name: &str| {
        variables["items"]
            .as_array()
            .and_then(|items| items.iter().find(|item| item["name"] == name))
            .map_or(Value::Null, |item| item["value"].clone())
    };
    ensure!(value("firstVersion") == format!("\"{first}\""), "first: {}", value("firstVersion"));
    ensure!(value("secondVersion") == format!("\"{second}\""), "second: {}", value("secondVersion"));
    Ok(())
}
