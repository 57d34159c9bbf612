//! The full check of JSON that comes from outside.

use serde_json::value::RawValue;

use super::{JSON_DEPTH_MAX, JsonError, scan};

/// Checks that `text` is exactly one JSON value of at most [`JSON_DEPTH_MAX`] levels.
///
/// Whoever stores variables calls it once; evaluation then reads the text in place without checking it again.
pub fn check_json(text: &str) -> Result<(), JsonError> {
    serde_json::from_str::<&RawValue>(text)?;
    if scan::depth(text) > JSON_DEPTH_MAX {
        return Err(JsonError::TooDeep);
    }
    Ok(())
}
