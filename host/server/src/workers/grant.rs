//! What an operator has granted to a component, as it is stored and as the API takes it.

use std::collections::BTreeMap;

use manifest::Manifest;
use sandbox::limits::{Limit, LimitError};
use sandbox::{Command, Grants, Limits, Policy};
use serde::de::DeserializeSeed as _;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A grant as JSON text, in bytes.
const GRANT_BYTES_MAX: usize = 64 << 10;

/// What an operator has granted to all versions of a component: a [`Policy`] whose limits are only those
/// that differ from the host's own. The default grants nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Grant {
    /// The component's name.
    pub(crate) component: String,
    /// The limits that differ from the host's, by their names in [`Limits`].
    pub(crate) limits: Map<String, Value>,
    /// Hosts and secrets.
    pub(crate) grants: Grants,
    /// Settings that are not secret.
    pub(crate) settings: BTreeMap<String, String>,
}

/// Why a text is no grant.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It is not what grants are made of.
    #[error("the grant is not acceptable: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It names a limit that is none.
    #[error("the grant is not acceptable: {0}")]
    Limit(#[from] LimitError),
    /// It is, or has, a list where names belong: its fields would count by their order.
    #[error("the grant is not acceptable: expected an object with objects `limits`, `grants` and `settings`")]
    NotAnObject,
    /// It is for another component than its address says.
    #[error("the grant names component `{found}`, expected `{expected}`")]
    OtherComponent {
        /// The name in the grant.
        found: String,
        /// The name in the address.
        expected: String,
    },
    /// It is larger than is kept.
    #[error("the grant takes {bytes} bytes, the limit is {GRANT_BYTES_MAX}")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
}

impl Grant {
    /// A grant of nothing.
    pub(crate) fn nothing(component: &str) -> Self {
        Self { component: component.to_owned(), ..Self::default() }
    }

    /// Reads and checks a grant for `component`.
    pub(crate) fn read(component: &str, json: Value) -> Result<Self, Error> {
        let bytes = json.to_string().len();
        if bytes > GRANT_BYTES_MAX {
            return Err(Error::TooLarge { bytes });
        }
        if !json.is_object() || json.get("grants").is_some_and(|grants| !grants.is_object()) {
            return Err(Error::NotAnObject);
        }
        let mut grant: Self = serde_json::from_value(json)?;
        if grant.component.is_empty() {
            component.clone_into(&mut grant.component);
        } else if grant.component != component {
            return Err(Error::OtherComponent { found: grant.component, expected: component.to_owned() });
        }
        grant.limits(&Limits::default())?;
        Ok(grant)
    }

    /// Reads a grant that was stored. Ranges of limits were wider once: what is out of them counts as the end of its range.
    pub(crate) fn stored(component: &str, mut json: Value) -> Result<Self, Error> {
        let limits = json.get_mut("limits").and_then(Value::as_object_mut);
        for (name, value) in limits.into_iter().flatten() {
            if let (Ok(limit), Some(number)) = (name.parse::<Limit>(), value.as_u64()) {
                *value = number.clamp(limit.min(), limit.max()).into();
            }
        }
        Self::read(component, json)
    }

    /// The grant as it is stored.
    pub(crate) fn to_json(&self) -> Value {
        serde_json::to_value(self).expect("texts and numbers are always JSON")
    }

    /// What is granted, one line for each piece.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        lines.extend(self.grants.hosts.iter().map(|host| format!("to call {host}")));
        lines.extend(self.grants.secrets.iter().map(|secret| format!("to send secret {secret}")));
        lines.extend(self.grants.reveal.iter().map(|name| format!("to see secret {name}")));
        lines.extend(self.settings.iter().map(|(key, value)| format!("setting {key}={value}")));
        lines.extend(self.limits.iter().map(|(name, value)| format!("limit {name} = {value}")));
        lines
    }

    /// What is granted more and less than before, in words.
    pub(crate) fn changes_from(&self, before: &Self) -> String {
        let (before, after) = (before.lines(), self.lines());
        let more = after.iter().filter(|line| !before.contains(line)).map(|line| format!("+ {line}"));
        let less = before.iter().filter(|line| !after.contains(line)).map(|line| format!("- {line}"));
        let changes: Vec<String> = less.chain(more).collect();
        if changes.is_empty() { "nothing".to_owned() } else { changes.join("; ") }
    }

    /// What one version of the component may do on a host with these limits.
    pub(crate) fn policy(&self, manifest: &Manifest, host: &Limits) -> Result<Policy, Error> {
        let mut settings: BTreeMap<String, String> = manifest
            .config
            .iter()
            .filter_map(|(key, config)| Some((key.clone(), config.default.clone()?)))
            .collect();
        settings.extend(self.settings.clone());
        let unset_settings =
            manifest.config.keys().filter(|key| !settings.contains_key(*key)).cloned().collect();
        Ok(Policy {
            component: self.component.clone(),
            limits: self.limits(host)?,
            grants: self.grants.clone(),
            settings,
            unset_settings,
            command: Command::Grant,
        })
    }

    /// The limits of a component on a host with these.
    pub(crate) fn limits(&self, host: &Limits) -> Result<Limits, Error> {
        let mut limits = host.clone();
        for (name, value) in &self.limits {
            let limit: Limit = name.parse()?;
            limits.set(limit, limit.deserialize(value)?)?;
        }
        Ok(limits)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn manifest() -> anyhow::Result<Manifest> {
        Ok(Manifest::from_toml(
            "name = 'crm'\nversion = '1.0.0'\nkind = 'connector'\njob-types = ['crm']\n\
             [config.base-url]\ndefault = 'https://crm.example'\n[config.region]\n",
        )?)
    }

    #[test]
    fn a_change_says_what_is_granted_more_and_less() -> anyhow::Result<()> {
        let read = |json| Grant::read("crm", json);
        let before =
            read(json!({ "grants": { "hosts": ["crm.example"] }, "settings": { "a": "1", "b": "2" } }))?;
        let after = read(json!({
            "grants": { "hosts": ["crm.example"], "reveal": ["SEED"] }, "settings": { "a": "3", "b": "2" },
            "limits": { "concurrency": 4 },
        }))?;
        let expected = "- setting a=1; + to see secret SEED; + setting a=3; + limit concurrency = 4";
        assert_eq!(after.changes_from(&before), expected);
        assert_eq!(after.changes_from(&after), "nothing");
        Ok(())
    }

    #[test]
    fn what_is_granted_is_added_to_the_hosts_limits_and_the_manifests_defaults() -> anyhow::Result<()> {
        let grant = Grant::read(
            "crm",
            json!({ "limits": { "wall_time_ms": 60_000 }, "grants": { "hosts": ["crm.example:443"] },
                    "settings": { "region": "eu" } }),
        )?;
        let host = Limits { memory_bytes: 1 << 20, ..Limits::default() };
        let policy = grant.policy(&manifest()?, &host)?;
        assert_eq!(policy.component, "crm");
        assert_eq!(policy.limits, Limits { wall_time: Duration::from_secs(60), ..host });
        assert_eq!(
            policy.settings,
            [("base-url", "https://crm.example"), ("region", "eu")].map(owned).into()
        );
        assert_eq!(policy.grants.hosts.len(), 1);
        assert_eq!(Grant::nothing("crm").policy(&manifest()?, &host)?.unset_settings, ["region"]);
        Ok(())
    }

    fn owned((key, value): (&str, &str)) -> (String, String) {
        (key.to_owned(), value.to_owned())
    }

    #[test]
    fn nothing_is_granted_by_default() -> anyhow::Result<()> {
        let policy = Grant::nothing("crm").policy(&manifest()?, &Limits::default())?;
        assert_eq!((policy.grants, policy.limits), (Grants::default(), Limits::default()));
        Ok(())
    }

    #[test]
    fn what_was_stored_reads_back() -> anyhow::Result<()> {
        let grant = Grant::read("crm", json!({ "limits": { "requests": 1 }, "settings": { "a": "b" } }))?;
        assert_eq!(Grant::read("crm", grant.to_json())?, grant);
        Ok(())
    }

    #[test]
    fn a_stored_limit_out_of_its_range_counts_as_the_end_of_its_range() -> anyhow::Result<()> {
        let kept = json!({ "limits": { "wall_time_ms": 0, "memory_bytes": u64::MAX, "requests": 0 } });
        assert!(Grant::read("crm", kept.clone()).is_err());
        let limits = Grant::stored("crm", kept)?.limits(&Limits::default())?;
        assert_eq!((limits.wall_time, limits.memory_bytes), (Duration::from_millis(1), 4 << 30));
        assert_eq!(limits.requests, 0);
        Ok(())
    }

    #[test]
    fn what_is_no_grant_is_refused_with_its_problem() {
        for (json, expected) in [
            (json!({ "grants": { "hosts": ["*.crm.example"] } }), "name each host"),
            (json!({ "grants": { "host": [] } }), "unknown field `host`"),
            (json!({ "grant": {} }), "unknown field `grant`"),
            (
                json!({ "limits": { "memory": 1 } }),
                "no limit is called `memory`, did you mean `memory_bytes`?",
            ),
            (
                json!({ "limits": { "memory_bytes": "1" } }),
                "expected a whole number of bytes for limit `memory_bytes`",
            ),
            (
                json!({ "limits": { "memory_bytes": 0 } }),
                "limit `memory_bytes` is 0 bytes, expected 64 KiB to 4 GiB",
            ),
            (json!({ "limits": { "wall_time_ms": u64::MAX } }), "expected 1 ms to 24 h (1 to 86400000)"),
            (json!({ "limits": { "concurrency": 1.5 } }), "floating point `1.5`"),
            (json!({ "component": "erp" }), "names component `erp`, expected `crm`"),
            (json!({ "settings": { "a": "x".repeat(GRANT_BYTES_MAX) } }), "the limit is 65536"),
            (json!([]), "expected an object"),
            (json!({ "grants": [["crm.example"]] }), "expected an object"),
        ] {
            let message = Grant::read("crm", json).map(drop).map_err(|error| error.to_string());
            assert!(
                message.as_ref().is_err_and(|message| message.contains(expected)),
                "{expected}: {message:?}"
            );
        }
    }
}
