//! Settings that are not secret, such as a service's base URL.

use crate::host;

/// The settings cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the settings cannot be read: {0}")]
pub struct Error(pub String);

/// The value that the operator set for a key, or else the manifest's default.
pub fn get(key: &str) -> Result<Option<String>, Error> {
    host::config_get(key)
}

/// The value of a key, or `default` where there is none.
pub fn get_or(key: &str, default: &str) -> Result<String, Error> {
    Ok(get(key)?.unwrap_or_else(|| default.to_owned()))
}
