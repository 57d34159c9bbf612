//! Secrets that the operator granted to this component, by name.

use crate::host;

/// Why a secret was not handed out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operator has not granted this use of the secret; the text names the missing grant.
    #[error("{0}")]
    NotGranted(String),
    /// It is granted but has no value; the text names what to set.
    #[error("{0}")]
    NotSet(String),
}

/// A token that stands for the secret in the headers of outgoing requests.
///
/// The host puts the secret in its place: only towards hosts that the operator bound to the secret, and only in the
/// headers of that grant, which is `authorization` unless it names others.
pub fn placeholder(name: &str) -> Result<String, Error> {
    host::secret_placeholder(name)
}

/// The secret itself, for uses that a header cannot serve, such as signing. Needs a grant of its own.
pub fn reveal(name: &str) -> Result<String, Error> {
    host::secret_reveal(name)
}
