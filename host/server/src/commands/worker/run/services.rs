//! What the sandbox asks of the host while a job runs, answered by this machine.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use async_trait::async_trait;
use sandbox::{Checkpoint, CheckpointError, LogLine, SecretString, Services, Unavailable};

use super::job::NamesByToken;

/// Takes each record of the log.
pub(super) type Listener = Box<dyn Fn(LogLine) + Send + Sync>;

/// The checkpoint that every run begins with.
#[derive(Clone)]
pub(super) struct Kept {
    path: Option<PathBuf>,
    value: Option<Arc<[u8]>>,
}

impl Kept {
    /// Reads the file, when there is one.
    pub(super) fn open(path: Option<PathBuf>) -> anyhow::Result<Self> {
        let value = match &path {
            None => None,
            Some(path) => match fs::read(path) {
                Ok(value) => Some(value.into()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => {
                    return Err(error).with_context(|| format!("failed to read {}", path.display()));
                }
            },
        };
        Ok(Self { path, value })
    }
}

/// Serves one run.
pub(super) struct LocalServices {
    kept: Kept,
    stored: Mutex<Option<Vec<u8>>>,
    version: String,
    attempt: u32,
    secrets: BTreeMap<String, SecretString>,
    model: Arc<NamesByToken>,
    listener: Option<Listener>,
}

impl LocalServices {
    pub(super) fn new(
        kept: Kept,
        version: String,
        attempt: u32,
        secrets: BTreeMap<String, SecretString>,
        model: Arc<NamesByToken>,
        listener: Option<Listener>,
    ) -> Self {
        Self { kept, stored: Mutex::default(), version, attempt, secrets, model, listener }
    }

    /// Writes what the job has stored to the file that was named for it.
    pub(super) fn keep(&self) -> anyhow::Result<()> {
        let (Some(path), Some(value)) = (&self.kept.path, self.stored()) else { return Ok(()) };
        fs::write(path, value).with_context(|| format!("failed to write {}", path.display()))
    }

    fn stored(&self) -> Option<Vec<u8>> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Services for LocalServices {
    async fn checkpoint_get(&self) -> Result<Option<Checkpoint>, CheckpointError> {
        let writer_version = self.version.clone();
        if let Some(value) = self.stored() {
            return Ok(Some(Checkpoint { value, writer_version, attempt: self.attempt }));
        }
        // Who has written the file is not in it: an earlier attempt of the same version is the likely answer.
        let attempt = self.attempt.saturating_sub(1).max(1);
        Ok(self.kept.value.as_ref().map(|value| Checkpoint {
            value: value.to_vec(),
            writer_version,
            attempt,
        }))
    }

    async fn checkpoint_put(&self, value: Vec<u8>) -> Result<(), CheckpointError> {
        *self.stored.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
        Ok(())
    }

    async fn secret(&self, name: &str) -> Result<Option<SecretString>, Unavailable> {
        if let Some(value) = self.secrets.get(name) {
            return Ok(Some(value.clone()));
        }
        Ok(std::env::var(name).ok().map(SecretString::new))
    }

    fn model_secret(&self, token: &str) -> Option<String> {
        self.model.get(token).cloned()
    }

    fn log(&self, line: LogLine) {
        if let Some(listener) = &self.listener {
            listener(line);
        }
    }
}
