//! `fermata:host/checkpoint`: one value per job that survives a retry.

use crate::CheckpointError;
use crate::bindings::fermata::host::checkpoint::{Error, Host, Saved};
use crate::host::JobState;

impl Host for JobState {
    async fn get(&mut self) -> Result<Option<Saved>, Error> {
        let saved = self.attempt.services.checkpoint_get().await?;
        Ok(saved.map(|saved| Saved {
            value: saved.value,
            writer_version: saved.writer_version,
            attempt: saved.attempt,
        }))
    }

    async fn put(&mut self, value: Vec<u8>) -> Result<(), Error> {
        let bytes_max = self.attempt.policy.limits.checkpoint_bytes;
        if value.len() > bytes_max {
            return Err(Error::TooLarge(bytes_max as u64));
        }
        Ok(self.attempt.services.checkpoint_put(value).await?)
    }
}

impl From<CheckpointError> for Error {
    fn from(error: CheckpointError) -> Self {
        match error {
            CheckpointError::Superseded => Self::Superseded,
            CheckpointError::Unavailable(reason) => Self::Unavailable(reason),
        }
    }
}
