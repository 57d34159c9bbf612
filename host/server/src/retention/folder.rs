//! The folder that takes the histories of instances before they are removed.
//!
//! Files are NDJSON and only ever grow: a new one is begun each day (UTC), when the last one is large, and whenever a host
//! starts. So what a crash has torn is at the end of its file.
//! What is taken is on the disk before its instances are removed. A crash in between leaves them to be taken again:
//! each line is there at least once, and instance, position and entry tell whether two are the same.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use api::HistoryLines;
use async_trait::async_trait;
use runtime::{Archive, ArchiveError, Clock};
use store::{EndedInstance, OldestEnd, Store, make_private_folder, private_file};
use tokio::fs::{File, OpenOptions};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Mutex;
use types::Timestamp;

/// A file is full when it has so many bytes.
const FILE_BYTES: u64 = 256 << 20;

/// Lines are written when they take so much, in bytes.
const WRITTEN_BYTES: usize = 256 << 10;

/// Files of one day at most.
const FILES_OF_DAY_MAX: u32 = 100_000;

/// A folder of histories.
pub(crate) struct HistoryFolder {
    path: PathBuf,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    file_bytes: u64,
    open: Mutex<Option<OpenFile>>,
}

impl std::fmt::Debug for HistoryFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("HistoryFolder").field(&self.path).finish()
    }
}

/// The file that grows.
struct OpenFile {
    file: File,
    path: PathBuf,
    day: String,
    /// Its length up to which it is on the disk.
    bytes: u64,
}

impl HistoryFolder {
    /// The folder at `path`; made for its owner only when it is missing.
    ///
    /// # Errors
    /// It cannot be made, or not be written to.
    pub(crate) fn open(path: PathBuf, store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> io::Result<Self> {
        make_private_folder(&path)?;
        // Better now than when the first history is due.
        tempfile::tempfile_in(&path)?;
        Ok(Self { path, store, clock, file_bytes: FILE_BYTES, open: Mutex::new(None) })
    }

    /// The file for what comes next.
    async fn file(&self, open: Option<OpenFile>) -> io::Result<OpenFile> {
        let day = day(self.clock.now());
        match open {
            Some(open) if open.day == day && open.bytes < self.file_bytes => Ok(open),
            _ => OpenFile::create(&self.path, day).await,
        }
    }

    /// Writes histories to the end of a file, and returns when they are on the disk.
    async fn write(
        &self,
        open: &mut OpenFile,
        definition: &OldestEnd,
        instances: &[EndedInstance],
    ) -> Result<(), ArchiveError> {
        let (mut lines, mut written) = (Vec::new(), 0);
        for instance in instances {
            let mut history = HistoryLines::new(&*self.store, definition, *instance);
            loop {
                let has_more = history.write(&mut lines).await?;
                if lines.len() >= WRITTEN_BYTES {
                    open.file.write_all(&lines).await?;
                    written += lines.len() as u64;
                    lines.clear();
                }
                if !has_more {
                    break;
                }
            }
        }
        open.file.write_all(&lines).await?;
        written += lines.len() as u64;
        open.file.flush().await?;
        open.file.sync_data().await?;
        open.bytes += written;
        Ok(())
    }
}

#[async_trait]
impl Archive for HistoryFolder {
    async fn take(&self, definition: &OldestEnd, instances: &[EndedInstance]) -> Result<(), ArchiveError> {
        let mut slot = self.open.lock().await;
        let mut open = self.file(slot.take()).await?;
        let taken = self.write(&mut open, definition, instances).await;
        if taken.is_ok() || open.cut().await.is_ok() {
            *slot = Some(open);
        }
        taken
    }
}

impl OpenFile {
    /// Begins the next file of a day.
    async fn create(folder: &Path, day: String) -> io::Result<Self> {
        for number in 1..=FILES_OF_DAY_MAX {
            let path = folder.join(format!("history-{day}-{number:03}.ndjson"));
            match OpenOptions::from(private_file()).append(true).create_new(true).open(&path).await {
                Ok(file) => {
                    // Its name has to last as well.
                    File::open(folder).await?.sync_all().await?;
                    tracing::info!(path = %path.display(), "histories of instances are written before these are removed");
                    return Ok(Self { file, path, day, bytes: 0 });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other(format!("there are {FILES_OF_DAY_MAX} files of {day} already: move some away")))
    }

    /// Takes back what was not written as a whole, such as half a line when the disk is full.
    async fn cut(&mut self) -> io::Result<()> {
        // What is still in hand would come after the cut.
        let _ = self.file.flush().await;
        let cut = self.file.set_len(self.bytes).await;
        if let Err(error) = &cut {
            tracing::warn!(%error, path = %self.path.display(), "the end of the file is torn; another one is begun");
        }
        cut
    }
}

/// The day of a time, in UTC.
fn day(time: Timestamp) -> String {
    api::time::to_text(time).split('T').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use store::memory::MemoryStore;

    use super::*;

    /// The only time there is.
    struct Standing(std::sync::Mutex<Timestamp>);

    #[async_trait]
    impl Clock for Standing {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }

        async fn sleep_until(&self, _: Timestamp) {}
    }

    fn names(folder: &Path) -> Vec<String> {
        let files = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn definition() -> OldestEnd {
        let key = types::Key::new(types::PartitionId::FIRST, 1).into();
        OldestEnd {
            definition: key,
            tenant: types::TenantId::default(),
            bpmn_process_id: "order".into(),
            ended_at: None,
        }
    }

    async fn open(folder: &Path, clock: &Arc<Standing>) -> HistoryFolder {
        let store = Arc::new(MemoryStore::new());
        HistoryFolder::open(folder.to_owned(), store, Arc::clone(clock) as _).unwrap()
    }

    #[tokio::test]
    async fn a_file_is_begun_each_day_each_start_and_when_one_is_full() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made");
        let clock = Arc::new(Standing(Timestamp::from_millis(1_767_225_600_000).into()));
        let mut history = open(&path, &clock).await;
        assert!(names(&path).is_empty(), "a file comes with its first line");
        history.take(&definition(), &[]).await.unwrap();
        history.take(&definition(), &[]).await.unwrap();
        assert_eq!(names(&path), ["history-2026-01-01-001.ndjson"]);
        history.file_bytes = 0;
        history.take(&definition(), &[]).await.unwrap();
        let history = open(&path, &clock).await;
        history.take(&definition(), &[]).await.unwrap();
        let later = *clock.0.lock().unwrap() + Duration::from_secs(86_400);
        *clock.0.lock().unwrap() = later;
        history.take(&definition(), &[]).await.unwrap();
        let numbers = ["01-001", "01-002", "01-003", "02-001"];
        assert_eq!(names(&path), numbers.map(|number| format!("history-2026-01-{number}.ndjson")));
    }

    #[tokio::test]
    async fn a_history_that_breaks_off_leaves_no_torn_line() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Standing(Timestamp::from_millis(0).into()));
        let history = open(folder.path(), &clock).await;
        let mut open = history.file(None).await.unwrap();
        open.file.write_all(b"{\"whole\":1}\n").await.unwrap();
        open.bytes = 12;
        open.file.write_all(b"{\"torn\"").await.unwrap();
        open.cut().await.unwrap();
        open.file.write_all(b"{\"next\":1}\n").await.unwrap();
        open.file.flush().await.unwrap();
        assert_eq!(std::fs::read_to_string(&open.path).unwrap(), "{\"whole\":1}\n{\"next\":1}\n");
    }

    #[test]
    fn a_folder_that_cannot_be_written_to_is_found_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "text").unwrap();
        let clock = Arc::new(Standing(Timestamp::from_millis(0).into()));
        let store = Arc::new(MemoryStore::new());
        assert!(HistoryFolder::open(file.join("below"), store, clock).is_err());
    }
}
