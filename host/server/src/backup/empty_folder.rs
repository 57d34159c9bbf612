//! A folder to write into that holds nothing yet.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use store::{FolderLock, LOCK_FILE, private_file, private_folder};

/// A folder that was made or found empty. What this value has put into it goes again when it is dropped, unless it is kept;
/// what others have put there stays.
#[derive(Debug)]
pub(crate) struct EmptyFolder {
    path: PathBuf,
    /// The folder and those above it that were missing, outermost first.
    made: Vec<PathBuf>,
    entries: Vec<PathBuf>,
    lock: Option<FolderLock>,
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
    /// It cannot be locked.
    #[error(transparent)]
    Lock(#[from] store::Error),
}

impl EmptyFolder {
    /// Takes an empty folder, or makes one that only its owner can read.
    pub(crate) fn take(path: &Path) -> Result<Self, Error> {
        let unusable = |source| Error::Unusable { path: path.to_owned(), source };
        let mut folder =
            Self { path: path.to_owned(), made: Vec::new(), entries: Vec::new(), lock: None, is_kept: false };
        match fs::read_dir(path) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    return Err(Error::NotEmpty { path: path.to_owned() });
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => folder.make().map_err(unusable)?,
            Err(error) => return Err(unusable(error)),
        }
        Ok(folder)
    }

    /// Makes it this process's data folder, as a host does, until it is kept or dropped.
    pub(crate) fn lock(&mut self) -> Result<(), Error> {
        let unusable = |source| Error::Unusable { path: self.path.clone(), source };
        let lock = FolderLock::take(&self.path)?;
        // A host may have been here since it was found empty. From here on none is.
        for entry in fs::read_dir(&self.path).map_err(unusable)? {
            if entry.map_err(unusable)?.file_name() != LOCK_FILE {
                return Err(Error::NotEmpty { path: self.path.clone() });
            }
        }
        self.entries.push(self.path.join(LOCK_FILE));
        self.lock = Some(lock);
        Ok(())
    }

    /// Makes a file that only its owner can read.
    ///
    /// # Errors
    /// It exists, or cannot be made.
    pub(crate) fn new_file(&mut self, name: &str) -> io::Result<(fs::File, PathBuf)> {
        let path = self.path.join(name);
        let file = new_file(&path)?;
        self.entries.push(path.clone());
        Ok((file, path))
    }

    /// Makes a folder in it.
    ///
    /// # Errors
    /// It exists, or cannot be made.
    pub(crate) fn new_folder(&mut self, name: &str) -> io::Result<PathBuf> {
        let path = self.path.join(name);
        private_folder().create(&path)?;
        self.entries.push(path.clone());
        Ok(path)
    }

    /// Where an entry is going to be that others make for this value.
    ///
    /// # Errors
    /// It exists.
    pub(crate) fn entry(&mut self, name: &str) -> io::Result<PathBuf> {
        let path = self.path.join(name);
        match fs::symlink_metadata(&path) {
            Ok(_) => return Err(io::ErrorKind::AlreadyExists.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        self.entries.push(path.clone());
        Ok(path)
    }

    /// Moves a file to an entry of this name, which nothing has yet.
    ///
    /// # Errors
    /// The entry exists, or the file cannot be moved.
    pub(crate) fn move_in(&mut self, file: PathBuf, name: &str) -> io::Result<()> {
        let to = self.entry(name)?;
        Ok(tempfile::TempPath::try_from_path(file)?.persist_noclobber(to)?)
    }

    /// What is in it stays. The folder and its entries are durable on return.
    pub(crate) fn keep(mut self) -> io::Result<()> {
        sync(&self.path)?;
        for made in self.made.iter().rev() {
            sync(parent(made))?;
        }
        self.is_kept = true;
        Ok(())
    }

    fn make(&mut self) -> io::Result<()> {
        let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
        let missing: Vec<PathBuf> =
            self.path.ancestors().take_while(is_missing).map(Path::to_owned).collect();
        for folder in missing.into_iter().rev() {
            if folder == self.path {
                private_folder().create(&folder)?
            } else {
                fs::create_dir(&folder)?
            }
            self.made.push(folder);
        }
        Ok(())
    }
}

impl Drop for EmptyFolder {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        // What cannot be removed is no backup and no data folder, as long as its last file is missing. The lock's file came first
        // and goes last.
        for entry in self.entries.iter().rev() {
            let _ = if entry.is_dir() { fs::remove_dir_all(entry) } else { fs::remove_file(entry) };
        }
        // One with something in it stays.
        for folder in self.made.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Makes a file that only its owner can read: it holds all that instances know.
pub(crate) fn new_file(path: &Path) -> io::Result<fs::File> {
    private_file().write(true).create_new(true).open(path)
}

/// The folder that has an entry for this one.
fn parent(folder: &Path) -> &Path {
    folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes the entries of a folder durable.
fn sync(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs::File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Puts something of each kind into it.
    fn fill(folder: &mut EmptyFolder) -> anyhow::Result<()> {
        folder.new_file("file")?;
        fs::write(folder.new_folder("folder")?.join("file"), "x")?;
        fs::write(folder.entry("other")?, "x")?;
        let (_, partial) = folder.new_file("partial")?;
        Ok(folder.move_in(partial, "whole")?)
    }

    #[test]
    fn what_was_not_kept_is_gone() -> anyhow::Result<()> {
        let outer = tempfile::tempdir()?;
        let (made, found) = (outer.path().join("a/made"), outer.path().join("found"));
        fs::create_dir(&found)?;
        for (path, is_there_after) in [(&made, false), (&found, true)] {
            let mut folder = EmptyFolder::take(path)?;
            folder.lock()?;
            fill(&mut folder)?;
            assert!(!path.join("partial").exists() && path.join("whole").exists());
            drop(folder);
            assert_eq!(path.exists(), is_there_after);
        }
        assert!(!outer.path().join("a").exists());
        assert_eq!(fs::read_dir(&found)?.count(), 0);

        let mut folder = EmptyFolder::take(&made)?;
        fill(&mut folder)?;
        folder.keep()?;
        assert!(made.join("file").exists() && made.join("folder/file").exists());
        assert!(matches!(EmptyFolder::take(&made), Err(Error::NotEmpty { .. })));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&made)?.permissions().mode() & 0o777, 0o700);
            assert_eq!(fs::metadata(made.join("file"))?.permissions().mode() & 0o777, 0o600);
        }
        assert!(matches!(EmptyFolder::take(&made.join("file")), Err(Error::Unusable { .. })));
        Ok(())
    }

    #[test]
    fn what_others_have_put_there_stays() -> anyhow::Result<()> {
        let outer = tempfile::tempdir()?;
        let path = outer.path().join("made");
        // Two that found it empty.
        let mut first = EmptyFolder::take(&path)?;
        fs::remove_dir(&path)?;
        let mut second = EmptyFolder::take(&path)?;
        first.new_file("file")?;
        assert!(second.new_file("file").is_err());
        assert!(second.new_folder("file").is_err() && second.entry("file").is_err());
        let (_, partial) = second.new_file("partial")?;
        assert!(second.move_in(partial, "file").is_err());
        drop(second);
        assert!(path.join("file").exists());
        drop(first);
        assert!(!path.exists());
        Ok(())
    }

    #[test]
    fn a_locked_folder_is_no_hosts() -> anyhow::Result<()> {
        let outer = tempfile::tempdir()?;
        let path = outer.path().join("data");
        let is_locked = || matches!(FolderLock::take(&path), Err(store::Error::Locked { .. }));
        let mut folder = EmptyFolder::take(&path)?;
        folder.lock()?;
        assert!(is_locked());
        folder.keep()?;
        assert!(!is_locked());

        fs::remove_file(path.join(LOCK_FILE))?;
        let mut folder = EmptyFolder::take(&path)?;
        let host = FolderLock::take(&path)?;
        assert!(matches!(folder.lock(), Err(Error::Lock(store::Error::Locked { .. }))));
        // A host that has ended meanwhile has left its data.
        fs::write(path.join("fermata.db"), "x")?;
        drop(host);
        assert!(matches!(folder.lock(), Err(Error::NotEmpty { .. })));
        drop(folder);
        assert!(path.join("fermata.db").exists());
        Ok(())
    }

    #[test]
    fn a_folder_without_a_parent_is_one_of_the_present_folder() {
        assert_eq!(parent(Path::new("data")), Path::new("."));
        assert_eq!(parent(Path::new("a/data")), Path::new("a"));
        assert_eq!(parent(Path::new("/data")), Path::new("/"));
    }
}
