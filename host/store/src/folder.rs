//! A data folder belongs to one process at a time.

use std::fs::{File, TryLockError};
use std::path::Path;

use crate::Error;

/// Locked by the host that uses the data folder, as long as it runs.
const LOCK_FILE: &str = "fermata.lock";

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
        std::fs::create_dir_all(folder).map_err(unavailable)?;
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join(LOCK_FILE))
            .map_err(unavailable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::Locked { path: folder.display().to_string() }),
            Err(TryLockError::Error(error)) => Err(unavailable(error)),
        }
    }
}
