//! One value per job that survives a retry.
//!
//! ```no_run
//! # use fermata_sdk::{checkpoint, JobError};
//! # fn charge() -> Result<String, JobError> { Ok(String::new()) }
//! # fn ship(_: &str) -> Result<(), JobError> { Ok(()) }
//! # fn main() -> Result<(), JobError> {
//! let charge_id = match checkpoint::get::<String>()? {
//!     Some(charge_id) => charge_id,
//!     None => {
//!         let charge_id = charge()?;
//!         checkpoint::put(&charge_id)?;
//!         charge_id
//!     }
//! };
//! ship(&charge_id)?;
//! # Ok(()) }
//! ```

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::host;

/// A value as it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved<T> {
    /// The value.
    pub value: T,
    /// The version of the component that wrote it.
    pub writer_version: String,
    /// The attempt that wrote it.
    pub attempt: u32,
}

/// Why a value was not stored or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A later attempt of this job has started; this one no longer counts.
    #[error("the checkpoint is refused: a later attempt of this job has started")]
    Superseded,
    /// The value is too large.
    #[error("the checkpoint has more than {bytes_max} bytes")]
    TooLarge {
        /// What the host stores.
        bytes_max: u64,
    },
    /// The store did not answer.
    #[error("the checkpoint store did not answer: {0}")]
    Unavailable(String),
    /// The value cannot be written as JSON, or what is stored is no such value.
    #[error("the checkpoint does not fit: {0}")]
    Json(String),
}

/// The value stored last for this job, by any attempt.
pub fn get<T: DeserializeOwned>() -> Result<Option<T>, Error> {
    Ok(saved()?.map(|saved| saved.value))
}

/// The value stored last for this job, with its writer: another version may read an older one's value.
pub fn saved<T: DeserializeOwned>() -> Result<Option<Saved<T>>, Error> {
    let Some(saved) = host::checkpoint_get()? else { return Ok(None) };
    let value = serde_json::from_slice(&saved.value).map_err(|error| {
        Error::Json(format!("version {} stored another kind of value: {error}", saved.writer_version))
    })?;
    Ok(Some(Saved { value, writer_version: saved.writer_version, attempt: saved.attempt }))
}

/// Stores a value in place of the previous one. It is durable when the function returns.
pub fn put<T: Serialize + ?Sized>(value: &T) -> Result<(), Error> {
    let json = serde_json::to_vec(value).map_err(|error| Error::Json(error.to_string()))?;
    host::checkpoint_put(&json)
}

impl Error {
    /// Whether a retry would meet the same error.
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::TooLarge { .. } | Self::Json(_))
    }
}
