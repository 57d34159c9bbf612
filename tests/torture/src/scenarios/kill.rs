//! `kill -9` under load, again and again on the same data.

use tokio::time::sleep;

use super::{Effort, server};
use crate::place::Place;
use crate::random::Random;
use crate::report::Report;
use crate::stage::Stage;

/// How long a host lives, in milliseconds from being ready.
const LIFE_MS: (u64, u64) = (10, 600);
/// Kills of a hundred after which the next host is killed while it starts, in milliseconds from its beginning.
const STARTING_SHARE: u64 = 20;
const STARTING_MS: (u64, u64) = (0, 100);

pub(super) async fn run(effort: Effort) -> anyhow::Result<Report> {
    let on_postgres = effort.kills / 2;
    let mut report = kills(Place::in_folder()?, effort.kills - on_postgres, effort.seed, "sqlite").await?;
    match server() {
        Ok(server) => {
            let schema = server.schema().await?;
            report.add(kills(Place::in_schema(&schema)?, on_postgres, effort.seed, "postgres").await?);
            schema.remove().await?;
        }
        Err(skipped) => report.add(skipped),
    }
    Ok(report)
}

async fn kills(place: Place, kills: u32, seed: u64, database: &str) -> anyhow::Result<Report> {
    let mut random = Random::new(seed, database);
    let stage = Stage::new(place, random.next());
    let mut host = stage.first_host().await?;
    let (mut under_load, mut while_starting) = (0, 0);
    for _ in 0..kills {
        sleep(random.millis(LIFE_MS.0, LIFE_MS.1)).await;
        under_load += u64::from(stage.kill(host)? > 0);
        if random.per_cent(STARTING_SHARE) {
            // What takes up the work of a host that was killed may be killed as well.
            stage.place.start_and_kill(random.millis(STARTING_MS.0, STARTING_MS.1))?;
            while_starting += 1;
        }
        host = stage.next_host()?;
    }
    let mut report = Report::default();
    report.count("kills", kills.into());
    report.count("of them with requests under way", under_load);
    report.count("kills of hosts that were starting", while_starting);
    report.expect(under_load > 0 || kills == 0, || "no kill met a running load".to_owned());
    report.add(stage.finish(host).await?);
    Ok(report)
}
