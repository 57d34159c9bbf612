//! What one job may use.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use types::VARIABLES_BYTES_MAX;

pub use crate::host::HOST_BYTES_MAX;

/// Linear memory of one job, in bytes.
pub const MEMORY_BYTES: usize = 64 << 20;
/// Elements of one table of one job.
pub const TABLE_ELEMENTS: usize = 100_000;
/// What [`Limits::table_elements`] can be raised to.
pub const TABLE_ELEMENTS_MAX: usize = 1_000_000;
/// How long one job may run, waiting included.
pub const WALL_TIME: Duration = Duration::from_secs(30);
/// How long one job may compute.
pub const CPU_TIME: Duration = Duration::from_secs(5);
/// A job's checkpoint, in bytes.
pub const CHECKPOINT_BYTES: usize = 1 << 20;
/// Checkpoints that one attempt may store: each is a write to the host's database, which costs the guest nothing.
pub const CHECKPOINTS: usize = 1000;
/// All that one job may log, in bytes.
pub const LOG_BYTES: usize = 64 << 10;
/// Records that one job may log.
pub const LOG_RECORDS: usize = 500;
/// Requests that one job may send, redirects and refused ones included.
pub const REQUESTS: usize = 100;
/// Requests of one job that may be under way at the same time.
pub const REQUESTS_OPEN: usize = 16;
/// Requests of all jobs of a component in a second.
pub const REQUESTS_PER_SECOND: NonZeroU32 = NonZeroU32::new(1_000).expect("it is not 0");
/// Jobs of a component at the same time. The places of a host are fewer by default, and are shared fairly.
pub const COMPONENT_CONCURRENCY: NonZeroU32 = NonZeroU32::new(1_000).expect("it is not 0");
/// The body of one request, in bytes.
pub const REQUEST_BYTES: u64 = 16 << 20;
/// The body of one response, in bytes.
pub const RESPONSE_BYTES: u64 = 16 << 20;

/// What one job may use, and what all jobs of a component together. [`Default`] is safe for components of strangers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Linear memory, all memories of the component together, in bytes.
    pub memory_bytes: usize,
    /// Elements of each table; more than [`TABLE_ELEMENTS_MAX`] are never to be had.
    pub table_elements: usize,
    /// How long it may run, waiting included.
    #[serde(rename = "wall_time_ms", with = "milliseconds")]
    pub wall_time: Duration,
    /// How long it may compute; waiting for an answer costs nothing.
    #[serde(rename = "cpu_time_ms", with = "milliseconds")]
    pub cpu_time: Duration,
    /// The result's variables, in bytes of JSON text; at most [`VARIABLES_BYTES_MAX`] count.
    pub result_bytes: usize,
    /// The job's checkpoint, in bytes.
    pub checkpoint_bytes: usize,
    /// Checkpoints that one attempt may store.
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
    /// Jobs of the component that may run at the same time.
    pub concurrency: NonZeroU32,
    /// The body of one request, in bytes.
    pub request_bytes: u64,
    /// The body of one response, in bytes.
    pub response_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_bytes: MEMORY_BYTES,
            table_elements: TABLE_ELEMENTS,
            wall_time: WALL_TIME,
            cpu_time: CPU_TIME,
            result_bytes: VARIABLES_BYTES_MAX,
            checkpoint_bytes: CHECKPOINT_BYTES,
            checkpoints: CHECKPOINTS,
            log_bytes: LOG_BYTES,
            log_records: LOG_RECORDS,
            requests: REQUESTS,
            requests_open: REQUESTS_OPEN,
            requests_per_second: REQUESTS_PER_SECOND,
            concurrency: COMPONENT_CONCURRENCY,
            request_bytes: REQUEST_BYTES,
            response_bytes: RESPONSE_BYTES,
        }
    }
}

mod milliseconds {
    use super::{Deserialize, Duration};
    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
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
        assert!(serde_json::from_str::<Limits>(r#"{"wall_time":1500}"#).is_err());
        assert!(serde_json::from_str::<Limits>(r#"{"concurrency":0}"#).is_err());
    }
}
