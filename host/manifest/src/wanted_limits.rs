//! The limits that a component wants.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use types::Limit;

/// How much a component wants of what is limited, each within the limit's range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantedLimits(BTreeMap<Limit, u64>);

impl WantedLimits {
    /// Whether the host's own limits do.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each limit that it names, with how much it wants.
    pub fn iter(&self) -> impl Iterator<Item = (Limit, u64)> {
        self.0.iter().map(|(limit, value)| (*limit, *value))
    }
}

impl Serialize for WantedLimits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(limit, value)| (limit.name(), value)))
    }
}

impl<'de> Deserialize<'de> for WantedLimits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Named;

        impl<'de> Visitor<'de> for Named {
            type Value = WantedLimits;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("limits by their names")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WantedLimits, A::Error> {
                let mut wanted = BTreeMap::new();
                while let Some(name) = map.next_key::<String>()? {
                    match name.parse::<Limit>() {
                        Ok(limit) => {
                            let value = map.next_value_seed(limit)?;
                            wanted.insert(limit, value);
                        }
                        // As with every other field it is for the notation to say whether that is an error.
                        Err(_) => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(WantedLimits(wanted))
            }
        }

        deserializer.deserialize_map(Named)
    }
}
