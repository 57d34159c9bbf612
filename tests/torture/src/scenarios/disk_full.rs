//! A disk without room, and with room again.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use harness::Host;
use tempfile::TempDir;
use tokio::time::sleep;

use super::Effort;
use crate::place::Place;
use crate::random::Random;
use crate::report::Report;
use crate::stage::Stage;

/// Room for the host and its work, in MiB.
const DISK_MIB: u32 = 96;
/// How long a host has room, in milliseconds.
const ROOM_MS: (u64, u64) = (100, 600);
/// Refused commands after which there is room again.
const REFUSALS: u64 = 20;

pub(super) async fn run(effort: Effort) -> anyhow::Result<Report> {
    let disk = match SmallDisk::mount() {
        Ok(disk) => disk,
        Err(reason) => return Ok(Report::skipped(format!("no small disk can be mounted: {reason:#}"))),
    };
    let mut random = Random::new(effort.seed, "disk-full");
    let mut report = Report::default();
    let stage = Stage::new(Place::with_data(disk.folder.path().join("data"))?, random.next());
    let acted = act(&stage, &disk, effort.rounds, &mut random, &mut report).await;
    let report = stage.conclude(acted, report).await;
    if !report.violations.is_empty() {
        eprintln!("the host's data is in {}", disk.keep().display());
    }
    Ok(report)
}

async fn act(
    stage: &Stage,
    disk: &SmallDisk,
    rounds: u32,
    random: &mut Random,
    report: &mut Report,
) -> anyhow::Result<Host> {
    let mut host = stage.first_host().await?;
    for round in 0..rounds {
        sleep(random.millis(ROOM_MS.0, ROOM_MS.1)).await;
        disk.fill()?;
        let refused = stage.grows(REFUSALS, |load| load.ledger.refused()).await;
        report.expect(refused, || "a host without room refuses nothing".to_owned());
        report.expect(host.is_running()?, || "a host without room has ended".to_owned());
        // Every other time it does not even live to see the room.
        if round % 2 == 1 {
            stage.kill(host)?;
            disk.make_room()?;
            host = stage.next_host()?;
            report.count("kills without room", 1);
        } else {
            disk.make_room()?;
        }
        let works = stage.works().await;
        report.expect(works, || "a host with room again does not go on".to_owned());
        report.count("times without room", 1);
    }
    Ok(host)
}

/// A disk of a few megabytes, in memory.
struct SmallDisk {
    folder: TempDir,
    is_kept: bool,
}

impl SmallDisk {
    fn mount() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("fermata-torture-disk-").tempdir()?;
        let size = format!("size={DISK_MIB}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .status()
            .context("failed to run `mount`")?;
        ensure!(mounted.success(), "only root may do that");
        let disk = Self { folder, is_kept: false };
        fs::create_dir(disk.folder.path().join("data"))?;
        Ok(disk)
    }

    /// Leaves it mounted, for people to look at.
    fn keep(mut self) -> PathBuf {
        self.is_kept = true;
        self.folder.disable_cleanup(true);
        self.folder.path().to_owned()
    }

    fn ballast(&self) -> PathBuf {
        self.folder.path().join("ballast")
    }

    /// Takes all the room that is left.
    fn fill(&self) -> anyhow::Result<()> {
        let mut ballast = File::create(self.ballast())?;
        let block = [0; 4 << 10];
        loop {
            match ballast.write(&block) {
                Ok(bytes) if bytes > 0 => {}
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(()),
                Err(error) => return Err(error).context("failed to fill the disk"),
            }
        }
    }

    fn make_room(&self) -> anyhow::Result<()> {
        Ok(fs::remove_file(self.ballast())?)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        // Lazily: whatever still has a file open does not keep it.
        let _ = Command::new("umount").arg("--lazy").arg(self.folder.path()).status();
    }
}
