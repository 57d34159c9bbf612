//! A disk that loses what was not synced: see `power.c`.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::{compile, loading};
use crate::random::Random;

/// What a disk writes at a time, or not at all.
const SECTOR_BYTES: usize = 512;
/// Numbers in the file that the library counts in.
const COUNTS: usize = 4;
/// How long a sync takes: a disk of this kind is no fast one.
const SYNC_MICROS: u32 = 2_000;

/// What is wrong with a disk beside that it has no power.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    /// Of a hundred syncs so many are answered and not done.
    pub(crate) lies: u8,
    /// Some of what was not synced is there all the same: disks write in any order.
    pub(crate) reorders: bool,
}

/// A disk under a data folder.
#[derive(Debug)]
pub(crate) struct Disk {
    library: PathBuf,
    data: PathBuf,
    shadow: PathBuf,
    counts_file: PathBuf,
}

/// What the library has seen since the disk was [mounted](Disk::mount).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    pub(crate) writes: u64,
    pub(crate) syncs: u64,
    pub(crate) lies: u64,
    /// Writes since the last sync that was done.
    pub(crate) unsynced: u64,
}

/// What a loss of power has done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Loss {
    /// Sectors that were written and not synced, and are gone.
    pub(crate) sectors_lost: u64,
    /// Such that are there all the same.
    pub(crate) sectors_kept: u64,
}

impl Disk {
    /// A disk under the folder `data`, with its own files in `folder`.
    pub(crate) fn new(data: &Path, folder: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            library: compile("power", include_str!("power.c"), folder)?,
            data: data.canonicalize()?,
            shadow: folder.join("shadow"),
            counts_file: folder.join("power-counts"),
        })
    }

    /// Gives it power. All that is in the folder now is safe. Returns the environment of a host that works on it.
    pub(crate) fn mount(
        &self,
        faults: Faults,
        random: &mut Random,
    ) -> anyhow::Result<Vec<(&'static str, OsString)>> {
        if self.shadow.exists() {
            fs::remove_dir_all(&self.shadow)?;
        }
        fs::create_dir_all(self.shadow.join("files"))?;
        self.mirror(&self.data, &self.shadow.join("tree"))?;
        fs::write(&self.counts_file, [0; COUNTS * 8])?;
        Ok(vec![
            loading(&self.library),
            ("FERMATA_POWER_DATA", self.data.clone().into()),
            ("FERMATA_POWER_SHADOW", self.shadow.clone().into()),
            ("FERMATA_POWER_COUNTS", self.counts_file.clone().into()),
            ("FERMATA_POWER_LIES", faults.lies.to_string().into()),
            ("FERMATA_POWER_SYNC_MICROS", SYNC_MICROS.to_string().into()),
            ("FERMATA_POWER_SEED", random.next().to_string().into()),
        ])
    }

    /// What the library has seen.
    pub(crate) fn counts(&self) -> anyhow::Result<Counts> {
        let bytes = fs::read(&self.counts_file)?;
        let number = |index: usize| -> anyhow::Result<u64> {
            let bytes = bytes.get(index * 8..index * 8 + 8).context("the file of counts is too short")?;
            Ok(u64::from_ne_bytes(bytes.try_into()?))
        };
        Ok(Counts { writes: number(0)?, syncs: number(1)?, lies: number(2)?, unsynced: number(3)? })
    }

    /// Takes the power away. The host is dead already; its folder becomes what the disk has.
    pub(crate) fn lose_power(&self, faults: Faults, random: &mut Random) -> anyhow::Result<Loss> {
        let fresh = self.shadow.join("fresh");
        let mut loss = Loss::default();
        self.remains(Path::new(""), &fresh, faults, random, &mut loss)?;
        fs::remove_dir_all(&self.data)?;
        fs::rename(&fresh, &self.data).context("failed to put the folder in its place")?;
        Ok(loss)
    }

    /// What remains of a folder below the data folder.
    fn remains(
        &self,
        path: &Path,
        to: &Path,
        faults: Faults,
        random: &mut Random,
        loss: &mut Loss,
    ) -> anyhow::Result<()> {
        fs::create_dir_all(to)?;
        let synced = self.shadow.join("tree").join(path);
        let mut names = if synced.exists() { names(&synced)? } else { Vec::new() };
        if faults.reorders {
            // Of names that were not synced, some are there.
            for name in self::names(&self.data.join(path)).unwrap_or_default() {
                if !names.contains(&name) && !is_mapped(&name) && random.per_cent(50) {
                    names.push(name);
                }
            }
        }
        for name in names {
            let path = path.join(&name);
            let (synced, written) = (self.shadow.join("tree").join(&path), self.data.join(&path));
            if synced.is_dir() || (!synced.exists() && written.is_dir()) {
                self.remains(&path, &to.join(&name), faults, random, loss)?;
                continue;
            }
            let durable = fs::read(&synced).unwrap_or_default();
            let volatile = if self.is_same_file(&written, &synced) { fs::read(&written).ok() } else { None };
            let remains = match volatile {
                Some(volatile) => sectors(durable, &volatile, faults, random, loss),
                None => durable,
            };
            fs::write(to.join(&name), remains)?;
        }
        Ok(())
    }

    /// Whether a file in the folder is the one whose bytes the shadow has under a name.
    fn is_same_file(&self, written: &Path, synced: &Path) -> bool {
        let Ok(inode) = fs::metadata(written).map(|found| found.ino()) else { return false };
        let bytes = fs::metadata(self.shadow.join("files").join(inode.to_string()));
        match (bytes, fs::metadata(synced)) {
            (Ok(bytes), Ok(synced)) => bytes.ino() == synced.ino(),
            // Neither its name nor its bytes were synced.
            (_, Err(_)) => true,
            (Err(_), Ok(_)) => false,
        }
    }

    /// Makes the shadow of a folder whose content is safe.
    fn mirror(&self, from: &Path, to: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(to)?;
        for name in names(from)? {
            let (from, to) = (from.join(&name), to.join(&name));
            if from.is_dir() {
                self.mirror(&from, &to)?;
            } else if !is_mapped(&name) {
                let bytes = self.shadow.join("files").join(fs::metadata(&from)?.ino().to_string());
                fs::copy(&from, &bytes)?;
                fs::hard_link(&bytes, &to)?;
            }
        }
        Ok(())
    }
}

/// What remains of a file: what was synced, and on a disk that reorders some of the sectors that were not.
fn sectors(
    mut durable: Vec<u8>,
    volatile: &[u8],
    faults: Faults,
    random: &mut Random,
    loss: &mut Loss,
) -> Vec<u8> {
    // Some disks are about to write all of it, others have hardly begun.
    let share = if faults.reorders { random.between(0, 101) } else { 0 };
    for (number, sector) in volatile.chunks(SECTOR_BYTES).enumerate() {
        let from = number * SECTOR_BYTES;
        let to = from + sector.len();
        if durable.get(from..to) == Some(sector) {
            continue;
        }
        if !random.per_cent(share) {
            loss.sectors_lost += 1;
            continue;
        }
        loss.sectors_kept += 1;
        if durable.len() < to {
            durable.resize(to, 0);
        }
        durable[from..to].copy_from_slice(sector);
    }
    if volatile.len() < durable.len() && random.per_cent(share) {
        durable.truncate(volatile.len());
    }
    durable
}

/// What a folder has, in an order that is always the same.
fn names(folder: &Path) -> anyhow::Result<Vec<OsString>> {
    let read = fs::read_dir(folder).with_context(|| format!("failed to read {}", folder.display()))?;
    let mut names = read.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<Vec<_>, _>>()?;
    names.sort();
    Ok(names)
}

/// Whether a file is written through a mapping. SQLite makes its `-shm` file anew after a crash.
fn is_mapped(name: &OsString) -> bool {
    name.to_string_lossy().ends_with("-shm")
}
