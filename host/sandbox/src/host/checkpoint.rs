//! `fermata:host/checkpoint`: one value per job that survives a retry.

use std::sync::atomic::Ordering;

use crate::CheckpointError;
use crate::bindings::host::fermata::host::checkpoint::{Error, Host, Saved};
use crate::host::JobState;
use crate::limits::Limit;

/// Ends a job that goes on storing checkpoints.
#[derive(Debug, thiserror::Error)]
#[error("the component has stored {0} checkpoints in one attempt, its limit")]
pub(crate) struct TooManyCheckpoints(usize);

/// Ends a job that would keep a secret: checkpoints are stored as they are.
#[derive(Debug, thiserror::Error)]
#[error(
    "the checkpoint holds the value of secret `{0}`: secrets are sent to their hosts and kept nowhere else"
)]
pub(crate) struct SecretInCheckpoint(String);

impl Host for JobState {
    async fn get(&mut self) -> Result<Option<Saved>, Error> {
        let saved = self.attempt.services.checkpoint_get().await?;
        Ok(saved.map(|saved| Saved {
            value: saved.value,
            writer_version: saved.writer_version,
            attempt: saved.attempt,
        }))
    }

    async fn put(&mut self, value: Vec<u8>) -> wasmtime::Result<Result<(), Error>> {
        let attempt = &self.attempt;
        let (bytes_max, count_max) =
            (attempt.policy.limits.checkpoint_bytes, attempt.policy.limits.checkpoints);
        if value.len() > bytes_max {
            attempt.tells_of(Limit::CheckpointBytes);
            return Ok(Err(Error::TooLarge(bytes_max as u64)));
        }
        // The SDKs store JSON.
        let vault = &attempt.vault;
        if let Some(name) = vault.secret_in(&value).or_else(|| vault.secret_in_json(&value)) {
            return Err(SecretInCheckpoint(name).into());
        }
        // The interface has no case for too many of them.
        if attempt.checkpoints.fetch_add(1, Ordering::Relaxed) >= count_max {
            return Err(TooManyCheckpoints(count_max).into());
        }
        Ok(attempt.services.checkpoint_put(value).await.map_err(Into::into))
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
