//! What one job may use.
//!
//! Names, ranges and defaults of limits are those of [`Limit`], for whoever reads or writes them.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use types::VARIABLES_BYTES_MAX;

pub use types::{Limit, LimitError, LimitUnit};

pub use crate::host::HOST_BYTES_MAX;

/// Linear memory of one job without a grant, in bytes.
pub(crate) const MEMORY_BYTES: usize = Limit::MemoryBytes.default() as usize;
/// What [`Limits::table_elements`] can be raised to.
pub(crate) const TABLE_ELEMENTS_MAX: usize = types::TABLE_ELEMENTS_MAX as usize;

/// What one job may use, and what all jobs of a component together. [`Default`] is safe for components of strangers.
///
/// Whoever reads one gets only what is within the ranges of its limits; whoever makes one by hand sees to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Linear memory, all memories of the component together, in bytes.
    pub memory_bytes: usize,
    /// Elements of each table; more than a million are never to be had.
    pub table_elements: usize,
    /// How long it may run, waiting included.
    pub wall_time: Duration,
    /// How long it may compute; waiting for an answer costs nothing.
    pub cpu_time: Duration,
    /// The result's variables, in bytes of JSON text; at most [`VARIABLES_BYTES_MAX`] count.
    pub result_bytes: usize,
    /// The job's checkpoint, in bytes.
    pub checkpoint_bytes: usize,
    /// Checkpoints that one attempt may store: each is a write to the host's database, which costs the guest nothing.
    pub checkpoints: usize,
    /// All that it may log, standard output and error included, in bytes.
    pub log_bytes: usize,
    /// Records that it may log, lines of standard output and error included.
    pub log_records: usize,
    /// Requests that it may send, redirects and refused ones included.
    pub requests: usize,
    /// Requests that may be under way at the same time.
    pub requests_open: usize,
    /// Requests of all jobs of the component in a second. Those that are too many wait.
    pub requests_per_second: NonZeroU32,
    /// Jobs of the component that may run at the same time. The places of a host are fewer by default, and are shared fairly.
    pub concurrency: NonZeroU32,
    /// The body of one request, in bytes.
    pub request_bytes: u64,
    /// The body of one response, in bytes.
    pub response_bytes: u64,
}

impl Limits {
    /// How much there is of what `limit` bounds.
    pub fn get(&self, limit: Limit) -> u64 {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        match limit {
            Limit::MemoryBytes => self.memory_bytes as u64,
            Limit::TableElements => self.table_elements as u64,
            Limit::WallTime => millis(self.wall_time),
            Limit::CpuTime => millis(self.cpu_time),
            Limit::ResultBytes => self.result_bytes as u64,
            Limit::CheckpointBytes => self.checkpoint_bytes as u64,
            Limit::Checkpoints => self.checkpoints as u64,
            Limit::LogBytes => self.log_bytes as u64,
            Limit::LogRecords => self.log_records as u64,
            Limit::Requests => self.requests as u64,
            Limit::RequestsOpen => self.requests_open as u64,
            Limit::RequestsPerSecond => self.requests_per_second.get().into(),
            Limit::Concurrency => self.concurrency.get().into(),
            Limit::RequestBytes => self.request_bytes,
            Limit::ResponseBytes => self.response_bytes,
        }
    }

    /// Sets `limit` to `value`.
    ///
    /// # Errors
    /// The value is out of the limit's range; nothing has changed.
    pub fn set(&mut self, limit: Limit, value: u64) -> Result<(), LimitError> {
        self.put(limit, limit.check(value)?);
        Ok(())
    }

    /// Sets `limit` to a value within its range, which fits wherever it goes.
    fn put(&mut self, limit: Limit, value: u64) {
        let size = usize::try_from(value).unwrap_or(usize::MAX);
        let number = u32::try_from(value).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MAX);
        match limit {
            Limit::MemoryBytes => self.memory_bytes = size,
            Limit::TableElements => self.table_elements = size,
            Limit::WallTime => self.wall_time = Duration::from_millis(value),
            Limit::CpuTime => self.cpu_time = Duration::from_millis(value),
            Limit::ResultBytes => self.result_bytes = size,
            Limit::CheckpointBytes => self.checkpoint_bytes = size,
            Limit::Checkpoints => self.checkpoints = size,
            Limit::LogBytes => self.log_bytes = size,
            Limit::LogRecords => self.log_records = size,
            Limit::Requests => self.requests = size,
            Limit::RequestsOpen => self.requests_open = size,
            Limit::RequestsPerSecond => self.requests_per_second = number,
            Limit::Concurrency => self.concurrency = number,
            Limit::RequestBytes => self.request_bytes = value,
            Limit::ResponseBytes => self.response_bytes = value,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        let mut limits = Self {
            memory_bytes: 0,
            table_elements: 0,
            wall_time: Duration::ZERO,
            cpu_time: Duration::ZERO,
            result_bytes: VARIABLES_BYTES_MAX,
            checkpoint_bytes: 0,
            checkpoints: 0,
            log_bytes: 0,
            log_records: 0,
            requests: 0,
            requests_open: 0,
            requests_per_second: NonZeroU32::MIN,
            concurrency: NonZeroU32::MIN,
            request_bytes: 0,
            response_bytes: 0,
        };
        for limit in Limit::ALL {
            limits.put(limit, limit.default());
        }
        limits
    }
}

/// By the names of [`Limit`].
impl Serialize for Limits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(Limit::ALL.map(|limit| (limit.name(), self.get(limit))))
    }
}

/// What is not named is as by default.
impl<'de> Deserialize<'de> for Limits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Named;

        impl<'de> Visitor<'de> for Named {
            type Value = Limits;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("limits by their names")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Limits, A::Error> {
                let mut limits = Limits::default();
                while let Some(name) = map.next_key::<String>()? {
                    let limit: Limit = name.parse().map_err(A::Error::custom)?;
                    let value = map.next_value_seed(limit)?;
                    limits.put(limit, value);
                }
                Ok(limits)
            }
        }

        deserializer.deserialize_map(Named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_read_what_is_given_and_default_the_rest() {
        let limits: Limits = serde_json::from_str(r#"{"wall_time_ms":1500}"#).unwrap();
        assert_eq!(limits, Limits { wall_time: Duration::from_millis(1500), ..Limits::default() });
        let text = serde_json::to_string(&limits).unwrap();
        assert_eq!(serde_json::from_str::<Limits>(&text).unwrap(), limits);
    }

    #[test]
    fn every_limit_is_kept_where_it_is_looked_for() {
        for limit in Limit::ALL {
            let mut limits = Limits::default();
            assert_eq!(limits.get(limit), limit.default(), "{limit}");
            for value in [limit.min(), limit.max()] {
                limits.set(limit, value).unwrap();
                assert_eq!(limits.get(limit), value, "{limit}");
                let text = serde_json::to_string(&limits).unwrap();
                assert_eq!(serde_json::from_str::<Limits>(&text).unwrap(), limits);
            }
            assert!(limits.set(limit, limit.max() + 1).is_err(), "{limit}");
            assert_eq!(limits.get(limit), limit.max(), "{limit}");
        }
    }

    #[test]
    fn what_is_no_limit_or_out_of_range_is_not_read() {
        for (text, expected) in [
            (r#"{"wall_time":1500}"#, "did you mean `wall_time_ms`?"),
            (r#"{"concurrency":0}"#, "limit `concurrency` is 0, expected 1 to 1000000"),
            (r#"{"memory_bytes":18446744073709551615}"#, "expected 64 KiB to 4 GiB"),
        ] {
            let message = serde_json::from_str::<Limits>(text).map_err(|error| error.to_string());
            assert!(message.as_ref().is_err_and(|message| message.contains(expected)), "{message:?}");
        }
    }
}
