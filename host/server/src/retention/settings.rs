//! The section `[retention]` of the configuration file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bpmn::timer::{Duration, parse_duration};
use serde::{Deserialize, Deserializer, de};
use types::Timestamp;

/// What keeps instances for ever.
const NEVER: &str = "never";

/// How long finished instances are kept. Without any of it, for ever.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// Instances of processes that have no time of their own.
    default: Time,
    /// By the process's id in the model.
    processes: BTreeMap<String, Time>,
    /// The folder that takes the history of instances before they are removed.
    pub(crate) export: Option<PathBuf>,
}

/// A time to keep instances; `None` is for ever.
#[derive(Clone, Copy, Debug, Default)]
struct Time(Option<Duration>);

impl Settings {
    /// As the runtime takes it, without an archive.
    pub(crate) fn retention(&self) -> runtime::Retention {
        runtime::Retention {
            time: self.default.0,
            processes: self.processes.iter().map(|(process, time)| (process.clone(), time.0)).collect(),
            archive: None,
        }
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == NEVER {
            return Ok(Self(None));
        }
        let time = parse_duration(&text)
            .map_err(|error| de::Error::custom(format!("{error}; `{NEVER}` keeps instances for ever")))?;
        let (from, epoch) = (Timestamp::from_millis(0), Timestamp::from_millis(0));
        if time.after(from) == epoch {
            let message = format!("`{text}` is no time to keep anything: `{NEVER}` keeps instances for ever");
            return Err(de::Error::custom(message));
        }
        Ok(Self(Some(time)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// When an instance goes that has ended at the epoch, in milliseconds.
    fn goes_at(time: Option<Duration>) -> Option<i64> {
        time.map(|time| time.after(Timestamp::from_millis(0)).as_millis())
    }

    #[test]
    fn nothing_is_removed_unless_it_is_said() {
        let retention = read("").unwrap().retention();
        assert!(retention.time.is_none() && retention.processes.is_empty() && retention.archive.is_none());
    }

    #[test]
    fn processes_have_times_of_their_own() {
        let settings = read(
            "default = 'P30D'\nexport = 'history'\n[processes]\norder = 'P1Y'\n'dotted.id' = 'PT1S'\naudit = 'never'",
        )
        .unwrap();
        let retention = settings.retention();
        assert_eq!(goes_at(retention.time), Some(30 * 86_400_000));
        assert_eq!(goes_at(retention.processes["order"]), Some(365 * 86_400_000));
        assert_eq!(goes_at(retention.processes["dotted.id"]), Some(1_000));
        assert_eq!(goes_at(retention.processes["audit"]), None);
        assert_eq!(settings.export, Some("history".into()));
    }

    #[test]
    fn what_is_no_time_is_refused_with_its_line() {
        for (text, line, expected) in [
            ("\ndefault = '30 days'", 2, "`30 days` is no ISO 8601 duration"),
            ("[processes]\na = 'P1D'\nb = ''", 3, "is no ISO 8601 duration"),
            ("default = 'Never'", 1, "`never` keeps instances for ever"),
            ("default = 'PT0S'", 1, "`PT0S` is no time to keep anything"),
            ("default = '-P1D'", 1, "`-P1D` is no time to keep anything"),
            ("default = 30", 1, "expected a string"),
            ("defaults = 'P1D'", 1, "unknown field `defaults`"),
            ("processes = 'P1D'", 1, "expected a map"),
        ] {
            let message = read(text).map(drop).unwrap_err();
            assert!(message.contains(expected), "{text}: {message}");
            assert!(message.contains(&format!("line {line}, column ")), "{text}: {message}");
        }
        let long = format!("default = 'P{}D'", "1".repeat(300));
        assert!(read(&long).unwrap_err().contains("limit is 256"));
    }
}
