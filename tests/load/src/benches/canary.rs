//! A canary that begins to fail under load: how soon the host goes back by itself, and whether every job was done,
//! by a version that was allowed to.

use std::cell::Cell;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use manifest::Manifest;
use serde_json::{Value, json};

use super::session::{Prepared, Session};
use crate::generator::{Load, Pace, Request, Span, block_on};
use crate::host::component;
use crate::report::Measurement;
use crate::scenario::Scenario;

const SCENARIO: Scenario = Scenario::Canary;
const STABLE: &str = "echo@1.0.0";
const CANARY: &str = "echo@1.1.0";
/// The canary's share, in percent.
const SHARE: f64 = 10.0;

/// Instances with one job each, started per second.
const PER_SECOND: u64 = 1_000;
/// How long the canary does well, in seconds.
const WELL: u64 = 10;
/// How long it has to be given up, in seconds.
const GIVEN_UP_WITHIN: u64 = 5;
/// How long the load goes on after that, in seconds.
const AFTERWARDS: u64 = 5;
/// How long after the choice of its version an attempt is on record, in milliseconds.
const RECORDED_WITHIN_MS: i64 = 1_000;
/// How often the host is asked whether it has gone back.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(20);

/// What one job was done by, as its instance's history tells.
#[derive(Debug)]
struct Attempt {
    worker: String,
    instance_created_at: jiff::Timestamp,
    recorded_at: jiff::Timestamp,
}

/// What all histories tell.
#[derive(Debug, Default)]
struct Told {
    attempts: Vec<Attempt>,
    completed: u64,
    first_failure_at: Option<jiff::Timestamp>,
}

/// Seconds from the first attempt that fails until the roll-out has gone back, durably.
pub(super) fn bench(session: &mut Session) -> anyhow::Result<Measurement> {
    let home = session.home()?;
    let per_second = session.scaled(PER_SECOND) as f64;
    block_on(async {
        let prepared = Prepared::start(&home, SCENARIO).await?;
        roll_out(&prepared).await?;
        let mut started = load(&prepared, "ok", per_second, WELL).await?;
        let fails_from = jiff::Timestamp::now();
        let failing = load(&prepared, "exit", per_second, GIVEN_UP_WITHIN + AFTERWARDS);
        let (given_up, failing) = tokio::try_join!(given_up(&prepared), failing)?;
        started += failing;
        wait_for_all(&prepared).await?;

        let told = histories(&prepared).await?;
        let lost = started - told.completed.min(started);
        let may_not = |attempt: &&Attempt| match attempt.worker.as_str() {
            STABLE => false,
            CANARY => {
                let late = attempt.recorded_at.as_millisecond() - given_up.seen_at.as_millisecond();
                attempt.instance_created_at > given_up.seen_at || late > RECORDED_WITHIN_MS
            }
            _ => true,
        };
        let wrong = told.attempts.iter().filter(may_not).count();
        let split = split(&told, fails_from);
        let first_failure_at = told.first_failure_at.context("no attempt of the canary has failed")?;
        let after = given_up.at.duration_since(first_failure_at).as_secs_f64();
        ensure!(
            lost == 0 && wrong == 0,
            "{lost} jobs are lost, {wrong} attempts ran on a version that was not rolled out"
        );
        ensure!(
            (split - SHARE).abs() <= 2.0,
            "the canary got {split:.1} % of the attempts instead of {SHARE} %"
        );
        let measurement = Measurement::new(after, "s", format!("{started} jobs at {per_second:.0}/s"))
            .noting(format_args!(
                "the canary got {split:.2} % of {SHARE} %; {lost} jobs lost, {wrong} on a wrong version"
            ))
            .noting(given_up.reason)
            .with("split_percent", split)
            .with("jobs_lost", lost as f64)
            .with("wrong_version", wrong as f64)
            .with("jobs", started as f64)
            .with("jobs_per_s", per_second);
        Ok(session.told(measurement, started))
    })
}

/// Uploads the canary, which does what its variables say, and gives it its share.
async fn roll_out(prepared: &Prepared) -> anyhow::Result<()> {
    let manifest = "name = 'echo'\nversion = '1.1.0'\nkind = 'worker'\njob-types = ['echo']\n";
    let canary = manifest::embed(&component("hostile.wasm")?, &Manifest::from_toml(manifest)?)?;
    let api = prepared.api.requests();
    let (status, answer) = api.upload(canary).await?;
    ensure!(status == 201, "failed to upload the canary: {status} {answer}");
    let plan = json!({
        "versions": [{ "version": STABLE, "weight": 100 - SHARE as u32 }, { "version": CANARY, "weight": SHARE as u32 }],
        "guard": { "failAbovePercent": 5 },
    });
    let (status, answer) = api.send("PUT", "/fermata/v1/rollouts/echo", Some(&plan)).await?;
    ensure!(status == 200, "failed to roll out: {status} {answer}");
    Ok(())
}

/// Starts instances for so many seconds; gives how many were acknowledged. They end in their own time.
async fn load(prepared: &Prepared, attack: &str, per_second: f64, seconds: u64) -> anyhow::Result<u64> {
    let start = SCENARIO.start_with(json!({ "variables": { "attack": attack } }))?;
    let request = Request::start(prepared.host.address, start)?;
    let acknowledged = Cell::new(0_u64);
    let count = |answer: &crate::generator::Answer| {
        acknowledged.set(acknowledged.get() + u64::from(answer.status.is_success()));
    };
    let load = Load {
        host: prepared.host.address,
        request: &request,
        clients: SCENARIO.clients_at(per_second),
        pace: Pace::PerSecond(per_second),
        on_answer: Some(&count),
    };
    let span = Span { warm_up: Duration::ZERO, window: Duration::from_secs(seconds), windows: 1 };
    let measured = load.measure(span, |_| {}).await?;
    ensure!(measured.with_rest().failed() == 0, "starts have failed: {}", measured.with_rest().troubles());
    Ok(acknowledged.get())
}

/// What the host says of its going back.
struct GivenUp {
    at: jiff::Timestamp,
    /// When a client has seen it.
    seen_at: jiff::Timestamp,
    reason: String,
}

/// Returns when the host has gone back.
async fn given_up(prepared: &Prepared) -> anyhow::Result<GivenUp> {
    let began = tokio::time::Instant::now();
    loop {
        let history = prepared.api.requests().get("/fermata/v1/rollouts/echo/history?limit=1").await?;
        let seen_at = jiff::Timestamp::now();
        let last = &history["items"][0];
        if last["action"] == "ROLLED_BACK_BY_HOST" {
            let at = last["changedAt"].as_str().context("a time")?.parse()?;
            return Ok(GivenUp {
                at,
                seen_at,
                reason: last["reason"].as_str().unwrap_or_default().to_owned(),
            });
        }
        ensure!(
            began.elapsed() < Duration::from_secs(GIVEN_UP_WITHIN),
            "the canary fails, and was not given up in {GIVEN_UP_WITHIN} s: {last}"
        );
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
    }
}

async fn wait_for_all(prepared: &Prepared) -> anyhow::Result<()> {
    while prepared.api.active_instances(SCENARIO).await? > 0 {
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
    }
    Ok(())
}

/// What the exported histories tell, line by line.
async fn histories(prepared: &Prepared) -> anyhow::Result<Told> {
    let path = format!("/fermata/v1/history?processDefinitionId={}", SCENARIO.process_id());
    let answer = prepared.connect().await?.send(&Request::get(prepared.host.address, &path)?).await?;
    let text = String::from_utf8(answer.into_success()?.into())?;
    let mut told = Told::default();
    // The lines of an instance follow each other, its creation first.
    let mut created_at = jiff::Timestamp::MIN;
    for line in text.lines() {
        let line: Value = serde_json::from_str(line)?;
        let at: jiff::Timestamp = line["at"].as_str().context("a line has a time")?.parse()?;
        for event in line["events"].as_array().context("a line has events")? {
            match event["type"].as_str().unwrap_or_default() {
                "INSTANCE_CREATED" => created_at = at,
                "INSTANCE_COMPLETED" => told.completed += 1,
                "JOB_STARTED" => told.attempts.push(Attempt {
                    worker: event["worker"].as_str().unwrap_or_default().to_owned(),
                    instance_created_at: created_at,
                    recorded_at: at,
                }),
                "JOB_FAILED" => {
                    told.first_failure_at = Some(told.first_failure_at.map_or(at, |first| first.min(at)));
                }
                _ => {}
            }
        }
    }
    Ok(told)
}

/// The canary's share of the attempts while it did well, in percent.
fn split(told: &Told, until: jiff::Timestamp) -> f64 {
    let before = || told.attempts.iter().filter(|attempt| attempt.instance_created_at < until);
    let canary = before().filter(|attempt| attempt.worker == CANARY).count();
    canary as f64 * 100.0 / before().count() as f64
}
