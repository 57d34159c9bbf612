//! A clock that jumps forward and back.
//!
//! Timers go by the host's clock: one that is due in a second waits a day and a second when the clock is set back by a day.
//! In the end the clock is ahead of all that it has shown, and every timer must have fired, once.

use harness::Host;
use serde_json::json;
use tokio::time::sleep;

use super::{Effort, leave, server};
use crate::place::Place;
use crate::random::Random;
use crate::report::Report;
use crate::shim::Clock;
use crate::stage::Stage;

const SECOND_MS: i64 = 1_000;
const HOUR_MS: i64 = 3_600 * SECOND_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// The jumps of one round: small ones are those of daemons that set clocks.
const JUMPS_MS: [i64; 6] = [-3 * SECOND_MS, -DAY_MS, 3 * SECOND_MS, DAY_MS / 2, -HOUR_MS, DAY_MS];
/// How long the clock is left alone, in milliseconds.
const STEADY_MS: (u64, u64) = (0, 300);

pub(super) async fn run(effort: Effort) -> anyhow::Result<Report> {
    let mut report = jumps(Place::in_folder()?, effort, "clock on sqlite").await?;
    match server() {
        Ok(server) => {
            let schema = server.schema().await?;
            let found = jumps(Place::in_schema(&schema)?, effort, "clock on postgres").await?;
            report.add(leave(schema, found).await);
        }
        Err(skipped) => report.add(skipped),
    }
    Ok(report)
}

async fn jumps(mut place: Place, effort: Effort, purpose: &str) -> anyhow::Result<Report> {
    let mut random = Random::new(effort.seed, purpose);
    let mut report = Report::default();
    let mut clock = Clock::new(place.folder())?;
    place.options.environment = clock.environment();
    let stage = Stage::new(place, random.next());
    let acted = act(&stage, &mut clock, effort.rounds, &mut random, &mut report).await;
    Ok(stage.conclude(acted, report).await)
}

async fn act(
    stage: &Stage,
    clock: &mut Clock,
    rounds: u32,
    random: &mut Random,
    report: &mut Report,
) -> anyhow::Result<Host> {
    let mut host = stage.first_host().await?;
    let works = stage.works().await;
    report.expect(works, || "a host with a steady clock does not work".to_owned());
    clock.jump(HOUR_MS)?;
    let works = stage.works().await;
    report.expect(works && is_ahead(&host).await?, || "the host's clock does not jump".to_owned());
    for round in 0..rounds {
        for _ in 0..JUMPS_MS.len() {
            sleep(random.millis(STEADY_MS.0, STEADY_MS.1)).await;
            let jump_ms = JUMPS_MS[random.between(0, JUMPS_MS.len() as u64) as usize];
            clock.jump(jump_ms)?;
            let works = stage.works().await;
            report.expect(works, || format!("a host whose clock jumped by {jump_ms} ms does not go on"));
            report.count(if jump_ms > 0 { "jumps forward" } else { "jumps back" }, 1);
        }
        report.expect(host.is_running()?, || "a host whose clock jumps has ended".to_owned());
        if round % 2 == 1 {
            // What a later host reads was written by a clock that is now ahead of its own.
            stage.kill(host)?;
            clock.jump(-HOUR_MS)?;
            host = stage.next_host()?;
            report.count("restarts in the past", 1);
        }
    }
    clock.jump_to_latest()?;
    Ok(host)
}

/// Whether instances were started at a time that is still to come.
async fn is_ahead(host: &Host) -> anyhow::Result<bool> {
    let half_an_hour_on = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(30);
    let filter = json!({ "startDate": { "$gt": half_an_hour_on.to_string() } });
    let search = json!({ "filter": filter, "page": { "limit": 1 } });
    let found = host.post("/v2/process-instances/search", &search).await?;
    Ok(found["page"]["totalItems"].as_u64().is_some_and(|items| items > 0))
}
