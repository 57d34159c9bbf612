//! What stands beside an answer.

use serde::{Deserialize, Serialize};

/// Something in an answer that whoever asked may not expect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    /// What programs know it by, such as `SERVED_BY_OTHER`.
    pub code: String,
    /// What people read.
    pub message: String,
}
