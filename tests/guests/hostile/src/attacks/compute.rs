//! Attacks on CPU, memory and stack.

use std::hint::black_box;
use std::time::Duration;

use fermata_sdk::time;

const MEBIBYTE: usize = 1024 * 1024;

/// Deeper than any stack.
const LEVELS: u64 = 100_000_000;

/// More than a job's result may have, in bytes.
const GIANT_BYTES: u64 = 5 * MEBIBYTE as u64;

/// Counts, for ever when nothing is asked for.
pub(super) fn endless_loop(rounds: Option<u64>) -> u64 {
    let mut round: u64 = 0;
    while rounds.is_none_or(|rounds| round < rounds) {
        round = black_box(round.wrapping_add(1));
    }
    round
}

/// Computes for a moment and sleeps, again and again: no slice is as long as the host lets a guest compute at once.
pub(super) fn loop_in_slices(slices: Option<u64>) -> u64 {
    /// Less than a few milliseconds of work.
    const ROUNDS: u64 = 2_000_000;
    let mut slice = 0;
    while slices.is_none_or(|slices| slice < slices) {
        endless_loop(Some(ROUNDS));
        time::sleep(Duration::from_millis(1));
        slice += 1;
    }
    slice
}

/// Takes so many bytes in one piece.
pub(super) fn memory_at_once(bytes: Option<u64>) -> u64 {
    let bytes = usize::try_from(bytes.unwrap_or(u64::from(u32::MAX))).unwrap_or(usize::MAX);
    black_box(vec![0x5a_u8; bytes]).len() as u64
}

/// Takes memory and writes to every page of it; all that a 32-bit program can address when nothing is asked for.
pub(super) fn memory_bomb(bytes: Option<u64>) -> u64 {
    let bytes = bytes.unwrap_or(u64::from(u32::MAX));
    let mut taken = Vec::new();
    while (taken.len() as u64) * (MEBIBYTE as u64) < bytes {
        taken.push(black_box(vec![0x5a_u8; MEBIBYTE]));
    }
    (black_box(taken).len() * MEBIBYTE) as u64
}

/// Goes down so many levels and comes up again.
pub(super) fn deep_recursion(levels: Option<u64>) -> u64 {
    descend(black_box(levels.unwrap_or(LEVELS)))
}

/// The work after the call is neither a tail call nor an accumulator, so no compiler makes it a loop.
#[inline(never)]
fn descend(level: u64) -> u64 {
    if level == 0 {
        return 1;
    }
    descend(level - 1).rotate_left(7) ^ level.wrapping_mul(level)
}

/// A text of so many bytes.
pub(super) fn giant_text(bytes: Option<u64>) -> String {
    "x".repeat(usize::try_from(bytes.unwrap_or(GIANT_BYTES)).unwrap_or(usize::MAX))
}
