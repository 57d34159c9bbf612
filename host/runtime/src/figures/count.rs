//! A number that only grows.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows. Adding to it waits for nobody.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// So many more.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// At least so many: of all that was given, the highest stays.
    pub fn at_least(&self, value: u64) {
        // Most values are not the highest, and reading costs nobody anything.
        if value > self.get() {
            self.0.fetch_max(value, Ordering::Relaxed);
        }
    }

    /// How many there were so far.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_stays() {
        let count = Count::default();
        [3, 9, 4].into_iter().for_each(|value| count.at_least(value));
        assert_eq!(count.get(), 9);
    }
}
