//! A data folder belongs to one process at a time.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::Error;

/// The file in a data folder that is locked by the process that uses the folder, as long as it runs.
pub const LOCK_FILE: &str = "fermata.lock";

/// A data folder that is this process's until the value is dropped.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Creates the folder when there is none, and takes it for this process.
    ///
    /// # Errors
    /// - [`Error::Locked`]: another process uses the folder.
    /// - [`Error::Unavailable`]: the folder cannot be created or written.
    pub fn take(folder: &Path) -> Result<Self, Error> {
        let unavailable = |error: std::io::Error| Error::Unavailable(Box::new(error));
        let locked = || Error::Locked { path: folder.display().to_string() };
        std::fs::create_dir_all(folder).map_err(unavailable)?;
        let path = folder.join(LOCK_FILE);
        let file =
            File::options().create(true).truncate(false).write(true).open(&path).map_err(unavailable)?;
        match file.try_lock() {
            // Whoever gives up a new folder removes this file while it holds it: a lock on what was removed is none.
            Ok(()) if is_in_place(&file, &path) => Ok(Self { _file: file }),
            Ok(()) | Err(TryLockError::WouldBlock) => Err(locked()),
            Err(TryLockError::Error(error)) => Err(unavailable(error)),
        }
    }
}

/// Whether an open file is still the one at `path`.
#[cfg(unix)]
fn is_in_place(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;

    let id = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
    let ids = (file.metadata().map(id), std::fs::metadata(path).map(id));
    matches!(ids, (Ok(locked), Ok(found)) if locked == found)
}

/// Elsewhere a file that is open cannot be replaced.
#[cfg(not(unix))]
const fn is_in_place(_: &File, _: &Path) -> bool {
    true
}
