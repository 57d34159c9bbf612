//! Roll-outs on a real host: a canary that begins to fail under load, versions that tasks ask for, going back.

#[path = "rollouts/attempts.rs"]
mod attempts;
#[path = "rollouts/guard.rs"]
mod guard;
mod harness;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Context as _, ensure};
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use harness::{Host, component, model, packed, text, upload, workers};

const ROLLOUT: &str = "/fermata/v1/rollouts/echo";
const STABLE: &str = "echo@1.0.0";
const CANARY: &str = "echo@1.1.0";

/// How many clients start instances.
const CLIENTS: usize = 8;
/// How many instances they start while the canary does well, and after it was given up.
const INSTANCES: usize = 300;

/// A canary for the type `echo`, which does what its variable `attack` says.
fn canary() -> anyhow::Result<Vec<u8>> {
    packed("hostile.wasm", "echo", "1.1.0", &["echo"])
}

async fn put(host: &Host, plan: Value) -> anyhow::Result<Value> {
    harness::put(host, ROLLOUT, &plan).await
}

/// What those who start instances and the one who looks at the roll-out know of each other.
#[derive(Default)]
struct Progress {
    started: AtomicUsize,
    /// Whether the canary fails.
    fails: AtomicBool,
    /// Whether the host was seen to have given it up.
    given_up: AtomicBool,
    over: AtomicBool,
}

/// An instance that has ended, and what was so when it was started.
struct Ended {
    instance: Value,
    fails: bool,
    given_up: bool,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_that_begins_to_fail_under_load_is_given_up_and_no_job_is_lost() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut host = Host::start(folder.path())?;
    upload(&host, component("echo.wasm")?).await?;
    upload(&host, canary()?).await?;
    host.deploy("echo-retried.bpmn", model("echo-retried.bpmn")?).await?;
    let plan = json!({
        "versions": [{ "version": STABLE, "weight": 70 }, { "version": CANARY, "weight": 30 }],
        "guard": { "failAbovePercent": 20, "afterAttempts": 10 },
        "reason": "1.1.0 is new",
    });
    put(&host, plan).await?;

    let progress = Progress::default();
    let clients = try_join_all((0..CLIENTS).map(|_| start_instances(&host, &progress)));
    let (ended, ()) = tokio::try_join!(clients, let_it_fail(&host, &progress))?;
    let ended: Vec<Ended> = ended.into_iter().flatten().collect();

    // Every instance that was started has ended well, however often its job was tried.
    let of_process = json!({ "processDefinitionId": "echo-retried" });
    let instances = host.search_all("/v2/process-instances/search", of_process).await?;
    ensure!(instances.len() == progress.started.into_inner() && instances.len() == ended.len());
    ensure!(instances.iter().all(|instance| instance["state"] == "COMPLETED"), "not all have ended");
    for what in ["jobs", "incidents"] {
        let left = host.search_all(&format!("/v2/{what}/search"), json!({})).await?;
        ensure!(left.is_empty(), "{what}: {left:?}");
    }
    let (mut moved, mut well) = (0, BTreeMap::<String, usize>::new());
    for Ended { instance, fails, given_up } in &ended {
        let workers = workers(&host, &text(instance, "processInstanceKey")?).await?;
        let allowed = if *given_up { &[STABLE][..] } else { &[STABLE, CANARY][..] };
        ensure!(
            workers.iter().all(|worker| allowed.contains(&worker.as_str())),
            "{workers:?} of {allowed:?}"
        );
        if !fails {
            ensure!(workers.len() == 1, "the canary does well: {workers:?}");
            *well.entry(workers.concat()).or_default() += 1;
        }
        moved += usize::from(workers.iter().collect::<BTreeSet<_>>().len() == 2);
    }
    ensure!(moved > 0, "no retry has gone to the other version");
    ensure!(well.len() == 2, "both versions did jobs while the canary did well: {well:?}");
    ensure!(ended.iter().filter(|ended| ended.given_up).count() >= INSTANCES);

    // Who did what, and why, is still there after a crash, as is what follows from it.
    let told = history(&host).await?;
    host.kill()?;
    let host = Host::start(folder.path())?;
    ensure!(history(&host).await? == told, "the history has changed");
    let present = host.get(ROLLOUT).await?;
    ensure!(present["versions"] == json!([{ "version": STABLE, "weight": 100 }]), "{present}");
    let instance = host.run_instance("echo-retried", json!({ "attack": "panic" })).await?;
    ensure!(workers(&host, &text(&instance, "processInstanceKey")?).await? == [STABLE]);
    Ok(())
}

/// Starts instances one after the other until it is over.
async fn start_instances(host: &Host, progress: &Progress) -> anyhow::Result<Vec<Ended>> {
    let mut ended = Vec::new();
    while !progress.over.load(Ordering::SeqCst) {
        progress.started.fetch_add(1, Ordering::SeqCst);
        let given_up = progress.given_up.load(Ordering::SeqCst);
        let fails = progress.fails.load(Ordering::SeqCst);
        let attack = if fails { "panic" } else { "ok" };
        let instance = host.run_instance("echo-retried", json!({ "attack": attack })).await?;
        ended.push(Ended { instance, fails, given_up });
    }
    Ok(ended)
}

/// Lets the canary do well for a while, then fail, and waits until the host has given it up.
async fn let_it_fail(host: &Host, progress: &Progress) -> anyhow::Result<()> {
    more_instances(host, progress).await?;
    ensure!(host.get(ROLLOUT).await?["versions"].as_array().is_some_and(|versions| versions.len() == 2));
    progress.fails.store(true, Ordering::SeqCst);
    host.wait_for("the canary to be given up", || async {
        let versions = host.get(ROLLOUT).await?["versions"].clone();
        Ok((versions == json!([{ "version": STABLE, "weight": 100 }])).then_some(()))
    })
    .await?;
    progress.given_up.store(true, Ordering::SeqCst);
    more_instances(host, progress).await?;
    progress.over.store(true, Ordering::SeqCst);
    Ok(())
}

/// Waits until as many instances as are wanted of each phase were started, and those at work beside them.
async fn more_instances(host: &Host, progress: &Progress) -> anyhow::Result<()> {
    let wanted = progress.started.load(Ordering::SeqCst) + INSTANCES + CLIENTS;
    host.wait_for("instances to be started", || async {
        Ok((progress.started.load(Ordering::SeqCst) >= wanted).then_some(()))
    })
    .await
}

/// The history of the roll-out, checked to say that the host has given the canary up.
async fn history(host: &Host) -> anyhow::Result<Value> {
    let history = host.get(&format!("{ROLLOUT}/history")).await?;
    let items = history["items"].as_array().context("items")?;
    let items: Vec<&Value> = items.iter().filter(|change| change["action"] != "UPLOADED").collect();
    let [given_up, set] = items[..] else { anyhow::bail!("expected two changes: {history}") };
    ensure!(set["action"] == "SET" && set["from"].is_null() && set["reason"] == "1.1.0 is new", "{set}");
    ensure!(set["changedBy"] == "anonymous", "{set}");
    ensure!(given_up["action"] == "ROLLED_BACK_BY_HOST" && given_up["changedBy"] == "host", "{given_up}");
    ensure!(given_up["from"] == set["to"], "{history}");
    let reason = text(given_up, "reason")?;
    ensure!(
        reason.starts_with("`echo@1.1.0` failed in ") && reason.ends_with("at most 20 % were allowed"),
        "{reason}"
    );
    let figures = &given_up["figures"];
    let number = |field: &str| figures[field].as_u64().with_context(|| format!("{field} in {figures}"));
    ensure!(number("attempts")? >= 10 && number("failures")? * 5 > number("attempts")?, "{figures}");
    Ok(history)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_gets_the_versions_that_it_asks_for_or_an_incident_that_names_what_there_is()
-> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    upload(&host, component("echo-v2.wasm")?).await?;
    host.deploy("echo-pinned.bpmn", model("echo-pinned.bpmn")?).await?;
    host.deploy("one-echo.bpmn", model("one-echo.bpmn")?).await?;
    let stuck = host.start_instance("echo-pinned", json!({})).await?;
    let incident = host
        .wait_for("an incident", || async {
            Ok(host.search_all("/v2/incidents/search", json!({ "state": "ACTIVE" })).await?.pop())
        })
        .await?;
    let message = text(&incident, "errorMessage")?;
    ensure!(message.contains("is in `^1`, which the task's header `workerVersion` asks for"), "{message}");
    ensure!(message.contains("here are echo@2.0.0"), "{message}");

    // The operator's word counts more than the model's.
    let pins = json!([{ "processDefinitionId": "echo-pinned", "processDefinitionVersion": 1, "workerVersion": "^2" }]);
    put(&host, json!({ "versions": [{ "version": "echo@2.0.0", "weight": 100 }], "pins": pins })).await?;
    let job = text(&incident, "jobKey")?;
    let changeset = json!({ "changeset": { "retries": 3 } });
    let (status, answer) = host.send("PATCH", &format!("/v2/jobs/{job}"), Some(&changeset)).await?;
    ensure!(status == 204, "{status} {answer}");
    host.post(&format!("/v2/incidents/{}/resolution", text(&incident, "incidentKey")?), &json!({})).await?;
    host.wait_for("the instance to end", || async {
        let instance = host.get(&format!("/v2/process-instances/{stuck}")).await?;
        Ok((instance["state"] == "COMPLETED").then_some(()))
    })
    .await?;
    ensure!(workers(&host, &stuck).await? == ["no-version", "echo@2.0.0"]);

    // An upload takes nothing from the roll-out, and serves those who ask for it.
    put(&host, json!({ "versions": [{ "version": "echo@2.0.0", "weight": 100 }] })).await?;
    let (status, answer) = host.upload(component("echo.wasm")?).await?;
    ensure!(status == 201 && answer["component"]["serving"] == json!([]), "{status} {answer}");
    for (process, expected) in [("one-echo", "2.0.0"), ("echo-pinned", "1.0.0")] {
        let ended = host.run_instance(process, json!({})).await?;
        ensure!(ended["variables"]["workerVersion"] == expected, "{process}: {ended}");
    }

    // What a roll-out names stays, until it is named no more.
    let (status, answer) = host.send("DELETE", "/fermata/v1/components/echo/2.0.0", None).await?;
    ensure!(
        status == 409 && answer["detail"].to_string().contains("fermata worker rollout echo"),
        "{answer}"
    );
    let (status, _) = host.send("DELETE", ROLLOUT, None).await?;
    ensure!(status == 204, "{status}");
    let ended = host.run_instance("one-echo", json!({})).await?;
    ensure!(ended["variables"]["workerVersion"] == "1.0.0", "the newest upload serves again: {ended}");
    let (status, _) = host.send("DELETE", "/fermata/v1/components/echo/2.0.0", None).await?;
    ensure!(status == 200, "{status}");
    Ok(())
}
