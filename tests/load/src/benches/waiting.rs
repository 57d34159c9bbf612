//! A million instances that wait, each for a timer that is due in a year.

use std::time::Duration;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;
use types::ProcessInstanceKey;

use super::session::{Prepared, Session};
use super::start::{SETTLED, megabytes, seconds_to_ready};
use crate::generator::{Connection, Request, Span, block_on};
use crate::host::Home;
use crate::report::{Measurement, median};
use crate::scenario::Scenario;

const STARTS: usize = 5;
/// What the host does before its memory is looked at.
const WORK: Span = Span { warm_up: Duration::ZERO, window: Duration::from_secs(5), windows: 1 };
/// How long it is watched doing nothing.
const WATCHED: Duration = Duration::from_secs(10);
/// Instances that are started, found and finished in each of the two hosts.
const ROUNDS: usize = 300;
/// Rounds before those.
const WARM_UP_ROUNDS: usize = 20;

/// Seconds from starting the process to being ready.
pub(super) fn start(session: &mut Session) -> anyhow::Result<Measurement> {
    let (home, count) = session.waiting()?;
    let seconds = seconds_to_ready(home, STARTS)?;
    Ok(session.told(Measurement::median(seconds, "s"), count))
}

/// Resident megabytes after a start and some work: its caches have what they hold then.
pub(super) fn rss(session: &mut Session) -> anyhow::Result<Measurement> {
    let (home, count) = session.waiting()?;
    let measurement = block_on(async {
        let prepared = Prepared::start(home, Scenario::OneTask).await?;
        tokio::time::sleep(SETTLED).await;
        let before = megabytes(prepared.host.resident_bytes()?);
        let worked = prepared.closed_loop().measure(WORK, |_| {}).await?.with_rest();
        worked.all_succeeded()?;
        tokio::time::sleep(SETTLED).await;
        let after = megabytes(prepared.host.resident_bytes()?);
        let peak = megabytes(prepared.host.peak_resident_bytes()?);
        Ok(Measurement::new(after, "MB", format!("{before:.0} MB after the start"))
            .noting(format_args!("{} one-task instances later; peak {peak:.0} MB", worked.succeeded()))
            .with("after_start_mb", before)
            .with("peak_mb", peak))
    })?;
    Ok(session.told(measurement, count))
}

/// Per cent of one core.
pub(super) fn idle_cpu(session: &mut Session) -> anyhow::Result<Measurement> {
    let (home, count) = session.waiting()?;
    let host = home.start_host()?;
    std::thread::sleep(SETTLED);
    let before = host.cpu_time()?;
    std::thread::sleep(WATCHED);
    let used = host.cpu_time()?.saturating_sub(before);
    let percent = 100.0 * used.as_secs_f64() / WATCHED.as_secs_f64();
    let note = format!("{:.1} ms CPU in {} s", used.as_secs_f64() * 1_000.0, WATCHED.as_secs());
    Ok(session.told(Measurement::new(percent, "%", note), count))
}

/// Milliseconds to start one more waiting instance, find it by its business id and cancel it; next to it in turns
/// the same on an empty folder, and an instance with one task from start to end on both.
pub(super) fn work(session: &mut Session) -> anyhow::Result<Measurement> {
    let empty_home = session.home()?;
    let (home, count) = session.waiting()?;
    let (full, empty) = block_on(async {
        let mut full = Worker::start(home).await?;
        let mut empty = Worker::start(&empty_home).await?;
        for round in 0..WARM_UP_ROUNDS + ROUNDS {
            if round == WARM_UP_ROUNDS {
                (full.times, empty.times) = Default::default();
            }
            full.round(round).await?;
            empty.round(round).await?;
        }
        Ok((full.times, empty.times))
    })?;
    let (full, empty) = (full.medians(), empty.medians());
    let measurement = Measurement::new(full.whole(), "ms", full.to_string())
        .noting(format_args!("empty folder {:.2} ms: {empty}", empty.whole()))
        .noting("finished by cancelling")
        .with("empty_ms", empty.whole())
        .with("one_task_ms", full.one_task)
        .with("empty_one_task_ms", empty.one_task);
    Ok(session.told(measurement, count))
}

/// A host, and one client that works with one instance after the other.
struct Worker {
    prepared: Prepared,
    connection: Connection,
    times: Times,
}

/// Milliseconds of each round.
#[derive(Default)]
struct Times {
    start: Vec<f64>,
    find: Vec<f64>,
    finish: Vec<f64>,
    one_task: Vec<f64>,
}

struct Medians {
    start: f64,
    find: f64,
    finish: f64,
    one_task: f64,
}

#[derive(Deserialize)]
struct Found {
    items: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    process_instance_key: ProcessInstanceKey,
}

impl Worker {
    async fn start(home: &Home) -> anyhow::Result<Self> {
        let prepared = Prepared::start(home, Scenario::OneTask).await?;
        prepared.deploy(Scenario::Waiting).await?;
        let connection = prepared.connect().await?;
        Ok(Self { prepared, connection, times: Times::default() })
    }

    async fn round(&mut self, round: usize) -> anyhow::Result<()> {
        let host = self.prepared.host.address;
        let business_id = format!("round-{round}");
        let start = Scenario::Waiting.start_with(json!({ "businessId": business_id }))?;
        let (_, time) = self.send(&Request::start(host, start)?).await?;
        self.times.start.push(time);

        let filter = json!({ "businessId": business_id, "state": "ACTIVE" });
        let search = json!({ "filter": filter }).to_string();
        let (found, time) = self.send(&Request::post(host, "/v2/process-instances/search", search)?).await?;
        self.times.find.push(time);
        let found: Found = serde_json::from_slice(&found)?;
        let key = found.items.first().context("the instance that was just started is found")?;

        let path = format!("/v2/process-instances/{}/cancellation", key.process_instance_key);
        let (_, time) = self.send(&Request::post(host, &path, "{}")?).await?;
        self.times.finish.push(time);

        let one_task = self.prepared.start.clone();
        let (_, time) = self.send(&one_task).await?;
        self.times.one_task.push(time);
        Ok(())
    }

    /// The body of the answer, and how many milliseconds it took.
    async fn send(&mut self, request: &Request) -> anyhow::Result<(bytes::Bytes, f64)> {
        let began = Instant::now();
        let body = self.connection.send(request).await?.into_success()?;
        Ok((body, began.elapsed().as_secs_f64() * 1_000.0))
    }
}

impl Times {
    fn medians(self) -> Medians {
        Medians {
            start: median(self.start),
            find: median(self.find),
            finish: median(self.finish),
            one_task: median(self.one_task),
        }
    }
}

impl Medians {
    fn whole(&self) -> f64 {
        self.start + self.find + self.finish
    }
}

impl std::fmt::Display for Medians {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { start, find, finish, one_task } = self;
        write!(f, "start {start:.2}, find {find:.2}, finish {finish:.2}, one-task {one_task:.2} ms")
    }
}
