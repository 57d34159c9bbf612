//! `kill -9` under load, again and again on the same data.

use harness::Host;
use tokio::time::sleep;

use super::{Effort, leave, server};
use crate::place::Place;
use crate::random::Random;
use crate::report::Report;
use crate::stage::Stage;

/// What a host acknowledges at least before it is killed, and how long it lives after that, in milliseconds.
const ACKNOWLEDGED: (u64, u64) = (1, 12);
const LIFE_MS: (u64, u64) = (0, 600);
/// Kills of a hundred after which the next host is killed while it starts, in milliseconds from its beginning.
const STARTING_SHARE: u64 = 20;
const STARTING_MS: (u64, u64) = (0, 100);

pub(super) async fn run(effort: Effort) -> anyhow::Result<Report> {
    let on_postgres = effort.kills / 2;
    let mut report = kills(Place::in_folder()?, effort.kills - on_postgres, effort.seed, "sqlite").await;
    match server() {
        Ok(server) => {
            let schema = server.schema().await?;
            let found = kills(Place::in_schema(&schema)?, on_postgres, effort.seed, "postgres").await;
            report.add(leave(schema, found).await);
        }
        Err(skipped) => report.add(skipped),
    }
    Ok(report)
}

async fn kills(place: Place, kills: u32, seed: u64, database: &str) -> Report {
    let mut random = Random::new(seed, database);
    let stage = Stage::new(place, random.next());
    let mut report = Report::default();
    let acted = act(&stage, kills, &mut random, &mut report).await;
    stage.conclude(acted, report).await
}

async fn act(stage: &Stage, kills: u32, random: &mut Random, report: &mut Report) -> anyhow::Result<Host> {
    let mut host = stage.first_host().await?;
    let mut under_load = 0;
    for _ in 0..kills {
        let acknowledged = random.between(ACKNOWLEDGED.0, ACKNOWLEDGED.1);
        let works = stage.grows(acknowledged, |load| load.ledger.acknowledged()).await;
        report.expect(works, || "a host under load acknowledges nothing".to_owned());
        sleep(random.millis(LIFE_MS.0, LIFE_MS.1)).await;
        under_load += u32::from(stage.kill(host)? > 0);
        report.count("kills", 1);
        if random.per_cent(STARTING_SHARE) {
            // What takes up the work of a host that was killed may be killed as well.
            stage.place.start_and_kill(random.millis(STARTING_MS.0, STARTING_MS.1))?;
            report.count("kills of hosts that were starting", 1);
        }
        host = stage.next_host()?;
    }
    report.count("kills with requests under way", under_load.into());
    report.expect(under_load >= kills / 2, || {
        format!("only {under_load} of {kills} kills met requests that were under way")
    });
    Ok(host)
}
