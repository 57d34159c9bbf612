//! Attacks on what the host offers.

use std::time::Duration;

use fermata_sdk::{checkpoint, log, time};

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

/// Stores so many checkpoints of a few bytes; one after the other for ever when nothing is asked for.
pub(super) fn checkpoint_flood(count: Option<u64>) -> Result<u64, checkpoint::Error> {
    let mut stored = 0;
    while count.is_none_or(|count| stored < count) {
        checkpoint::put(&stored)?;
        stored += 1;
    }
    Ok(stored)
}

/// Waits for no time at all, which gives the host its turn each time.
pub(super) fn spin_on_timers(rounds: Option<u64>) -> u64 {
    let mut round = 0;
    while rounds.is_none_or(|rounds| round < rounds) {
        time::sleep(Duration::ZERO);
        round += 1;
    }
    round
}

pub(super) fn log_text(text: &str) -> usize {
    log::info!("{text}");
    text.len()
}

pub(super) fn log_fields(count: Option<u64>) -> usize {
    let fields: Vec<_> =
        (0..count.unwrap_or(LOG_RECORDS)).map(|n| (format!("f{n}"), n.to_string())).collect();
    log::write(log::Level::Info, "a record of many fields", &fields);
    fields.len()
}

fn text(bytes: u64) -> String {
    "x".repeat(usize::try_from(bytes).unwrap_or(usize::MAX))
}
