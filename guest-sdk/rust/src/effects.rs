//! Calls to the outside that must not happen twice, recorded before they leave and after they are answered.

use crate::host;

/// What is known about a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It was never made. Send this key to the vendor.
    Fresh(String),
    /// It was begun under this key and no answer was recorded: repeat it with the key, or ask the vendor.
    Unknown(String),
    /// It was answered with these bytes; do not call again.
    Answered(Vec<u8>),
}

/// Why an intent or an answer was not recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The host does not record effects; the text says what to do instead.
    #[error("{0}")]
    NotOffered(String),
    /// The call was begun before with another digest: it is not the same call.
    #[error("the call was begun before with another content")]
    DigestDiffers,
    /// The call was not begun in this job.
    #[error("the call was not begun in this job")]
    NotBegun,
    /// A later attempt of this job has started; this one no longer counts.
    #[error("the effect is refused: a later attempt of this job has started")]
    Superseded,
    /// The answer is too large.
    #[error("the answer has more than {bytes_max} bytes")]
    TooLarge {
        /// What the host records.
        bytes_max: u64,
    },
    /// The store did not answer.
    #[error("the effect store did not answer: {0}")]
    Unavailable(String),
}

impl Error {
    /// Whether a retry would meet the same error.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::NotOffered(_) | Self::DigestDiffers | Self::NotBegun | Self::TooLarge { .. } => true,
            Self::Superseded | Self::Unavailable(_) => false,
        }
    }
}

/// Records the intent to make the call `name`, which is unique within the job.
///
/// `digest` identifies the call's content, so that a changed call under an old name is noticed.
pub fn begin(name: &str, digest: &[u8]) -> Result<Begun, Error> {
    host::effect_begin(name, digest)
}

/// Records the answer to the call `name`.
pub fn finish(name: &str, answer: &[u8]) -> Result<(), Error> {
    host::effect_finish(name, answer)
}
