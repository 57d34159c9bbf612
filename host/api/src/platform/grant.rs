//! What components are granted, as the API shows it.

use serde::{Deserialize, Serialize};
use types::{Actor, Timestamp};

/// A change of what a component is granted.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GrantChangeView {
    /// Its number.
    pub revision: i64,
    /// What was granted before; nothing when nothing ever was.
    pub from: Option<serde_json::Value>,
    /// What is granted since.
    pub to: Option<serde_json::Value>,
    /// Why.
    pub reason: String,
    /// When it was done.
    #[serde(serialize_with = "crate::time::serialize", deserialize_with = "crate::time::deserialize")]
    pub changed_at: Timestamp,
    /// Who did it.
    pub changed_by: Actor,
}
