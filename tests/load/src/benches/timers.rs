//! Many timers that are due at once.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::json;
use types::ProcessInstanceKey;

use super::session::{Prepared, Session};
use crate::generator::{Load, Request, block_on};
use crate::report::Measurement;
use crate::scenario::Scenario;

const TIMERS: u64 = 10_000;
/// How long before they are due the first of them is started: all have to be there by then.
const AHEAD: Duration = Duration::from_secs(20);
/// How often the host is asked whether all have fired.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(20);
/// When to give up.
const GIVE_UP_AFTER: Duration = Duration::from_secs(120);

/// Seconds from the time at which all timers are due until a client sees that the last has fired.
pub(super) fn bench(session: &mut Session) -> anyhow::Result<Measurement> {
    let count = session.scaled(TIMERS);
    let home = session.home()?;
    let measurement = block_on(async {
        let prepared = Prepared::start(&home, Scenario::Timers).await?;
        let due = arm(&prepared, count).await?;
        let seen = wait_for_all(&prepared, due).await?;

        let ends = prepared.api.completed_instances(Scenario::Timers).await?;
        ensure!(ends.len() as u64 == count, "{} of {count} instances are completed", ends.len());
        let lags = || ends.values().map(|end| end.duration_since(due).as_secs_f64());
        let (first, last) = (lags().fold(f64::INFINITY, f64::min), lags().fold(0.0, f64::max));
        ensure!(first >= 0.0, "a timer fired {:.3} s early", -first);
        fired_once(&prepared, &ends).await?;
        Ok(Measurement::new(seen, "s", format!("the first {:.0} ms after it was due", first * 1_000.0))
            .noting(format_args!(
                "the last after {:.0} ms by its end time; none early, none twice",
                last * 1_000.0
            ))
            .with("first_s", first)
            .with("last_end_s", last))
    })?;
    Ok(session.told(measurement, count))
}

/// Starts instances whose timers are all due at the same time, which is given.
async fn arm(prepared: &Prepared, count: u64) -> anyhow::Result<jiff::Timestamp> {
    let due = jiff::Timestamp::from_millisecond((jiff::Timestamp::now() + AHEAD).as_millisecond())?;
    let body = Scenario::Timers.start_with(json!({ "variables": { "due": due.to_string() } }))?;
    let start = Request::start(prepared.host.address, body)?;
    let load = Load::closed(prepared.host.address, &start, Scenario::Timers.clients());
    let tally = load.exactly(count).await?;
    tally.all_succeeded()?;
    ensure!(
        jiff::Timestamp::now() < due,
        "the host took more than {} s to start {count} instances with timers",
        AHEAD.as_secs()
    );
    Ok(due)
}

/// Returns when no instance is active any more, with the seconds since `due`.
async fn wait_for_all(prepared: &Prepared, due: jiff::Timestamp) -> anyhow::Result<f64> {
    let until = Duration::try_from(jiff::Timestamp::now().duration_until(due)).unwrap_or_default();
    tokio::time::sleep(until).await;
    loop {
        let active = prepared.api.active_instances(Scenario::Timers).await?;
        let since = jiff::Timestamp::now().duration_since(due);
        if active == 0 {
            return Ok(since.as_secs_f64());
        }
        ensure!(
            since.as_secs_f64() < GIVE_UP_AFTER.as_secs_f64(),
            "{active} timers have not fired in {since:#}"
        );
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
    }
}

/// Checks by the instances' histories that each timer has fired exactly once.
async fn fired_once(
    prepared: &Prepared,
    instances: &BTreeMap<ProcessInstanceKey, jiff::Timestamp>,
) -> anyhow::Result<()> {
    let mut connection = prepared.connect().await?;
    for key in instances.keys() {
        let path = format!("/fermata/v1/process-instances/{key}/history");
        let answer = connection.send(&Request::get(prepared.host.address, &path)?).await?;
        let history: serde_json::Value = serde_json::from_slice(&answer.into_success()?)?;
        let entries = history["items"].as_array().context("a history has items")?;
        let events = entries.iter().flat_map(|entry| entry["events"].as_array().into_iter().flatten());
        let fired = events.filter(|event| event["type"] == "TIMER_TRIGGERED").count();
        ensure!(fired == 1, "the timer of instance {key} has fired {fired} times");
    }
    Ok(())
}
