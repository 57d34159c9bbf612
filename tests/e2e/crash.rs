//! `kill -9` of the real host under load, again and again: nothing acknowledged is lost, nothing is done twice.

mod harness;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tokio::sync::{Mutex, watch};

use harness::{Api, Host, component, model, text};

/// Instances whose start must be acknowledged.
const INSTANCES: u64 = 1_000;
/// How often the host is killed at least.
const KILLS: u32 = 20;
/// Clients that start instances at the same time.
const CLIENTS: u64 = 8;

/// Keys of acknowledged starts, by the number that the client gave each.
type Acknowledged = Arc<Mutex<BTreeMap<u64, String>>>;

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_instance_is_lost_or_done_twice() -> anyhow::Result<()> {
    let seed = match std::env::var("FERMATA_SEED") {
        Ok(seed) => seed.parse()?,
        Err(_) => u64::from(std::process::id()),
    };
    println!("seed {seed}; run again with FERMATA_SEED={seed}");
    let mut random = seed;
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    let (status, answer) = host.upload(component("echo.wasm")?).await?;
    ensure!(status == 201, "upload: {status} {answer}");
    host.deploy("crash.bpmn", model("crash.bpmn")?).await?;

    let acknowledged = Acknowledged::default();
    let progress = Arc::new(AtomicU64::new(0));
    let (address, addresses) = watch::channel(host.url.clone());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            tokio::spawn(start_instances(
                client,
                addresses.clone(),
                Arc::clone(&acknowledged),
                Arc::clone(&progress),
            ))
        })
        .collect();

    // Kills are spread over the run by how many starts were acknowledged, each at a random place.
    let mut host = host;
    let mut kills_under_load = 0;
    for kill in 1..=KILLS {
        let from = INSTANCES * u64::from(kill - 1) / u64::from(KILLS);
        let until = INSTANCES * u64::from(kill) / u64::from(KILLS);
        let at = from + next(&mut random) % (until - from);
        while progress.load(Ordering::Relaxed) < at {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_micros(next(&mut random) % 20_000)).await;
        if progress.load(Ordering::Relaxed) < INSTANCES {
            kills_under_load += 1;
        }
        host.kill()?;
        host = Host::start(folder.path())?;
        address.send(host.url.clone())?;
    }
    for client in clients {
        client.await??;
    }
    ensure!(kills_under_load >= KILLS / 2, "only {kills_under_load} kills met a running load");

    host.wait_for("all instances to end", || async {
        let active =
            host.post("/v2/process-instances/search", &json!({ "filter": { "state": "ACTIVE" } })).await?;
        Ok((active["page"]["totalItems"] == 0).then_some(()))
    })
    .await?;

    let acknowledged = acknowledged.lock().await;
    ensure!(acknowledged.len() as u64 == INSTANCES, "{} starts were acknowledged", acknowledged.len());
    let instances = host.search_all("/v2/process-instances/search", json!({})).await?;
    let by_key: BTreeMap<String, &Value> = instances
        .iter()
        .map(|instance| Ok((text(instance, "processInstanceKey")?, instance)))
        .collect::<anyhow::Result<_>>()?;
    ensure!(by_key.len() == instances.len(), "a key is there twice");
    for (number, key) in acknowledged.iter() {
        ensure!(by_key.contains_key(key), "start {number} was acknowledged as {key} and is missing");
    }
    let mut interrupted = 0;
    for (key, instance) in by_key {
        ensure!(instance["state"] == "COMPLETED", "instance {key} is {}", instance["state"]);
        interrupted += check_history(&host, &key).await?;
    }
    println!(
        "{} instances, {} acknowledged, {KILLS} kills ({kills_under_load} under load), {interrupted} jobs cut off",
        instances.len(),
        acknowledged.len()
    );
    Ok(())
}

/// Starts instances until enough are acknowledged. An answer that did not come is no acknowledgement: the same
/// number is tried again, and the instance of the first try may exist all the same.
async fn start_instances(
    client: u64,
    mut addresses: watch::Receiver<String>,
    acknowledged: Acknowledged,
    progress: Arc<AtomicU64>,
) -> anyhow::Result<()> {
    let http = Api::new(&addresses.borrow())?.client().clone();
    for number in (client..INSTANCES).step_by(CLIENTS as usize) {
        let body = json!({ "processDefinitionId": "crash", "variables": { "n": number } });
        loop {
            let url = addresses.borrow_and_update().clone();
            let answer = http.post(format!("{url}/v2/process-instances")).json(&body).send().await;
            if let Ok(answer) = answer
                && answer.status().is_success()
                && let Ok(started) = answer.json::<Value>().await
            {
                acknowledged.lock().await.insert(number, text(&started, "processInstanceKey")?);
                progress.fetch_add(1, Ordering::Relaxed);
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    Ok(())
}

/// One start, one end, and every element and job once. Gives how many attempts were cut off by a kill.
async fn check_history(host: &Host, key: &str) -> anyhow::Result<usize> {
    let history = host.get(&format!("/fermata/v1/process-instances/{key}/history?limit=1000")).await?;
    let entries = history["items"].as_array().context("items")?;
    let events: Vec<&Value> =
        entries.iter().filter_map(|entry| entry["events"].as_array()).flatten().collect();
    let count = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    ensure!(count("INSTANCE_CREATED") == 1, "instance {key} was started {} times", count("INSTANCE_CREATED"));
    ensure!(count("INSTANCE_COMPLETED") == 1, "instance {key} ended {} times", count("INSTANCE_COMPLETED"));
    let mut entered = BTreeMap::<&str, usize>::new();
    for event in events.iter().filter(|event| event["type"] == "ELEMENT_ENTERED") {
        *entered.entry(event["elementId"].as_str().context("elementId")?).or_default() += 1;
    }
    for (element, times) in entered {
        ensure!(times == 1, "instance {key} entered `{element}` {times} times");
    }
    ensure!(
        count("JOB_CREATED") == count("JOB_COMPLETED"),
        "instance {key} has {} jobs and completed {}",
        count("JOB_CREATED"),
        count("JOB_COMPLETED")
    );
    Ok(count("JOB_INTERRUPTED"))
}

/// SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
