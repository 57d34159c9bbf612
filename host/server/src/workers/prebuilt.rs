//! Connectors that come with the host: files in a folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use manifest::{Kind, Manifest};
use sandbox::Digest;

/// Connectors in one folder.
const CONNECTORS_MAX: usize = 1_000;

/// A connector that comes with the host.
pub(crate) struct Prebuilt {
    /// Its file.
    pub(crate) path: PathBuf,
    /// What it says of itself.
    pub(crate) manifest: Manifest,
    /// The digest of its bytes.
    pub(crate) digest: Digest,
    /// Their number.
    pub(crate) size_bytes: u64,
}

/// Why a folder gives no connectors.
#[derive(Debug, thiserror::Error)]
#[error("the connectors in {} cannot be read", path.display())]
pub(crate) struct ReadError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

impl Prebuilt {
    /// The connectors in a folder, by file name. Workers are left out: teams upload their own.
    /// A file that is no connector is reported and left out.
    pub(crate) fn read_folder(folder: &Path, bytes_max: usize) -> Result<Vec<Self>, ReadError> {
        let failed = |source| ReadError { path: folder.to_owned(), source };
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|extension| extension == "wasm") {
                paths.push(path);
            }
        }
        paths.sort();
        if paths.len() > CONNECTORS_MAX {
            tracing::warn!(folder = %folder.display(), found = paths.len(), "only the first {CONNECTORS_MAX} files are read");
            paths.truncate(CONNECTORS_MAX);
        }
        let mut connectors: Vec<Self> = Vec::new();
        for path in paths {
            match Self::read_file(&path, bytes_max) {
                Ok(connector) if connector.manifest.kind != Kind::Connector => {
                    tracing::debug!(path = %path.display(), "not a connector");
                }
                Ok(connector) if connectors.iter().any(|other| other.is_same_version(&connector)) => {
                    tracing::warn!(path = %path.display(), "another file has the same name and version");
                }
                Ok(connector) => connectors.push(connector),
                Err(error) => tracing::warn!(path = %path.display(), "not a connector: {error}"),
            }
        }
        Ok(connectors)
    }

    fn read_file(path: &Path, bytes_max: usize) -> anyhow::Result<Self> {
        let size = fs::metadata(path)?.len();
        if size > bytes_max as u64 {
            anyhow::bail!("the file takes {size} bytes, the limit is {bytes_max}");
        }
        let bytes = fs::read(path)?;
        let manifest = manifest::read(&bytes)?
            .ok_or_else(|| anyhow::anyhow!("it carries no manifest; run `fermata worker pack`"))?;
        Ok(Self {
            path: path.to_owned(),
            manifest,
            digest: Digest::of(&bytes),
            size_bytes: bytes.len() as u64,
        })
    }

    fn is_same_version(&self, other: &Self) -> bool {
        (&self.manifest.name, &self.manifest.version) == (&other.manifest.name, &other.manifest.version)
    }
}
