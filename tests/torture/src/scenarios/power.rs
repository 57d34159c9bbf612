//! Loss of power, on SQLite: what was not synced is gone, or in parts there all the same.
//!
//! PostgreSQL syncs by itself, in processes that are none of the host's.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use tokio::time::sleep;

use super::Effort;
use crate::check::Violation;
use crate::place::Place;
use crate::random::Random;
use crate::report::Report;
use crate::shim::{Disk, Faults};
use crate::stage::Stage;

/// How long a host has power, in milliseconds from being ready.
const LIFE_MS: (u64, u64) = (50, 600);
/// How long a host under load may take to write something.
const WRITES_WITHIN: Duration = Duration::from_secs(30);
/// Losses of power for each round of other scenarios.
const LOSSES: u32 = 4;

pub(super) async fn run(effort: Effort) -> anyhow::Result<Report> {
    let mut random = Random::new(effort.seed, "power");
    let mut report = honest(effort.rounds * LOSSES, &mut random).await?;
    for _ in 0..effort.rounds {
        report.add(lying(&mut random).await?);
    }
    Ok(report)
}

/// A disk that keeps what it says to keep, and of the rest nothing or some: nothing acknowledged may be lost.
async fn honest(losses: u32, random: &mut Random) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let mut place = Place::in_folder()?;
    let disk = Disk::new(&place.data(), place.folder())?;
    place.options.environment = disk.mount(Faults::default(), random)?;
    let mut stage = Stage::new(place, random.next());
    let mut host = stage.first_host().await?;
    for loss in 0..losses {
        sleep(random.millis(LIFE_MS.0, LIFE_MS.1)).await;
        if loss % 4 != 3 {
            tokio::task::block_in_place(|| amid_writes(&disk))?;
        }
        stage.kill(host)?;
        let seen = disk.counts()?;
        report.expect(seen.writes > 0 && seen.syncs > 0, || "the host's writes were not seen".to_owned());
        let faults = Faults { reorders: loss % 2 == 1, ..Faults::default() };
        let lost = disk.lose_power(faults, random)?;
        report.count("losses of power", 1);
        report.count("writes", seen.writes);
        report.count("syncs", seen.syncs);
        report.count("sectors lost", lost.sectors_lost);
        report.count("unsynced sectors kept", lost.sectors_kept);
        stage.place.options.environment = disk.mount(faults, random)?;
        host = stage.next_host()?;
    }
    report.add(stage.finish(host).await?);
    let lost = report.counts.iter().any(|(name, count)| *name == "sectors lost" && *count > 0);
    report.expect(lost, || "no loss of power has lost anything".to_owned());
    Ok(report)
}

/// Waits until something is written and not synced: most losses of power would miss that moment.
fn amid_writes(disk: &Disk) -> anyhow::Result<()> {
    let began = Instant::now();
    while disk.counts()?.unsynced == 0 {
        ensure!(began.elapsed() < WRITES_WITHIN, "a host under load does not write");
    }
    Ok(())
}

/// A disk that answers syncs without doing them, as `synchronous=OFF` would leave it: acknowledged commands are lost,
/// and the checkers have to find that.
async fn lying(random: &mut Random) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let place = Place::in_folder()?;
    let disk = Disk::new(&place.data(), place.folder())?;
    let mut stage = Stage::new(place, random.next());
    // What the load needs is safe.
    let host = stage.first_host().await?;
    stage.kill(host)?;
    let faults = Faults { lies: 100, reorders: false };
    stage.place.options.environment = disk.mount(faults, random)?;
    let host = stage.next_host()?;
    let worked = stage.works().await;
    stage.kill(host)?;
    report.count("syncs that were lies", disk.counts()?.lies);
    disk.lose_power(faults, random)?;
    stage.place.options.environment = disk.mount(Faults::default(), random)?;
    let found = match stage.next_host() {
        Ok(host) => stage.look(host).await.context("after a disk has lied")?.violations,
        // Its database makes no sense to the host: found as well.
        Err(error) => vec![Violation::Expected(format!("{error:#}"))],
    };
    report.count("violations by lies found", found.len() as u64);
    report.expect(worked && !found.is_empty(), || "losses by a lying disk were not found".to_owned());
    Ok(report)
}
