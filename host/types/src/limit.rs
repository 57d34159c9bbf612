//! The limits of components: their names, how much each is without a grant, and between what it can be set.
//!
//! One table for all who read, check, list or name limits: grants, the configuration, manifests, the command line, messages.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::de::{DeserializeSeed, Deserializer, Unexpected, Visitor};

use crate::VARIABLES_BYTES_MAX;

/// Bytes that a component may hand to its host in one call: no text or checkpoint is larger.
pub const CALL_BYTES_MAX: u64 = 16 << 20;

/// What [`Limit::TableElements`] can be raised to: a host makes room for as many when it starts.
pub const TABLE_ELEMENTS_MAX: u64 = 1_000_000;

/// Requests that a job can have under way: of each the host keeps a few of the 256 resources of a job.
const REQUESTS_OPEN_MAX: u64 = 256;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const SECOND: u64 = 1_000;
const DAY: u64 = 24 * 3_600 * SECOND;

/// Something that a component may use only so much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// Linear memory of one job, all memories of the component together.
    MemoryBytes,
    /// Elements of each table of one job.
    TableElements,
    /// How long one job may run, waiting included.
    WallTime,
    /// How long one job may compute.
    CpuTime,
    /// The variables of one job's result, as JSON text.
    ResultBytes,
    /// One checkpoint.
    CheckpointBytes,
    /// Checkpoints that one attempt at a job may store.
    Checkpoints,
    /// All that one job may log.
    LogBytes,
    /// Records that one job may log.
    LogRecords,
    /// Requests that one job may send.
    Requests,
    /// Requests of one job that may be under way at the same time.
    RequestsOpen,
    /// Requests of all jobs of the component in a second.
    RequestsPerSecond,
    /// Jobs of the component that may run at the same time.
    Concurrency,
    /// The body of one request.
    RequestBytes,
    /// The body of one response.
    ResponseBytes,
}

/// What a limit's number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Milliseconds.
    Millis,
    /// Things: the limit's name says of what sort.
    Things,
}

/// A row of the table.
struct Row {
    name: &'static str,
    unit: Unit,
    default: u64,
    range: (u64, u64),
    about: &'static str,
}

impl Limit {
    /// All limits, in the order in which they are listed.
    pub const ALL: [Self; 15] = [
        Self::MemoryBytes,
        Self::TableElements,
        Self::WallTime,
        Self::CpuTime,
        Self::ResultBytes,
        Self::CheckpointBytes,
        Self::Checkpoints,
        Self::LogBytes,
        Self::LogRecords,
        Self::Requests,
        Self::RequestsOpen,
        Self::RequestsPerSecond,
        Self::Concurrency,
        Self::RequestBytes,
        Self::ResponseBytes,
    ];

    /// A range begins at 0 where none at all makes sense: a component that may send no request, say.
    const fn row(self) -> Row {
        use Unit::{Bytes, Millis, Things};
        const fn row(
            name: &'static str,
            unit: Unit,
            default: u64,
            range: RangeInclusive<u64>,
            about: &'static str,
        ) -> Row {
            Row { name, unit, default, range: (*range.start(), *range.end()), about }
        }
        const RESULT_MAX: u64 = VARIABLES_BYTES_MAX as u64;
        match self {
            // From one page of WebAssembly to all that it can address.
            Self::MemoryBytes => {
                row("memory_bytes", Bytes, 64 * MIB, 64 * KIB..=4 * GIB, "memory of one job")
            }
            Self::TableElements => row(
                "table_elements",
                Things,
                100_000,
                1..=TABLE_ELEMENTS_MAX,
                "elements of each table of one job",
            ),
            Self::WallTime => row(
                "wall_time_ms",
                Millis,
                30 * SECOND,
                1..=DAY,
                "how long one job may run, waiting included",
            ),
            Self::CpuTime => row("cpu_time_ms", Millis, 5 * SECOND, 1..=DAY, "how long one job may compute"),
            // No result is shorter than `{}`.
            Self::ResultBytes => row(
                "result_bytes",
                Bytes,
                RESULT_MAX,
                2..=RESULT_MAX,
                "variables of one job's result, as JSON text",
            ),
            Self::CheckpointBytes => {
                row("checkpoint_bytes", Bytes, MIB, 1..=CALL_BYTES_MAX, "one checkpoint")
            }
            Self::Checkpoints => {
                row("checkpoints", Things, 1_000, 0..=1_000_000, "checkpoints that one attempt may store")
            }
            Self::LogBytes => row("log_bytes", Bytes, 64 * KIB, 0..=64 * MIB, "all that one job may log"),
            Self::LogRecords => {
                row("log_records", Things, 500, 0..=1_000_000, "records that one job may log")
            }
            Self::Requests => row(
                "requests",
                Things,
                100,
                0..=1_000_000,
                "requests that one job may send, redirects and refused ones included",
            ),
            // That none may be sent is for `requests` to say, and so with the next.
            Self::RequestsOpen => row(
                "requests_open",
                Things,
                16,
                1..=REQUESTS_OPEN_MAX,
                "requests of one job under way at the same time",
            ),
            Self::RequestsPerSecond => row(
                "requests_per_second",
                Things,
                1_000,
                1..=1_000_000,
                "requests of all jobs together in a second; more wait within the time of their job",
            ),
            Self::Concurrency => {
                row("concurrency", Things, 1_000, 1..=1_000_000, "jobs at the same time; more wait")
            }
            // Many requests have no body.
            Self::RequestBytes => row("request_bytes", Bytes, 16 * MIB, 0..=GIB, "body of one request"),
            Self::ResponseBytes => row("response_bytes", Bytes, 16 * MIB, 1..=GIB, "body of one response"),
        }
    }

    /// What it is called wherever it is written.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// What its number counts.
    pub const fn unit(self) -> Unit {
        self.row().unit
    }

    /// What it is without a grant and without a setting of the host.
    pub const fn default(self) -> u64 {
        self.row().default
    }

    /// The least that it can be set to.
    pub const fn min(self) -> u64 {
        self.row().range.0
    }

    /// The most that it can be set to.
    pub const fn max(self) -> u64 {
        self.row().range.1
    }

    /// What it bounds, for people.
    pub const fn about(self) -> &'static str {
        self.row().about
    }

    /// `value` if it can be set to that.
    ///
    /// # Errors
    /// [`LimitError::OutOfRange`]
    pub fn check(self, value: u64) -> Result<u64, LimitError> {
        if (self.min()..=self.max()).contains(&value) {
            Ok(value)
        } else {
            Err(LimitError::OutOfRange { limit: self, value: value.into() })
        }
    }

    /// `value` for people: `64 MiB`, `30 s`, `500`.
    pub fn shown(self, value: u64) -> String {
        self.shown_at_any_size(value.into())
    }

    fn shown_at_any_size(self, value: i128) -> String {
        let units: &[(i128, &str)] = match self.unit() {
            Unit::Bytes => &[(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1, "bytes")],
            Unit::Millis => &[(3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms")],
            Unit::Things => return value.to_string(),
        };
        let (factor, unit) = units
            .iter()
            .find(|(factor, _)| value != 0 && value % factor == 0)
            .or(units.last())
            .copied()
            .unwrap_or((1, ""));
        format!("{} {unit}", value / factor)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Limit {
    type Err = LimitError;

    fn from_str(name: &str) -> Result<Self, LimitError> {
        let found = Self::ALL.into_iter().find(|limit| limit.name() == name);
        found.ok_or_else(|| LimitError::Unknown { name: name.chars().take(NAME_SHOWN_MAX).collect() })
    }
}

/// How much of an unknown name is repeated, in letters.
const NAME_SHOWN_MAX: usize = 64;

/// How alike two names are that are taken for the same one: 1 is the same.
const ALIKE: f64 = 0.8;

/// Why something is not a limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// None is called so.
    #[error("no limit is called `{name}`{}", instead(name))]
    Unknown {
        /// What was written.
        name: String,
    },
    /// It cannot be set to that.
    #[error("limit `{limit}` is {}, expected {}", limit.shown_at_any_size(*value), range(*limit))]
    OutOfRange {
        /// The limit.
        limit: Limit,
        /// What was written, which may be negative or larger than any limit.
        value: i128,
    },
}

/// What there is in the place of a limit that is not.
fn instead(name: &str) -> String {
    let alike = |limit: &Limit| strsim::jaro_winkler(limit.name(), name);
    let closest = Limit::ALL.into_iter().max_by(|one, other| alike(one).total_cmp(&alike(other)));
    let all = Limit::ALL.map(Limit::name).join(", ");
    match closest.filter(|limit| alike(limit) >= ALIKE) {
        Some(meant) => format!(", did you mean `{meant}`? The limits are {all}"),
        None => format!(": the limits are {all}"),
    }
}

/// `64 KiB to 4 GiB (65536 to 4294967296)`.
fn range(limit: Limit) -> String {
    let (min, max) = (limit.min(), limit.max());
    match limit.unit() {
        Unit::Things => format!("{min} to {max}"),
        Unit::Bytes | Unit::Millis => {
            format!("{} to {} ({min} to {max})", limit.shown(min), limit.shown(max))
        }
    }
}

/// Reads a value of the limit, and checks it: so does an error know its place in the text.
impl<'de> DeserializeSeed<'de> for Limit {
    type Value = u64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u64, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for Limit {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.unit() {
            Unit::Bytes => "a whole number of bytes",
            Unit::Millis => "a whole number of milliseconds",
            Unit::Things => "a whole number",
        };
        write!(f, "{what} for limit `{self}`: {}", range(*self))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<u64, E> {
        self.check(value).map_err(E::custom)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<u64, E> {
        match u64::try_from(value) {
            Ok(value) => self.visit_u64(value),
            Err(_) => Err(E::custom(LimitError::OutOfRange { limit: self, value: value.into() })),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<u64, E> {
        Err(E::invalid_type(Unexpected::Float(value), &self))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn every_limit_is_in_the_list_under_its_own_name_and_begins_within_its_range() {
        for (place, limit) in Limit::ALL.into_iter().enumerate() {
            assert_eq!(limit as usize, place);
            assert_eq!(limit.name().parse(), Ok(limit));
            assert_eq!(limit.check(limit.default()), Ok(limit.default()), "{limit}");
        }
        assert_eq!(Limit::ALL.len(), Limit::ResponseBytes as usize + 1, "the last one is the last");
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        for (name, meant) in
            [("concurency", "concurrency"), ("memory", "memory_bytes"), ("wall-time-ms", "wall_time_ms")]
        {
            let message = name.parse::<Limit>().map_err(|error| error.to_string());
            let expected = format!(
                "no limit is called `{name}`, did you mean `{meant}`? The limits are memory_bytes, table_elements, "
            );
            assert!(message.as_ref().is_err_and(|message| message.starts_with(&expected)), "{message:?}");
        }
        let message = "zzz".parse::<Limit>().map_err(|error| error.to_string());
        assert!(
            message.is_err_and(|message| message.starts_with("no limit is called `zzz`: the limits are"))
        );
    }

    #[test]
    fn a_value_out_of_its_range_is_told_with_the_range() {
        for (limit, value, expected) in [
            (
                Limit::MemoryBytes,
                json!(5),
                "limit `memory_bytes` is 5 bytes, expected 64 KiB to 4 GiB (65536 to 4294967296)",
            ),
            (
                Limit::WallTime,
                json!(0),
                "limit `wall_time_ms` is 0 ms, expected 1 ms to 24 h (1 to 86400000)",
            ),
            (
                Limit::CpuTime,
                json!(u64::MAX),
                "limit `cpu_time_ms` is 18446744073709551615 ms, expected 1 ms to 24 h (1 to 86400000)",
            ),
            (Limit::Concurrency, json!(-1), "limit `concurrency` is -1, expected 1 to 1000000"),
            (
                Limit::Concurrency,
                json!(1.5),
                "invalid type: floating point `1.5`, expected a whole number for limit `concurrency`: 1 to 1000000",
            ),
            (
                Limit::ResponseBytes,
                json!("1"),
                "invalid type: string \"1\", expected a whole number of bytes for limit `response_bytes`: \
                 1 bytes to 1 GiB (1 to 1073741824)",
            ),
        ] {
            let read: Result<u64, serde_json::Error> = limit.deserialize(value);
            assert_eq!(read.map_err(|error| error.to_string()), Err(expected.to_owned()));
        }
        let read: Result<u64, serde_json::Error> = Limit::Requests.deserialize(Value::from(0));
        assert_eq!(read.ok(), Some(0));
    }

    #[test]
    fn values_are_shown_in_the_largest_unit_that_fits() {
        for (limit, value, shown) in [
            (Limit::MemoryBytes, 64 << 20, "64 MiB"),
            (Limit::MemoryBytes, 1_000, "1000 bytes"),
            (Limit::WallTime, 30_000, "30 s"),
            (Limit::WallTime, 90_000, "90 s"),
            (Limit::WallTime, 120_000, "2 min"),
            (Limit::Requests, 100, "100"),
        ] {
            assert_eq!(limit.shown(value), shown);
        }
    }
}
