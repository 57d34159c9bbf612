//! Answers that no honest worker gives.

use fermata_sdk::{BpmnError, Failure, JobError};
use serde_json::{Map, Value};

/// Deeper than any variable may be.
const LEVELS: u64 = 100_000;

/// More variables than a process may hold.
const VARIABLES: u64 = 100_000;

/// More than a name, a code or a message may have, in bytes.
const TEXT_BYTES: u64 = 1024 * 1024;

pub(super) fn deep(levels: Option<u64>) -> String {
    let levels = size(levels, LEVELS);
    format!(r#"{{"deep":{}1{}}}"#, "[".repeat(levels), "]".repeat(levels))
}

pub(super) fn many(count: Option<u64>) -> String {
    let variables: Map<_, _> =
        (0..count.unwrap_or(VARIABLES)).map(|number| (format!("v{number}"), Value::from(number))).collect();
    Value::Object(variables).to_string()
}

pub(super) fn long_name(bytes: Option<u64>) -> String {
    format!(r#"{{"{}":1}}"#, "n".repeat(size(bytes, TEXT_BYTES)))
}

pub(super) fn giant_code(bytes: Option<u64>) -> JobError {
    BpmnError::new("C".repeat(size(bytes, TEXT_BYTES)), "a code without end").into()
}

pub(super) fn giant_message(bytes: Option<u64>) -> JobError {
    Failure::new("m".repeat(size(bytes, TEXT_BYTES))).into()
}

fn size(asked: Option<u64>, default: u64) -> usize {
    usize::try_from(asked.unwrap_or(default)).unwrap_or(usize::MAX)
}
