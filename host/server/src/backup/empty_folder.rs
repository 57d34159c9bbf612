//! A folder to write into that holds nothing yet.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A folder that was made or found empty. What was written into it goes again when it is dropped, unless it is kept.
#[derive(Debug)]
pub(crate) struct EmptyFolder {
    path: PathBuf,
    was_made: bool,
    is_kept: bool,
}

/// Why a folder is not written into.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Something is in it.
    #[error("{} is not empty: name a folder that is empty or does not exist", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// It cannot be made or read.
    #[error("{} cannot be used", path.display())]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

impl EmptyFolder {
    /// Takes an empty folder, or makes one that only its owner can read.
    pub(crate) fn take(path: &Path) -> Result<Self, Error> {
        let unusable = |source| Error::Unusable { path: path.to_owned(), source };
        let was_made = match fs::read_dir(path) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    return Err(Error::NotEmpty { path: path.to_owned() });
                }
                false
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make(path).map_err(unusable)?;
                true
            }
            Err(error) => return Err(unusable(error)),
        };
        Ok(Self { path: path.to_owned(), was_made, is_kept: false })
    }

    /// What is in it stays. The folder and its entries are durable on return.
    pub(crate) fn keep(mut self) -> io::Result<()> {
        sync(&self.path)?;
        if let Some(parent) = self.path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            sync(parent)?;
        }
        self.is_kept = true;
        Ok(())
    }
}

impl Drop for EmptyFolder {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        // What cannot be removed is no backup and no data folder, as long as its last file is missing.
        if self.was_made {
            let _ = fs::remove_dir_all(&self.path);
            return;
        }
        for entry in fs::read_dir(&self.path).into_iter().flatten().flatten() {
            let path = entry.path();
            let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        }
    }
}

fn make(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes the entries of a folder durable.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs::File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_kept_is_gone() -> anyhow::Result<()> {
        let outer = tempfile::tempdir()?;
        let (made, found) = (outer.path().join("a/made"), outer.path().join("found"));
        fs::create_dir(&found)?;
        for (path, is_there_after) in [(&made, false), (&found, true)] {
            let folder = EmptyFolder::take(path)?;
            fs::write(path.join("file"), "x")?;
            fs::create_dir(path.join("folder"))?;
            drop(folder);
            assert_eq!(path.exists(), is_there_after);
        }
        assert_eq!(fs::read_dir(&found)?.count(), 0);

        let folder = EmptyFolder::take(&made)?;
        fs::write(made.join("file"), "x")?;
        folder.keep()?;
        assert!(made.join("file").exists());
        assert!(matches!(EmptyFolder::take(&made), Err(Error::NotEmpty { .. })));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&made)?.permissions().mode() & 0o777, 0o700);
        }
        assert!(matches!(EmptyFolder::take(&made.join("file")), Err(Error::Unusable { .. })));
        Ok(())
    }
}
