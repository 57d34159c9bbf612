//! Keys: 64-bit integers that carry their partition, as Zeebe's do.
//!
//! The top 13 bits name the partition that owns the entity, the lower 51 are a counter of that partition.
//! JSON shows a key as a decimal string, because JavaScript numbers end at 2^53.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bits of a key that count within a partition.
pub const COUNTER_BITS: u32 = 51;

/// The largest partition id whose keys stay positive as signed 64-bit integers, which SQL and Camunda's clients expect.
pub const PARTITION_ID_MAX: u16 = (1 << 12) - 1;

/// Names a partition: one single-writer loop and the instances it owns. Counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PartitionId(u16);

impl PartitionId {
    /// The only partition of a host on SQLite, and the one that takes deployments elsewhere.
    pub const FIRST: Self = Self(1);

    /// `None` when `id` is 0 or above [`PARTITION_ID_MAX`].
    pub const fn new(id: u16) -> Option<Self> {
        if id == 0 || id > PARTITION_ID_MAX { None } else { Some(Self(id)) }
    }

    /// The id as clients see it.
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// A key of any kind of entity. Unique in an installation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Key(#[n(0)] i64);

impl Key {
    /// The key that `counter` gives in `partition`.
    pub const fn new(partition: PartitionId, counter: u64) -> Self {
        Self(((partition.0 as i64) << COUNTER_BITS) | (counter as i64 & ((1 << COUNTER_BITS) - 1)))
    }

    /// A key as stored or received. It may name an entity that does not exist.
    pub const fn from_i64(value: i64) -> Self {
        Self(value)
    }

    /// The key as SQL stores it.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The partition that owns the entity; `None` when this is no key that Fermata gave out.
    pub const fn partition(self) -> Option<PartitionId> {
        if self.0 <= 0 {
            return None;
        }
        PartitionId::new((self.0 >> COUNTER_BITS) as u16)
    }

    /// The counter part.
    pub const fn counter(self) -> u64 {
        (self.0 & ((1 << COUNTER_BITS) - 1)) as u64
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The text is not a decimal 64-bit key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a key: expected a positive decimal integer below 2^63")]
pub struct ParseKeyError {
    text: String,
}

impl FromStr for Key {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        match text.parse() {
            Ok(value) if value > 0 && !text.starts_with('+') => Ok(Self(value)),
            _ => Err(ParseKeyError { text: text.chars().take(40).collect() }),
        }
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Key;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key as a decimal string")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Key, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Key, E> {
                i64::try_from(value).map(Key).map_err(E::custom)
            }
            fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Key, E> {
                if value > 0 { Ok(Key(value)) } else { Err(E::custom("a key is positive")) }
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

macro_rules! typed_keys {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize)]
        #[cbor(transparent)]
        #[serde(transparent)]
        pub struct $name(#[n(0)] pub Key);

        impl $name {
            /// The key as SQL stores it.
            pub const fn get(self) -> i64 {
                self.0.get()
            }

            /// A key as stored.
            pub const fn from_i64(value: i64) -> Self {
                Self(Key::from_i64(value))
            }
        }

        impl From<Key> for $name {
            fn from(key: Key) -> Self {
                Self(key)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseKeyError;
            fn from_str(text: &str) -> Result<Self, ParseKeyError> {
                text.parse().map(Self)
            }
        }
    )*};
}

typed_keys! {
    /// Names a deployment: resources that became visible together.
    DeploymentKey;
    /// Names one version of a process.
    ProcessDefinitionKey;
    /// Names one version of a decision.
    DecisionKey;
    /// Names one version of a file with decisions.
    DecisionRequirementsKey;
    /// Names one version of a form, or of another file that is no model.
    ResourceKey;
    /// Names one evaluation of a decision.
    DecisionEvaluationKey;
    /// Names a process instance. Its own scope has the same key as an [`ElementInstanceKey`].
    ProcessInstanceKey;
    /// Names one activation of a BPMN element.
    ElementInstanceKey;
    /// Names a variable in its scope.
    VariableKey;
    /// Names a job.
    JobKey;
    /// Names what is kept of one attempt at a job.
    AttemptKey;
    /// Names a timer.
    TimerKey;
    /// Names a subscription: what an element instance waits for besides timers and jobs.
    SubscriptionKey;
    /// Names a completed activity that can be undone.
    CompensationKey;
    /// Names a published message.
    MessageKey;
    /// Names what is kept of one message that a process instance has taken.
    MessageCorrelationKey;
    /// Names a broadcast signal.
    SignalKey;
    /// Names an evaluation of the conditions with which processes start.
    ConditionalEvaluationKey;
    /// Names an incident.
    IncidentKey;
    /// Names a user task.
    UserTaskKey;
}

impl ProcessInstanceKey {
    /// The scope of the process itself, the root of all variables.
    pub const fn root_scope(self) -> ElementInstanceKey {
        ElementInstanceKey(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_carries_partition_and_counter() {
        let key = Key::new(PartitionId(3), 42);
        assert_eq!(key.partition(), Some(PartitionId(3)));
        assert_eq!(key.counter(), 42);
        assert_eq!(Key::new(PartitionId::FIRST, 1).to_string(), "2251799813685249");
    }

    #[test]
    fn keys_that_nobody_gave_out_have_no_partition() {
        for value in [-1, 0, 1, 17] {
            assert_eq!(Key::from_i64(value).partition(), None);
        }
    }

    #[test]
    fn text_that_is_no_key_is_refused() {
        for text in ["", "-1", "+1", "0", "1.0", "99999999999999999999", "abc"] {
            assert!(text.parse::<Key>().is_err(), "{text}");
        }
    }
}
