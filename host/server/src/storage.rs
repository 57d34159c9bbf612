//! Where a host keeps its state: in its data folder, or in a PostgreSQL database.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use store::postgres::{self, PostgresStore};
use store::sqlite::{self, SqliteStore};
use store::{Error, FolderLock, Store, private_file};

/// Names this host among those that share a database.
const NODE_FILE: &str = "node-id";

/// An open store. The folder is this process's as long as it is held.
pub(crate) struct Storage {
    pub(crate) store: Arc<dyn Store>,
    _folder: Option<FolderLock>,
}

impl Storage {
    /// Opens the database at `database_url`, or else the one in the data folder.
    ///
    /// On PostgreSQL the folder keeps what is this host's alone: compiled components, the key of the secrets if it has no
    /// other, and the name by which a host that was killed takes up its work at once.
    ///
    /// # Errors
    /// What the store says, or [`Error::Unavailable`] when the folder is of no use.
    pub(crate) async fn open(folder: &Path, database_url: Option<&str>) -> Result<Self, Error> {
        let Some(url) = database_url else {
            let store = SqliteStore::open(folder, sqlite::Options::default()).await?;
            return Ok(Self { store: Arc::new(store), _folder: None });
        };
        let lock = FolderLock::take(folder)?;
        let node = node_id(folder).map_err(|error| Error::Unavailable(Box::new(error)))?;
        let options = postgres::Options { node: Some(node), ..postgres::Options::default() };
        let store = PostgresStore::connect(url, options).await?;
        Ok(Self { store: Arc::new(store), _folder: Some(lock) })
    }
}

fn node_id(folder: &Path) -> io::Result<String> {
    let path = folder.join(NODE_FILE);
    match std::fs::read_to_string(&path) {
        Ok(id) if !id.trim().is_empty() => Ok(id.trim().to_owned()),
        Ok(_) => new_node_id(&path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => new_node_id(&path),
        Err(error) => Err(error),
    }
}

fn new_node_id(path: &Path) -> io::Result<String> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    let id = format!("node-{:016x}", u64::from_le_bytes(random));
    private_file().create(true).truncate(true).write(true).open(path)?.write_all(id.as_bytes())?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_keeps_its_name() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let name = node_id(folder.path())?;
        assert_eq!(node_id(folder.path())?, name);
        let other = tempfile::tempdir()?;
        assert_ne!(node_id(other.path())?, name);
        Ok(())
    }
}
