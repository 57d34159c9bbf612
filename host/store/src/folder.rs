//! A data folder belongs to one process at a time.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
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
    /// Creates the folder when there is none, for its owner only, and takes it for this process.
    ///
    /// # Errors
    /// - [`Error::Locked`]: another process uses the folder.
    /// - [`Error::Unavailable`]: the folder cannot be created or written.
    pub fn take(folder: &Path) -> Result<Self, Error> {
        let unavailable = |error: std::io::Error| Error::Unavailable(Box::new(error));
        let locked = || Error::Locked { path: folder.display().to_string() };
        make_private_folder(folder).map_err(unavailable)?;
        let path = folder.join(LOCK_FILE);
        let file =
            private_file().create(true).truncate(false).write(true).open(&path).map_err(unavailable)?;
        match file.try_lock() {
            // Whoever gives up a new folder removes this file while it holds it: a lock on what was removed is none.
            Ok(()) if is_in_place(&file, &path) => Ok(Self { _file: file }),
            Ok(()) | Err(TryLockError::WouldBlock) => Err(locked()),
            Err(TryLockError::Error(error)) => Err(unavailable(error)),
        }
    }
}

/// Creates a folder that only its owner can enter, and those above it as the system does. One that is there stays as it is.
///
/// # Errors
/// It cannot be created, or something else is there.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        std::fs::create_dir_all(above)?;
    }
    match private_folder().create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        made => made,
    }
}

/// Creates folders that only their owner can enter.
pub fn private_folder() -> DirBuilder {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "there is no mode to set"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Options for files that only their owner can read, where they create them: what a host keeps is nobody else's.
pub fn private_file() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "there is no mode to set"))]
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
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

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::sqlite::{DATABASE_FILE, Options, SqliteStore};

    fn mode(path: &Path) -> io::Result<u32> {
        Ok(std::fs::metadata(path)?.permissions().mode() & 0o777)
    }

    #[tokio::test]
    async fn what_a_host_keeps_is_its_owners_alone() -> io::Result<()> {
        let outer = tempfile::tempdir()?;
        let folder = outer.path().join("above/data");
        let _store = SqliteStore::open(&folder, Options::default()).await.unwrap();
        assert_eq!(mode(&folder)?, 0o700);
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            assert_eq!(mode(&path)?, 0o600, "{}", path.display());
            names.push(path.file_name().unwrap_or_default().to_owned());
        }
        assert!(names.len() >= 3 && names.iter().any(|name| name == DATABASE_FILE), "{names:?}");
        Ok(())
    }

    #[tokio::test]
    async fn a_folder_that_is_there_stays_as_its_owner_has_it() -> io::Result<()> {
        let outer = tempfile::tempdir()?;
        let folder = outer.path().join("data");
        std::fs::create_dir(&folder)?;
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o750))?;
        let lock = FolderLock::take(&folder).unwrap();
        drop(lock);
        assert_eq!(mode(&folder)?, 0o750);
        Ok(())
    }
}
