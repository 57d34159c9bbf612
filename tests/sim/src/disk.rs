//! What outlives a host: the store's content, and who may write to it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use engine::journal;
use store::memory::MemoryStore;
use store::sqlite::{self, SqliteStore};
use store::{Batch, Error, NewDeployment, Store};
use tempfile::TempDir;
use types::PartitionId;

use crate::clock::SimClock;
use crate::faults::FaultKind;
use crate::witness::Witness;

/// The log that SQLite writes commits to, and the file that it brings them into.
const SQLITE_FILES: [&str; 2] = ["fermata.db", "fermata.db-wal"];

/// The store that a history runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// In memory. A crash leaves it as it is.
    Memory,
    /// SQLite, in a folder of its own. After a crash another host opens a copy of the files as they were at that moment.
    Sqlite,
}

/// Whose partitions are: each claim begins an epoch, and ends the one before.
pub(crate) type Epochs = BTreeMap<PartitionId, u64>;

/// The content of the store, and the epochs of those who may write.
pub(crate) struct Disk {
    medium: Mutex<Medium>,
    epochs: Mutex<Epochs>,
    clock: Arc<SimClock>,
    witness: Arc<Witness>,
}

struct Medium {
    store: Arc<dyn Store>,
    /// Where its files are. It goes after the store.
    folder: Option<TempDir>,
}

impl Disk {
    pub(crate) fn new(kind: StoreKind, clock: Arc<SimClock>, witness: Arc<Witness>) -> anyhow::Result<Self> {
        let medium = match kind {
            StoreKind::Memory => Medium { store: Arc::new(MemoryStore::new()), folder: None },
            StoreKind::Sqlite => Medium::open(tempfile::tempdir()?)?,
        };
        Ok(Self { medium: Mutex::new(medium), epochs: Mutex::default(), clock, witness })
    }

    pub(crate) fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.medium.lock().unwrap_or_else(PoisonError::into_inner).store)
    }

    /// Makes the caller the only one who may write to a partition. Returns the epoch that proves it.
    pub(crate) fn claim(&self, partition: PartitionId) -> u64 {
        let mut epochs = self.epochs();
        let epoch = epochs.entry(partition).or_default();
        *epoch += 1;
        *epoch
    }

    /// The epochs of the moment, by partition.
    pub(crate) fn epochs(&self) -> MutexGuard<'_, Epochs> {
        self.epochs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a batch, and has it witnessed.
    pub(crate) fn write(&self, batch: Batch) -> Result<(), Error> {
        let mut written = Vec::with_capacity(batch.instances.len());
        for part in &batch.instances {
            let entries =
                journal::decode(&part.journal).map_err(|error| Error::Damaged(error.to_string()))?;
            written.push((part.identity.key, entries));
        }
        at_once(self.store().commit(batch))?;
        self.witness.written(self.clock.highest(), written);
        Ok(())
    }

    pub(crate) fn deploy(&self, partition: PartitionId, deployment: NewDeployment) -> Result<(), Error> {
        let keys: Vec<_> = deployment.definitions.iter().map(|definition| definition.key).collect();
        at_once(self.store().deploy(partition, deployment))?;
        self.witness.deployed(keys);
        Ok(())
    }

    /// The host dies while it writes a batch. `part` of 256 says how far it has come. Returns what that comes to.
    ///
    /// In memory that is all or nothing. SQLite's log is new up to some byte and old after it, and whoever opens it has to
    /// see that.
    pub(crate) fn tear(&self, batch: Batch, part: u8) -> anyhow::Result<FaultKind> {
        let mut medium = self.medium.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(folder) = &medium.folder else {
            drop(medium);
            if part < 128 {
                return Ok(FaultKind::CrashBeforeCommit);
            }
            self.write(batch)?;
            return Ok(FaultKind::CrashAfterCommit);
        };
        let log = folder.path().join(SQLITE_FILES[1]);
        let before = std::fs::read(&log).unwrap_or_default();
        at_once(medium.store.commit(batch))?;
        let mut torn = std::fs::read(&log)?;
        // Frames go where the last valid one ends, over whatever an earlier crash has left there. The end of the last one
        // makes the commit: its last byte is never there.
        let differs = |(place, byte): &(usize, &u8)| before.get(*place) != Some(*byte);
        let first = torn.iter().enumerate().find(differs).map(|(place, _)| place);
        let last = torn.iter().enumerate().rfind(differs).map(|(place, _)| place);
        let (first, last) = first.zip(last).context("the commit is not in SQLite's log")?;
        let end = first + (last - first) * usize::from(part) / 256;
        torn.truncate(end);
        torn.extend(before.get(end..).unwrap_or_default());
        let copy = medium.copy()?;
        std::fs::write(copy.path().join(SQLITE_FILES[1]), torn)?;
        *medium = Medium::open(copy)?;
        Ok(if end > first { FaultKind::CommitTorn } else { FaultKind::CrashBeforeCommit })
    }

    /// The host has died: the next one finds what is on the disk now.
    pub(crate) fn crash(&self) -> anyhow::Result<()> {
        let mut medium = self.medium.lock().unwrap_or_else(PoisonError::into_inner);
        if medium.folder.is_some() {
            *medium = Medium::open(medium.copy()?)?;
        }
        Ok(())
    }
}

impl Medium {
    fn open(folder: TempDir) -> anyhow::Result<Self> {
        let store = at_once(SqliteStore::open(folder.path(), sqlite::Options::default()))?;
        Ok(Self { store: Arc::new(store), folder: Some(folder) })
    }

    /// The files as they are now. The store does not notice.
    fn copy(&self) -> anyhow::Result<TempDir> {
        let from = self.folder.as_ref().context("a store without files")?;
        let to = tempfile::tempdir()?;
        for file in SQLITE_FILES {
            if from.path().join(file).exists() {
                std::fs::copy(from.path().join(file), to.path().join(file))?;
            }
        }
        Ok(to)
    }
}

/// What a call to a store gives. It is waited for without letting anybody else run: SQLite works on threads of its own,
/// and how long they take must not decide what happens next.
pub(crate) fn at_once<F: Future>(call: F) -> F::Output {
    futures_executor::block_on(tokio::task::unconstrained(call))
}
