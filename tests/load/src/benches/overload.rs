//! Ten times the load that a host can take: what it does meanwhile, how soon it is itself again,
//! and whether all that it acknowledged was done.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use tokio::time::{Instant, sleep};
use types::ProcessInstanceKey;

use super::session::{Prepared, Session};
use super::start::megabytes;
use crate::generator::{Answer, Load, Pace, Request, Span, Tally, block_on};
use crate::machine;
use crate::report::{Measurement, median};
use crate::scenario::Scenario;

const SCENARIO: Scenario = Scenario::OneTask;
/// The load, as a multiple of what the host completes in a closed loop.
const TIMES_CAPACITY: f64 = 10.0;
/// Requests under way at the same time, where the host takes so many connections: more than the commands that it lets wait.
const CLIENTS: usize = 12_000;

const CAPACITY: Span = Span { warm_up: Duration::from_secs(2), window: Duration::from_secs(2), windows: 3 };
const WINDOW: Duration = Duration::from_secs(1);
const RECOVERY: Span = Span { warm_up: Duration::ZERO, window: Duration::from_millis(500), windows: 1 };

/// How much slower than before the host may be to count as recovered.
const RECOVERED_FACTOR: f64 = 2.0;
/// When to give up: on the recovery, and on the end of what was acknowledged.
const GIVE_UP_AFTER: Duration = Duration::from_secs(15 * 60);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Seconds from the end of the overload until a normal closed loop has at most twice the p50 that it had before.
pub(super) fn bench(session: &mut Session) -> anyhow::Result<Measurement> {
    let time = session.overload_time;
    let home = session.home()?;
    block_on(async {
        let prepared = Prepared::start(&home, SCENARIO).await?;
        let before = prepared.closed_loop().measure(CAPACITY, |_| {}).await?;
        before.with_rest().all_succeeded()?;
        let capacity = median(before.windows.iter().map(|window| window.rate()).collect());
        let p50_ms = before.in_windows().percentile_ms(50.0);

        let overload = overload(&prepared, capacity * TIMES_CAPACITY, time).await?;
        let ended = Instant::now();
        recover(&prepared, p50_ms * RECOVERED_FACTOR).await?;
        let recovery = ended.elapsed().as_secs_f64();
        let completed = all_completed(&prepared, &overload.acknowledged).await?;
        let drained = ended.elapsed().as_secs_f64();
        let peak = megabytes(prepared.host.peak_resident_bytes()?);

        let Overload { tally, acknowledged, clients, offered_per_s, missed, resident_max } = overload;
        let (away, hinted) = (tally.turned_away(), tally.turned_away_with_hint());
        let resident_max = megabytes(resident_max);
        Ok(Measurement::new(
            recovery,
            "s",
            format!("{} s of {offered_per_s:.0} starts/s", time.as_secs_f64()),
        )
        .noting(format_args!("{TIMES_CAPACITY} × the {capacity:.0} of a closed loop"))
        .noting(format_args!(
            "{missed} of them never sent: all {clients} connections that could be opened were waiting"
        ))
        .noting(format_args!(
            "{} acknowledged, all {completed} completed {drained:.0} s later",
            acknowledged.len()
        ))
        .noting(format_args!("{away} × 503, {hinted} of them with Retry-After, {} failed", tally.failed()))
        .noting(format_args!("RSS at most {resident_max:.0} MB, peak until the end {peak:.0} MB"))
        .with("capacity_per_s", capacity)
        .with("connections", clients as f64)
        .with("acknowledged", acknowledged.len() as f64)
        .with("completed", completed as f64)
        .with("turned_away", away as f64)
        .with("turned_away_with_retry_after", hinted as f64)
        .with("failed", tally.failed() as f64)
        .with("rss_max_mb", resident_max)
        .with("drained_s", drained))
    })
}

struct Overload {
    tally: Tally,
    acknowledged: Vec<ProcessInstanceKey>,
    clients: usize,
    offered_per_s: f64,
    missed: u64,
    resident_max: u64,
}

/// Starts that are answered as soon as they are durable, so many a second.
async fn overload(prepared: &Prepared, offered_per_s: f64, time: Duration) -> anyhow::Result<Overload> {
    let request = Request::start(prepared.host.address, SCENARIO.start_only()?)?;
    let acknowledged = RefCell::new(Vec::new());
    let unreadable = Cell::new(0_u64);
    let on_answer = |answer: &Answer| {
        if answer.status.is_success() {
            match instance_key(answer) {
                Ok(key) => acknowledged.borrow_mut().push(key),
                Err(_) => unreadable.set(unreadable.get() + 1),
            }
        }
    };
    let load = Load {
        host: prepared.host.address,
        request: &request,
        clients: CLIENTS.min(machine::connections_max()),
        pace: Pace::PerSecond(offered_per_s),
        on_answer: Some(&on_answer),
    };
    let windows = (time.as_secs_f64() / WINDOW.as_secs_f64()).ceil() as u32;
    let span = Span { warm_up: Duration::ZERO, window: WINDOW, windows };
    let resident_max = Cell::new(0);
    let connections = load.connect_as_far_as_possible().await?;
    let clients = connections.len();
    let measured = load
        .measure_on(connections, span, |_| {
            let resident = prepared.host.resident_bytes().unwrap_or(0);
            resident_max.set(resident_max.get().max(resident));
        })
        .await;
    ensure!(unreadable.get() == 0, "{} answers name no instance", unreadable.get());
    Ok(Overload {
        tally: measured.with_rest(),
        acknowledged: acknowledged.into_inner(),
        clients,
        offered_per_s,
        missed: measured.missed,
        resident_max: resident_max.get(),
    })
}

/// Returns when a normal closed loop has a p50 of at most `p50_ms_max`.
async fn recover(prepared: &Prepared, p50_ms_max: f64) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        // Instances that outlast their window count: they would be the slow ones.
        let tally = prepared.closed_loop().measure(RECOVERY, |_| {}).await?.with_rest();
        if tally.succeeded() > 0 && tally.percentile_ms(50.0) <= p50_ms_max {
            return Ok(());
        }
        ensure!(began.elapsed() < GIVE_UP_AFTER, "the host does not recover: {}", tally.latencies());
    }
}

/// Waits until nothing is active any more; then every acknowledged instance must be completed. Returns how many.
async fn all_completed(prepared: &Prepared, acknowledged: &[ProcessInstanceKey]) -> anyhow::Result<usize> {
    let began = Instant::now();
    loop {
        let active = prepared.api.active_instances(SCENARIO).await?;
        if active == 0 {
            break;
        }
        ensure!(began.elapsed() < GIVE_UP_AFTER, "{active} instances are still active");
        sleep(LOOK_AGAIN_AFTER).await;
    }
    let completed = prepared.api.completed_instances(SCENARIO).await?;
    let lost: Vec<_> = acknowledged.iter().filter(|key| !completed.contains_key(key)).collect();
    ensure!(
        lost.is_empty(),
        "{} acknowledged instances are not completed, the first is {:?}",
        lost.len(),
        lost.first()
    );
    Ok(acknowledged.len())
}

fn instance_key(answer: &Answer) -> anyhow::Result<ProcessInstanceKey> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Started {
        process_instance_key: ProcessInstanceKey,
    }

    let started: Started = serde_json::from_slice(&answer.body).context("the answer to a start")?;
    Ok(started.process_instance_key)
}
