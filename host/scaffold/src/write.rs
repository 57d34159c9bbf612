//! Writing into a new folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::{Error, File, Language, Name, wit_files, worker_files};

/// Writes a new worker into a folder; gives what was written.
///
/// # Errors
/// The language is not offered, the folder holds something, or it cannot be written. Nothing is left behind then.
pub fn worker(language: Language, name: &Name, folder: &Path) -> Result<Vec<File>, Error> {
    let files = worker_files(language, name)?;
    write(folder, &files)?;
    Ok(files)
}

/// Writes the WIT packages into a folder; gives what was written.
///
/// # Errors
/// The folder holds something, or it cannot be written. Nothing is left behind then.
pub fn wit(folder: &Path) -> Result<Vec<File>, Error> {
    let files = wit_files();
    write(folder, &files)?;
    Ok(files)
}

fn write(folder: &Path, files: &[File]) -> Result<(), Error> {
    let mut made = Made::default();
    match fs::read_dir(folder) {
        Ok(mut entries) => {
            if entries.next().is_some() {
                return Err(Error::NotEmpty { folder: folder.to_owned() });
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => made.folder(folder)?,
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(Error::NotAFolder { folder: folder.to_owned() });
        }
        Err(source) => return Err(Error::Unwritable { path: folder.to_owned(), source }),
    }
    for file in files {
        let path = folder.join(&file.path);
        made.folder(path.parent().unwrap_or(folder))?;
        made.file(path, file)?;
    }
    made.is_kept = true;
    Ok(())
}

/// What has been made, which goes again unless it is kept.
#[derive(Default)]
struct Made {
    /// A folder before what is in it.
    paths: Vec<PathBuf>,
    is_kept: bool,
}

impl Made {
    /// Makes a folder and those above it, as far as they are missing.
    fn folder(&mut self, folder: &Path) -> Result<(), Error> {
        let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
        let missing: Vec<&Path> = folder.ancestors().take_while(is_missing).collect();
        for path in missing.into_iter().rev() {
            fs::create_dir(path).map_err(|source| Error::Unwritable { path: path.to_owned(), source })?;
            self.paths.push(path.to_owned());
        }
        Ok(())
    }

    fn file(&mut self, path: PathBuf, file: &File) -> Result<(), Error> {
        let unwritable = |source| Error::Unwritable { path: path.clone(), source };
        // Never over what somebody else has put there meanwhile.
        let mut open = fs::File::create_new(&path).map_err(unwritable)?;
        self.paths.push(path.clone());
        io::Write::write_all(&mut open, &file.content).map_err(unwritable)?;
        #[cfg(unix)]
        if file.is_executable() {
            use std::os::unix::fs::PermissionsExt as _;
            let mut permissions = open.metadata().map_err(unwritable)?.permissions();
            permissions.set_mode(permissions.mode() | (permissions.mode() & 0o444) >> 2);
            open.set_permissions(permissions).map_err(unwritable)?;
        }
        Ok(())
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        // As far as that works: a folder in which others have put something stays.
        for path in self.paths.iter().rev() {
            let _ = if path.is_dir() { fs::remove_dir(path) } else { fs::remove_file(path) };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn file(path: &str, content: &'static str) -> File {
        File { path: path.to_owned(), content: Cow::Borrowed(content.as_bytes()) }
    }

    #[test]
    fn files_are_written_into_folders_that_are_missing_or_empty() -> anyhow::Result<()> {
        let outer = tempfile::tempdir()?;
        let files = [file("a/b/one", "1"), file("a/two", "#!/bin/sh\n")];
        for folder in [outer.path().join("missing/one"), outer.path().join("empty")] {
            fs::create_dir_all(outer.path().join("empty"))?;
            write(&folder, &files)?;
            assert_eq!(fs::read_to_string(folder.join("a/b/one"))?, "1");
            assert_eq!(fs::read_to_string(folder.join("a/two"))?, "#!/bin/sh\n");
            #[cfg(unix)]
            for (path, expected) in [("a/b/one", false), ("a/two", true)] {
                use std::os::unix::fs::PermissionsExt as _;
                let mode = fs::metadata(folder.join(path))?.permissions().mode();
                assert_eq!(mode & 0o100 != 0, expected, "{path}");
            }
            assert!(matches!(write(&folder, &files), Err(Error::NotEmpty { .. })));
        }
        Ok(())
    }

    #[test]
    fn what_cannot_be_written_whole_leaves_nothing() -> anyhow::Result<()> {
        let outer = tempfile::tempdir()?;
        // The second file would have to be a folder.
        let files = [file("a/one", "1"), file("a/one/two", "2")];
        let (missing, empty) = (outer.path().join("missing/deep"), outer.path().join("empty"));
        fs::create_dir(&empty)?;
        for folder in [&missing, &empty] {
            assert!(matches!(write(folder, &files), Err(Error::Unwritable { .. })));
        }
        assert!(!outer.path().join("missing").exists());
        assert_eq!(fs::read_dir(&empty)?.count(), 0);

        fs::write(outer.path().join("file"), "")?;
        assert!(matches!(write(&outer.path().join("file"), &files), Err(Error::NotAFolder { .. })));
        Ok(())
    }
}
