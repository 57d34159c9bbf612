//! Random numbers that come again when their seed does.

use std::time::Duration;

/// Random numbers for one purpose.
#[derive(Clone, Debug)]
pub(crate) struct Random(fastrand::Rng);

impl Random {
    /// The same numbers for the same seed and purpose.
    pub(crate) fn new(seed: u64, purpose: &str) -> Self {
        // FNV-1a: scenarios must not all make the same moves.
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let seed = purpose.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, mix);
        Self(fastrand::Rng::with_seed(seed))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0.u64(..)
    }

    /// A number from `from` to `to`, without that.
    pub(crate) fn between(&mut self, from: u64, to: u64) -> u64 {
        self.0.u64(from..to)
    }

    /// A time from `from` to `to` milliseconds.
    pub(crate) fn millis(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_micros(self.between(from * 1_000, to * 1_000))
    }

    /// True in so many of a hundred cases.
    pub(crate) fn per_cent(&mut self, share: u64) -> bool {
        self.between(0, 100) < share
    }
}
