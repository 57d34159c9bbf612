//! Attacks on what the host offers.

use std::time::Duration;

use fermata_sdk::{checkpoint, log, secrets, time};

/// More records than a job may write.
const LOG_RECORDS: u64 = 1_000_000;

/// More than a record may hold, in bytes.
const LOG_RECORD_BYTES: u64 = 8 * 1024 * 1024;

/// More than a checkpoint may hold, in bytes.
const CHECKPOINT_BYTES: u64 = 64 * 1024 * 1024;

/// Longer than an attempt may take, in milliseconds.
const SLEEP_MS: u64 = 24 * 60 * 60 * 1000;

pub(super) fn log_flood(records: Option<u64>) -> u64 {
    let records = records.unwrap_or(LOG_RECORDS);
    for record in 0..records {
        log::info!("noise {record}"; record = record);
    }
    records
}

pub(super) fn log_giant(bytes: Option<u64>) -> u64 {
    let bytes = bytes.unwrap_or(LOG_RECORD_BYTES);
    log::info!("{}", text(bytes));
    bytes
}

/// Waits in the host without using CPU time.
pub(super) fn sleep(milliseconds: Option<u64>) -> u64 {
    let milliseconds = milliseconds.unwrap_or(SLEEP_MS);
    time::sleep(Duration::from_millis(milliseconds));
    milliseconds
}

pub(super) fn checkpoint_giant(bytes: Option<u64>) -> Result<u64, checkpoint::Error> {
    let bytes = bytes.unwrap_or(CHECKPOINT_BYTES);
    checkpoint::put(&text(bytes))?;
    Ok(bytes)
}

pub(super) fn secret_placeholder(name: &str) -> Result<String, secrets::Error> {
    secrets::placeholder(name)
}

pub(super) fn secret_reveal(name: &str) -> Result<String, secrets::Error> {
    secrets::reveal(name)
}

fn text(bytes: u64) -> String {
    "x".repeat(usize::try_from(bytes).unwrap_or(usize::MAX))
}
