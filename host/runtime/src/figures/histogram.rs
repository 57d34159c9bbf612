//! How long things take.

use std::time::Duration;

use super::Count;

/// Bounds in one power of ten: each is about a quarter more than the one before.
const STEPS: [u64; 10] = [1_000, 1_250, 1_600, 2_000, 2_500, 3_150, 4_000, 5_000, 6_300, 8_000];
/// Powers of ten, from 10 µs to 1,000 s.
const DECADES: usize = 8;
/// Bounds of all of them.
const BOUNDS: usize = STEPS.len() * DECADES;

/// The longest time of each part, in nanoseconds.
const BOUNDS_NS: [u64; BOUNDS] = {
    let mut bounds = [0; BOUNDS];
    let (mut index, mut decade_ns) = (0, 10);
    while index < BOUNDS {
        bounds[index] = STEPS[index % STEPS.len()] * decade_ns;
        index += 1;
        if index.is_multiple_of(STEPS.len()) {
            decade_ns *= 10;
        }
    }
    bounds
};

/// Counts how long things take, in parts each of which is about a quarter longer than the one before.
///
/// It takes the same memory however many there are, and recording waits for nobody.
#[derive(Debug)]
pub struct Histogram {
    /// How many there were in each part; those that took longer than the last bound come last.
    counts: [Count; BOUNDS + 1],
    sum_ns: Count,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: std::array::from_fn(|_| Count::default()), sum_ns: Count::default() }
    }
}

impl Histogram {
    /// Something has taken so long.
    pub fn record(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let part = BOUNDS_NS.partition_point(|bound| *bound < nanos);
        if let Some(count) = self.counts.get(part) {
            count.add(1);
        }
        self.sum_ns.add(nanos);
    }

    /// What was recorded so far.
    pub fn so_far(&self) -> Distribution {
        let counts: Vec<u64> = self.counts.iter().map(Count::get).collect();
        Distribution { counts, sum: Duration::from_nanos(self.sum_ns.get()) }
    }
}

/// How long things have taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    /// By part; empty when nothing was recorded.
    counts: Vec<u64>,
    sum: Duration,
}

impl Distribution {
    /// How many there were.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// How long all of them took together.
    pub fn sum(&self) -> Duration {
        self.sum
    }

    /// How many took at most so long. Exact for 1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3 and 8 times a power of ten.
    pub fn up_to(&self, bound: Duration) -> u64 {
        let parts = BOUNDS_NS.partition_point(|own| u128::from(*own) <= bound.as_nanos());
        self.counts.iter().take(parts).sum()
    }

    /// The time within which this part of them, from 0 to 1, was done; `None` when there were none.
    ///
    /// Within the bounds of a part its own times are taken to be spread evenly: it is off by a quarter at most.
    pub fn quantile(&self, part: f64) -> Option<Duration> {
        let wanted = (self.count() as f64 * part).ceil().max(1.0) as u64;
        let mut below = 0;
        for (index, count) in self.counts.iter().enumerate() {
            if below + count >= wanted && *count > 0 {
                let lowest = index.checked_sub(1).and_then(|before| BOUNDS_NS.get(before)).copied();
                let lowest = lowest.unwrap_or(0);
                // Nothing is known of how much longer the longest took.
                let highest = BOUNDS_NS.get(index).copied().unwrap_or(lowest);
                let place = (wanted - below) as f64 / *count as f64;
                let within = (highest - lowest) as f64 * place;
                return Some(Duration::from_nanos(lowest + within as u64));
            }
            below += count;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(micros: impl IntoIterator<Item = u64>) -> Distribution {
        let histogram = Histogram::default();
        micros.into_iter().for_each(|time| histogram.record(Duration::from_micros(time)));
        histogram.so_far()
    }

    #[test]
    fn bounds_grow_from_ten_microseconds_to_many_minutes() {
        assert!(BOUNDS_NS.windows(2).all(|pair| pair[0] < pair[1] && pair[1] * 3 <= pair[0] * 4));
        assert_eq!((BOUNDS_NS[0], BOUNDS_NS[7]), (10_000, 50_000));
        assert_eq!(BOUNDS_NS.last(), Some(&800_000_000_000));
    }

    #[test]
    fn what_is_on_a_bound_is_not_above_it() {
        let times = of([1, 10, 11, 2_500, 2_501, 900_000_000]);
        let up_to = |micros| times.up_to(Duration::from_micros(micros));
        assert_eq!([10, 25, 2_500, 3_150, 800_000_000].map(up_to), [2, 3, 4, 5, 5]);
        assert_eq!((times.count(), times.sum()), (6, Duration::from_micros(900_005_023)));
    }

    #[test]
    fn quantiles_are_near_what_they_stand_for() {
        let times = of(1..=10_000);
        for (part, expected) in [(0.5, 5_000.0), (0.99, 9_900.0), (0.001, 10.0)] {
            let found = times.quantile(part).map_or(0.0, |time| time.as_secs_f64() * 1e6);
            assert!((found / expected - 1.0).abs() < 0.05, "{part}: {found}");
        }
        assert_eq!(of([]).quantile(0.5), None);
        assert_eq!(of([1_000_000_000]).quantile(0.99), Some(Duration::from_secs(800)));
        assert_eq!(of([40]).quantile(0.0), Some(Duration::from_micros(40)));
    }

    #[test]
    fn nothing_is_lost_when_several_record_at_a_time() {
        let histogram = Histogram::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1_000).for_each(|_| histogram.record(Duration::from_millis(1))));
            }
        });
        assert_eq!(histogram.so_far().count(), 4_000);
    }
}
