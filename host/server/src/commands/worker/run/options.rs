//! What one run may do: the options of `fermata worker grant`, and the values of secrets.

use std::collections::BTreeMap;

use anyhow::ensure;
use manifest::Manifest;
use sandbox::{Command, HostGrant, Policy, SecretGrant, SecretName, SecretString};

use super::super::limits::LimitOptions;
use crate::workers::{Wishes, unset, wishes};

/// What one run may do.
#[derive(clap::Args)]
pub(super) struct Options {
    /// Where it may connect to
    #[arg(long, value_name = "HOST")]
    host: Vec<HostGrant>,
    /// A secret that it may send to a host, or the value of one
    #[arg(long, value_name = "NAME[:HEADER,…]@HOST[:PORT] | NAME=VALUE", value_parser = parse_secret)]
    secret: Vec<SecretOption>,
    /// A secret that it may see
    #[arg(long, value_name = "NAME")]
    reveal: Vec<SecretName>,
    /// Grant what the manifest asks for
    #[arg(long)]
    wanted: bool,
    /// A setting that it reads, not secret
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_setting)]
    setting: Vec<(String, String)>,
    #[command(flatten)]
    limits: LimitOptions,
}

/// The two things that can be said of a secret.
#[derive(Clone, Debug, PartialEq)]
enum SecretOption {
    Grant(SecretGrant),
    Value(SecretName, SecretString),
}

impl Options {
    /// The policy of a component with these options: what they say goes before what the manifest does.
    pub(super) fn policy(&self, manifest: &Manifest) -> anyhow::Result<Policy> {
        let mut policy =
            Policy { component: manifest.name.clone(), command: Command::Run, ..Policy::default() };
        if self.wanted {
            let Wishes { grants, impossible } = wishes(manifest);
            ensure!(
                impossible.is_empty(),
                "the manifest wants what nobody can grant: {}",
                impossible.join(" ")
            );
            policy.grants = grants;
            for (limit, wanted) in manifest.limits.iter() {
                policy.limits.set(limit, wanted.max(policy.limits.get(limit)))?;
            }
        }
        policy.grants.hosts.extend(self.host.iter().cloned());
        policy.grants.secrets.extend(self.secret.iter().filter_map(|option| match option {
            SecretOption::Grant(grant) => Some(grant.clone()),
            SecretOption::Value(..) => None,
        }));
        policy.grants.reveal.extend(self.reveal.iter().cloned());
        let defaults = manifest.config.iter();
        let defaults = defaults.filter_map(|(key, setting)| Some((key.clone(), setting.default.clone()?)));
        policy.settings = defaults.chain(self.setting.iter().cloned()).collect();

        let has_value = |key: &&String| policy.settings.contains_key(*key);
        policy.unset_settings = unset(manifest).filter(|key| !has_value(key)).cloned().collect();
        for (limit, value) in self.limits.given()? {
            policy.limits.set(limit, value)?;
        }
        Ok(policy)
    }

    /// The values that were given to secrets. Others are looked for in the environment.
    pub(super) fn values(&self) -> BTreeMap<String, SecretString> {
        let values = self.secret.iter().filter_map(|option| match option {
            SecretOption::Value(name, value) => Some((name.as_str().to_owned(), value.clone())),
            SecretOption::Grant(_) => None,
        });
        values.collect()
    }
}

fn parse_setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

/// A value begins at the first `=`, where a grant has none before its `@`.
fn parse_secret(text: &str) -> Result<SecretOption, String> {
    if let Some((name, value)) = text.split_once('=')
        && let Ok(name) = name.parse()
    {
        return Ok(SecretOption::Value(name, SecretString::new(value)));
    }
    text.parse().map(SecretOption::Grant).map_err(|error: sandbox::ParseGrantError| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::Parser as _;
    use sandbox::Limits;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    fn options(line: &[&str]) -> anyhow::Result<Options> {
        Ok(Line::try_parse_from([&["run"], line].concat())?.options)
    }

    fn manifest() -> anyhow::Result<Manifest> {
        Ok(Manifest::from_toml(
            "name = 'crm'\nversion = '1.0.0'\nkind = 'connector'\njob-types = ['crm']\n\
             [[hosts]]\nname = 'crm.example'\n[[secrets]]\nname = 'CRM_KEY'\nhosts = ['crm.example']\n\
             [config.base-url]\ndefault = 'https://crm.example'\n[config.region]\n\
             [limits]\nmemory_bytes = 268435456\nwall_time_ms = 1000\n",
        )?)
    }

    #[test]
    fn nothing_is_granted_unless_it_is_asked_for() -> anyhow::Result<()> {
        let policy = options(&[])?.policy(&manifest()?)?;
        assert_eq!((policy.grants, policy.limits), (sandbox::Grants::default(), Limits::default()));
        assert_eq!(policy.settings, [("base-url".to_owned(), "https://crm.example".to_owned())].into());

        let policy = options(&["--wanted", "--host", "http://127.0.0.1:8025"])?.policy(&manifest()?)?;
        let granted = serde_json::json!({
            "hosts": ["crm.example", "http://127.0.0.1:8025"], "secrets": ["CRM_KEY@crm.example"], "reveal": [],
        });
        assert_eq!(serde_json::to_value(&policy.grants)?, granted);
        // Nobody asks for less than there is.
        assert_eq!(policy.limits, Limits { memory_bytes: 256 << 20, ..Limits::default() });
        assert_eq!((policy.command, policy.unset_settings), (Command::Run, vec!["region".to_owned()]));
        Ok(())
    }

    #[test]
    fn a_secret_is_granted_or_given_a_value() -> anyhow::Result<()> {
        let options =
            options(&["--secret", "KEY@crm.example", "--secret", "KEY=a@b=c", "--secret", "EMPTY="])?;
        assert_eq!(options.policy(&manifest()?)?.grants.secrets.len(), 1);
        let values = options.values();
        assert_eq!(values["KEY"].expose(), "a@b=c");
        assert_eq!(values["EMPTY"].expose(), "");
        assert_eq!(values.len(), 2);
        Ok(())
    }

    #[test]
    fn settings_and_limits_go_before_defaults() -> anyhow::Result<()> {
        let line = [
            "--setting",
            "base-url=http://127.0.0.1:1",
            "--memory",
            "1MiB",
            "--time",
            "2s",
            "--cpu-time",
            "1s",
        ];
        let policy = options(&line)?.policy(&manifest()?)?;
        assert_eq!(policy.settings["base-url"], "http://127.0.0.1:1");
        let expected = Limits {
            memory_bytes: 1 << 20,
            wall_time: Duration::from_secs(2),
            cpu_time: Duration::from_secs(1),
            ..Limits::default()
        };
        assert_eq!(policy.limits, expected);
        assert!(options(&["--time", "0s"]).is_err());
        Ok(())
    }

    #[test]
    fn any_limit_is_given_by_its_name() -> anyhow::Result<()> {
        let line = ["--limit", "checkpoint_bytes=4194304", "--memory", "1MiB"];
        let policy = options(&line)?.policy(&manifest()?)?;
        let expected = Limits { checkpoint_bytes: 4 << 20, memory_bytes: 1 << 20, ..Limits::default() };
        assert_eq!(policy.limits, expected);
        assert!(options(&["--limit", "checkpoints_bytes=1"]).is_err());
        assert!(options(&["--limit", "concurrency=-1"]).is_err());
        Ok(())
    }
}
