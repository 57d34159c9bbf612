//! Whole instances: started over HTTP, counted when they have ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::host::Host;
use crate::report::Measurement;

/// Requests under way at the same time.
const CLIENTS: usize = 128;
const WARM_UP: Duration = Duration::from_secs(2);
const RUN: Duration = Duration::from_secs(5);
const RUNS: usize = 5;
const IDLE_INSTANCES: usize = 500;

const START: &str = r#"{"processDefinitionId":"one-task","variables":{"orderId":4711,"customer":"Ada"},"awaitCompletion":true}"#;

/// Completed instances per second, closed loop.
pub(crate) fn one_task() -> anyhow::Result<Measurement> {
    block_on(async {
        let folder = tempfile::tempdir()?;
        let host = Host::start(folder.path())?;
        let client = client()?;
        host.prepare(&client).await?;
        load(&client, &host.url, WARM_UP).await?;
        let mut rates = Vec::with_capacity(RUNS);
        let mut latencies = Vec::new();
        for _ in 0..RUNS {
            let started = Instant::now();
            let mut finished = load(&client, &host.url, RUN).await?;
            rates.push(finished.len() as f64 / started.elapsed().as_secs_f64());
            latencies.append(&mut finished);
        }
        latencies.sort_unstable();
        let mut measurement = Measurement::median(rates, "instances/s");
        measurement.notes = format!(
            "{}; {CLIENTS} at a time; p50 {:.1} ms, p99 {:.1} ms",
            measurement.notes,
            percentile(&latencies, 50),
            percentile(&latencies, 99)
        );
        Ok(measurement)
    })
}

/// Milliseconds from start to end, one instance at a time.
pub(crate) fn one_task_idle() -> anyhow::Result<Measurement> {
    block_on(async {
        let folder = tempfile::tempdir()?;
        let host = Host::start(folder.path())?;
        let client = client()?;
        host.prepare(&client).await?;
        let mut latencies = Vec::with_capacity(IDLE_INSTANCES);
        for _ in 0..IDLE_INSTANCES {
            latencies.push(one(&client, &host.url).await?);
        }
        latencies.sort_unstable();
        Ok(Measurement {
            value: percentile(&latencies, 50),
            unit: "ms",
            notes: format!("{IDLE_INSTANCES} instances, p99 {:.1} ms", percentile(&latencies, 99)),
        })
    })
}

/// Keeps `CLIENTS` instances under way for `time`; gives how long each took.
async fn load(client: &reqwest::Client, url: &str, time: Duration) -> anyhow::Result<Vec<Duration>> {
    let end = Instant::now() + time;
    let failed = Arc::new(AtomicU64::new(0));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (client, url, failed) = (client.clone(), url.to_owned(), Arc::clone(&failed));
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                while Instant::now() < end {
                    match one(&client, &url).await {
                        Ok(latency) => latencies.push(latency),
                        Err(_) => {
                            failed.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
                latencies
            })
        })
        .collect();
    let mut latencies = Vec::new();
    for client in clients {
        latencies.append(&mut client.await?);
    }
    let failed = failed.load(Ordering::Relaxed);
    ensure!(failed == 0, "{failed} requests failed");
    Ok(latencies)
}

/// Starts one instance and waits for its end.
async fn one(client: &reqwest::Client, url: &str) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let answer = client
        .post(format!("{url}/v2/process-instances"))
        .header("content-type", "application/json")
        .body(START)
        .send()
        .await?;
    let status = answer.status();
    let text = answer.text().await?;
    ensure!(status.is_success(), "{status}: {text}");
    Ok(started.elapsed())
}

fn client() -> anyhow::Result<reqwest::Client> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(reqwest::Client::builder().tcp_nodelay(true).pool_max_idle_per_host(CLIENTS).build()?)
}

fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?.block_on(work)
}

/// In milliseconds; `sorted` is ascending.
fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(index).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1_000.0)
}
