//! Loss of power, on SQLite: what was not synced is gone, or in parts there all the same.
//!
//! PostgreSQL syncs by itself, in processes that are none of the host's.

use std::time::{Duration, Instant};

use anyhow::ensure;
use harness::Host;
use tokio::time::sleep;

use super::Effort;
use crate::check::Violation;
use crate::place::Place;
use crate::random::Random;
use crate::report::Report;
use crate::shim::{Counts, Disk, Faults};
use crate::stage::Stage;

/// How long a host has power, in milliseconds from its first sync.
const LIFE_MS: (u64, u64) = (50, 600);
/// How long a host under load may take to write something.
const WRITES_WITHIN: Duration = Duration::from_secs(30);
/// Losses of power for each round of other scenarios.
const LOSSES: u32 = 4;
/// What a host logs that cannot read its database.
const DAMAGED: &str = "the database is damaged";

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
    let acted = lose(&mut stage, &disk, losses, random, &mut report).await;
    let mut report = stage.conclude(acted, report).await;
    let lost = report.counts.iter().any(|(name, count)| *name == "sectors lost" && *count > 0);
    report.expect(lost, || "no loss of power has lost anything".to_owned());
    Ok(report)
}

async fn lose(
    stage: &mut Stage,
    disk: &Disk,
    losses: u32,
    random: &mut Random,
    report: &mut Report,
) -> anyhow::Result<Host> {
    let mut host = stage.first_host().await?;
    for loss in 0..losses {
        tokio::task::block_in_place(|| sees(disk, |seen| seen.writes > 0 && seen.syncs > 0))?;
        sleep(random.millis(LIFE_MS.0, LIFE_MS.1)).await;
        if loss % 4 != 3 {
            // Most losses of power would miss that moment.
            tokio::task::block_in_place(|| sees(disk, |seen| seen.unsynced > 0))?;
        }
        stage.kill(host)?;
        let seen = disk.counts()?;
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
    Ok(host)
}

/// Waits until a host under load has written, or synced, as wanted.
fn sees(disk: &Disk, is_wanted: impl Fn(Counts) -> bool) -> anyhow::Result<()> {
    let began = Instant::now();
    while !is_wanted(disk.counts()?) {
        ensure!(began.elapsed() < WRITES_WITHIN, "the writes of a host under load are not seen");
    }
    Ok(())
}

/// A disk that answers syncs without doing them, as `synchronous=OFF` would leave it: acknowledged commands are lost,
/// and the checkers have to find that.
async fn lying(random: &mut Random) -> anyhow::Result<Report> {
    let place = Place::in_folder()?;
    let disk = Disk::new(&place.data(), place.folder())?;
    let mut stage = Stage::new(place, random.next());
    let mut report = Report::default();
    let Some(worked) = report.done("a host on a lying disk", lie(&mut stage, &disk, random).await) else {
        return Ok(report);
    };
    report.count("syncs that were lies", disk.counts()?.lies);
    disk.lose_power(Faults::default(), random)?;
    stage.place.options.environment = disk.mount(Faults::default(), random)?;
    let last = stage.next_host();
    let has_started = last.is_ok();
    let found = stage.look(last, Report::default()).await.violations;
    let is_loss =
        |found: &&Violation| matches!(found, Violation::StartLost { .. } | Violation::CommandLost { .. });
    let losses = found.iter().filter(is_loss).count();
    // Or its database makes no sense to the host: found as well.
    let is_damaged = !has_started && stage.place.log()?.contains(DAMAGED);
    report.count("losses by lies found", losses as u64);
    report.expect(worked && (losses > 0 || is_damaged), || {
        format!("losses by a lying disk were not found, but {found:?}")
    });
    Ok(report)
}

/// Lets a host work on a lying disk, and kills it. Gives whether it has worked.
async fn lie(stage: &mut Stage, disk: &Disk, random: &mut Random) -> anyhow::Result<bool> {
    // What the load needs is safe.
    let host = stage.first_host().await?;
    stage.kill(host)?;
    let faults = Faults { lies: 100, reorders: false };
    stage.place.options.environment = disk.mount(faults, random)?;
    let host = stage.next_host()?;
    let worked = stage.works().await;
    stage.kill(host)?;
    Ok(worked)
}
