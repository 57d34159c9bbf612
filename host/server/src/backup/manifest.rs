//! What a backup says of itself.

use std::fs;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use types::Timestamp;

use super::empty_folder::EmptyFolder;

/// The form of backups that this release writes, and the newest that it reads.
pub(crate) const FORMAT: u32 = 1;

/// The kind of store that backups are of.
pub(crate) const STORE: &str = "sqlite";

const MANIFEST_FILE: &str = "manifest.json";

/// The name under which the manifest is written before it is whole.
const MANIFEST_PARTIAL: &str = "manifest.json.partial";

/// A manifest is some hundred bytes.
const MANIFEST_BYTES_MAX: u64 = 1 << 20;

/// What is in a backup.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    /// [`FORMAT`] of the release that wrote it.
    pub(crate) format: u32,
    /// The version of that release.
    pub(crate) fermata: String,
    /// The kind of store that the database is of: [`STORE`].
    pub(crate) store: String,
    /// The version of its schema.
    pub(crate) schema_version: i64,
    /// Everything acknowledged before this moment is in the backup.
    #[serde(serialize_with = "api::time::serialize", deserialize_with = "api::time::deserialize")]
    pub(crate) taken_at: Timestamp,
    /// The installation that it is of.
    pub(crate) installation_id: Option<String>,
    /// Secrets in the database; the key that opens them is not in the backup.
    pub(crate) secrets: u64,
    /// The files beside the manifest.
    pub(crate) files: Vec<File>,
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct File {
    /// Its name.
    pub(crate) name: String,
    /// Its length.
    pub(crate) bytes: u64,
    /// Its BLAKE3 digest in hexadecimal.
    pub(crate) blake3: String,
}

/// Why a folder cannot be taken for a backup.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// There is none, or making it was interrupted.
    #[error("{} is no backup: it has no {MANIFEST_FILE}, which is written last when a backup is made", folder.display())]
    NoBackup {
        /// The folder.
        folder: PathBuf,
    },
    /// The file cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: io::Error,
    },
    /// A newer release has made it.
    #[error("the backup has format {format}, this release knows formats up to {FORMAT}: use a newer fermata")]
    NewerFormat {
        /// The format found.
        format: u64,
    },
    /// A newer release has made it.
    #[error(
        "the backup has schema version {found}, this release knows versions up to {known}: use a newer fermata"
    )]
    NewerSchema {
        /// The version found.
        found: i64,
        /// The newest that this release knows.
        known: i64,
    },
    /// Its database is none that this release restores.
    #[error("the backup is of a store of the kind `{found}`, this release restores `{STORE}` only")]
    OtherStore {
        /// The kind found.
        found: String,
    },
    /// It does not name the file.
    #[error("the backup's manifest does not name {name}")]
    NoFile {
        /// The file.
        name: &'static str,
    },
}

impl Manifest {
    /// Reads the manifest of a backup that this release can restore.
    pub(crate) fn read(folder: &Path) -> Result<Self, ReadError> {
        let path = folder.join(MANIFEST_FILE);
        let unreadable = |source| ReadError::Unreadable { path: path.clone(), source };
        let file = match fs::File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(ReadError::NoBackup { folder: folder.to_owned() });
            }
            Err(error) => return Err(unreadable(error)),
        };
        let text = io::read_to_string(io::Read::take(file, MANIFEST_BYTES_MAX)).map_err(unreadable)?;
        let value: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| unreadable(error.into()))?;
        // Whatever else a newer format has, it has this.
        if let Some(format) = value["format"].as_u64().filter(|format| *format > FORMAT.into()) {
            return Err(ReadError::NewerFormat { format });
        }
        let manifest: Self = serde_json::from_value(value).map_err(|error| unreadable(error.into()))?;
        if manifest.store != STORE {
            return Err(ReadError::OtherStore { found: manifest.store });
        }
        let (found, known) = (manifest.schema_version, store::sqlite::SCHEMA_VERSION);
        if found > known {
            return Err(ReadError::NewerSchema { found, known });
        }
        Ok(manifest)
    }

    /// Writes the manifest, which makes the folder a backup. All of it is durable on return.
    pub(crate) fn write(&self, mut folder: EmptyFolder) -> io::Result<()> {
        let (file, partial) = folder.new_file(MANIFEST_PARTIAL)?;
        let mut file = BufWriter::new(file);
        serde_json::to_writer_pretty(&mut file, self)?;
        file.write_all(b"\n")?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        folder.move_in(partial, MANIFEST_FILE)?;
        folder.keep()
    }

    /// What is said of a file.
    pub(crate) fn file(&self, name: &'static str) -> Result<&File, ReadError> {
        self.files.iter().find(|file| file.name == name).ok_or(ReadError::NoFile { name })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest {
            format: FORMAT,
            fermata: "0.1.0".to_owned(),
            store: STORE.to_owned(),
            schema_version: 1,
            taken_at: Timestamp::from_millis(1_700_000_000_123),
            installation_id: Some("aa".to_owned()),
            secrets: 2,
            files: vec![File { name: "fermata.db".to_owned(), bytes: 7, blake3: "bb".to_owned() }],
        }
    }

    fn read_error(text: &str) -> anyhow::Result<String> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join(MANIFEST_FILE), text)?;
        let error = Manifest::read(folder.path()).map(drop).map_err(anyhow::Error::new);
        error.map_or_else(|error| Ok(format!("{error:#}")), |()| anyhow::bail!("`{text}` was read"))
    }

    #[test]
    fn a_manifest_comes_back_as_it_was() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        manifest().write(EmptyFolder::take(folder.path())?)?;
        let read = Manifest::read(folder.path())?;
        assert_eq!(serde_json::to_value(&read)?, serde_json::to_value(manifest())?);
        assert_eq!(read.file("fermata.db")?.bytes, 7);
        assert!(matches!(read.file("secret.key"), Err(ReadError::NoFile { .. })));
        Ok(())
    }

    #[test]
    fn what_is_no_manifest_of_this_release_is_refused() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        assert!(matches!(Manifest::read(folder.path()), Err(ReadError::NoBackup { .. })));
        assert!(read_error("{\"format\": 2, \"other\": true}")?.contains("use a newer fermata"));
        let newer = serde_json::to_string(&Manifest { schema_version: 1_000, ..manifest() })?;
        assert!(read_error(&newer)?.contains("schema version 1000"));
        let other = serde_json::to_string(&Manifest { store: "stone".to_owned(), ..manifest() })?;
        assert!(read_error(&other)?.contains("of the kind `stone`"));
        for text in ["", "{}", "[]", "{\"format\": 1}", "{\"format\":"] {
            assert!(read_error(text)?.contains("manifest.json cannot be read"), "{text}");
        }
        Ok(())
    }
}
