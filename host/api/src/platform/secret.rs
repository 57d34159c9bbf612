//! Secrets as the API shows them.

use serde::{Deserialize, Serialize};
use types::{Actor, SharedStr, Timestamp};

/// A change of a secret. Its value is nowhere in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretChangeView {
    /// Its number.
    pub revision: i64,
    /// What was done.
    pub action: SecretAction,
    /// The version that was set, or removed.
    pub version: u32,
    /// Why.
    pub reason: String,
    /// When it was done.
    #[serde(serialize_with = "crate::time::serialize", deserialize_with = "crate::time::deserialize")]
    pub changed_at: Timestamp,
    /// Who did it.
    pub changed_by: Actor,
}

/// What was done to a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SecretAction {
    /// It got a value.
    Set,
    /// It was removed.
    Removed,
}

/// A secret as the API shows it: never its value.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretView {
    /// Its name.
    pub name: SharedStr,
    /// Grows with every change, from 1, and counts on when the secret was removed and comes back.
    pub version: u32,
    /// When it was last changed.
    #[serde(serialize_with = "crate::time::serialize", deserialize_with = "crate::time::deserialize")]
    pub changed_at: Timestamp,
    /// Who changed it.
    pub changed_by: Actor,
}
