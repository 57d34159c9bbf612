//! `fermata worker grant`: what a component may do.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::time::Duration;

use anyhow::{Context as _, bail};
use sandbox::{HostGrant, SecretGrant, SecretName};
use serde_json::json;

use crate::client::Client;
use crate::failure::Failure;
use crate::workers::Grant;
use crate::{output, values};

const EXAMPLES: &str = "\
Examples:
  fermata worker grant stripe --host api.stripe.com --secret STRIPE_API_KEY@api.stripe.com
  fermata worker grant crm --host 'GET,POST crm.corp:8443+private' --setting base-url=https://crm.corp:8443
  fermata worker grant crm --host crm.example --secret CRM_KEY:x-api-key@crm.example
  fermata worker grant report --memory 256MiB --time 2m --cpu-time 30s
  fermata worker grant crm --limit concurrency=4 --limit requests_per_second=50
  fermata worker grant stripe --revoke-host api.stripe.com
  fermata worker grant stripe --list

A component may do nothing but compute until it is granted more. Grants belong to its name: all its versions
have them, from the next job on.
  --host    [METHOD,… ][http://]NAME[:PORT][+private]; HTTPS without a scheme, any method without methods.
            What is not on the public internet is granted with its port: 127.0.0.1:8025, localhost:8025,
            or a name with +private, which may then resolve to a private address.
  --secret  NAME[:HEADER,…]@[http://]HOST[:PORT]: the host puts the secret into these headers of requests to there,
            without any into `authorization` only; the component itself sees only a placeholder.
  --reveal  NAME: the component sees the value. Rarely needed.
  --limit   NAME=NUMBER: concurrency (jobs at the same time; more wait), requests_per_second (of all jobs together; more
            wait within the time of their job), memory_bytes, table_elements, wall_time_ms, cpu_time_ms, result_bytes,
            checkpoint_bytes, log_bytes, log_records, requests, requests_open, request_bytes, response_bytes.";

/// Grant a component hosts, secrets, settings and limits, or take them back.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The component's name; it need not be uploaded yet
    name: String,
    /// Where it may connect to
    #[arg(long, value_name = "HOST")]
    host: Vec<HostGrant>,
    /// A secret that it may send to a host
    #[arg(long, value_name = "NAME[:HEADER,…]@HOST[:PORT]")]
    secret: Vec<SecretGrant>,
    /// A secret that it may see
    #[arg(long, value_name = "NAME")]
    reveal: Vec<SecretName>,
    /// A setting that it reads, not secret
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_setting)]
    setting: Vec<(String, String)>,
    /// Memory of one job, such as 128MiB
    #[arg(long, value_name = "SIZE", value_parser = values::parse_size)]
    memory: Option<u64>,
    /// How long one job may run, waiting included, such as 60s
    #[arg(long, value_name = "DURATION", value_parser = values::parse_duration)]
    time: Option<Duration>,
    /// How long one job may compute, such as 5s
    #[arg(long, value_name = "DURATION", value_parser = values::parse_duration)]
    cpu_time: Option<Duration>,
    /// Any limit by its name, such as concurrency=4 or requests_per_second=50
    #[arg(long, value_name = "NAME=NUMBER", value_parser = parse_limit)]
    limit: Vec<(String, u64)>,
    /// Take a host back
    #[arg(long, value_name = "HOST")]
    revoke_host: Vec<HostGrant>,
    /// Take a secret for a host back, written with the same headers
    #[arg(long, value_name = "NAME[:HEADER,…]@HOST[:PORT]")]
    revoke_secret: Vec<SecretGrant>,
    /// Hide a secret again
    #[arg(long, value_name = "NAME")]
    revoke_reveal: Vec<SecretName>,
    /// Take a setting back
    #[arg(long, value_name = "KEY")]
    revoke_setting: Vec<String>,
    /// Take all limits back to the host's own
    #[arg(long)]
    revoke_limits: bool,
    /// Show what it is granted
    #[arg(long)]
    list: bool,
    /// Print what it is granted as JSON
    #[arg(long)]
    json: bool,
}

/// How often to begin anew when somebody else changes the same grant meanwhile.
const TRIES_MAX: usize = 10;

/// Runs the command.
pub(crate) async fn run(arguments: Arguments, host: &Client) -> Result<(), Failure> {
    let (grant, changed) = change(&arguments, host).await?;
    if !arguments.list {
        hint_at_typo(&arguments.name, host).await?;
    }
    if arguments.json {
        output::json(&grant)?;
        return Ok(());
    }
    if !arguments.list && !changed {
        output::line("nothing has changed");
    }
    print(&grant);
    Ok(())
}

/// Changes what is granted; gives what is granted then, and whether that is something else than before.
async fn change(arguments: &Arguments, host: &Client) -> anyhow::Result<(Grant, bool)> {
    let mut tries = 1..=TRIES_MAX;
    loop {
        let (present, tag) = host.grant(&arguments.name).await?;
        let present: Grant = serde_json::from_value(present)
            .context("the host's answer holds a grant that this release cannot read")?;
        let mut grant = present.clone();
        revoke(&mut grant, arguments)?;
        add(&mut grant, arguments);
        if grant == present {
            return Ok((grant, false));
        }
        match host.put_grant(&arguments.name, &grant.to_json(), tag).await {
            Ok(()) => return Ok((grant, true)),
            Err(error) if error.is_outdated() && tries.next().is_some() => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// A grant may come before its component, so that a name of nothing is no error; but more often it is a slip.
async fn hint_at_typo(name: &str, host: &Client) -> anyhow::Result<()> {
    let components = host.components().await?;
    if components.iter().any(|component| *component.name == *name) {
        return Ok(());
    }
    let names: BTreeSet<&str> = components.iter().map(|component| component.name.as_str()).collect();
    let names = if names.is_empty() {
        "no component is here yet".to_owned()
    } else {
        format!("here are {}", Vec::from_iter(names).join(", "))
    };
    eprintln!("note: no component is called `{name}` yet: the grant waits for one; {names}");
    Ok(())
}

/// Prints what a component is granted.
pub(super) fn print(grant: &Grant) {
    let mut lines = Vec::new();
    lines.extend(grant.grants.hosts.iter().map(|host| format!("to call {host}")));
    lines.extend(grant.grants.secrets.iter().map(|secret| format!("to send secret {secret}")));
    lines.extend(grant.grants.reveal.iter().map(|name| format!("to see secret {name}")));
    lines.extend(grant.settings.iter().map(|(key, value)| format!("setting {key}={value}")));
    lines.extend(grant.limits.iter().map(|(name, value)| format!("limit {name} = {value}")));
    output::line(format_args!("granted  {}", lines.first().map_or("nothing", String::as_str)));
    for line in lines.iter().skip(1) {
        output::line(format_args!("         {line}"));
    }
}

fn add(grant: &mut Grant, arguments: &Arguments) {
    add_each(&mut grant.grants.hosts, &arguments.host);
    add_each(&mut grant.grants.secrets, &arguments.secret);
    add_each(&mut grant.grants.reveal, &arguments.reveal);
    grant.settings.extend(arguments.setting.iter().cloned());
    for (name, number) in &arguments.limit {
        grant.limits.insert(name.clone(), json!(number));
    }
    if let Some(bytes) = arguments.memory {
        grant.limits.insert("memory_bytes".to_owned(), json!(bytes));
    }
    for (name, duration) in [("wall_time_ms", arguments.time), ("cpu_time_ms", arguments.cpu_time)] {
        if let Some(duration) = duration {
            let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
            grant.limits.insert(name.to_owned(), json!(millis));
        }
    }
}

fn parse_limit(text: &str) -> Result<(String, u64), String> {
    let limit = text.split_once('=').and_then(|(name, number)| Some((name, number.parse().ok()?)));
    match limit {
        Some((name, number)) if !name.is_empty() => Ok((name.to_owned(), number)),
        _ => Err("expected NAME=NUMBER, such as concurrency=4".to_owned()),
    }
}

fn revoke(grant: &mut Grant, arguments: &Arguments) -> anyhow::Result<()> {
    revoke_each(&mut grant.grants.hosts, &arguments.revoke_host)?;
    revoke_each(&mut grant.grants.secrets, &arguments.revoke_secret)?;
    revoke_each(&mut grant.grants.reveal, &arguments.revoke_reveal)?;
    for key in &arguments.revoke_setting {
        if grant.settings.remove(key).is_none() {
            bail!("`{key}` is not set: `--list` shows what is");
        }
    }
    if arguments.revoke_limits {
        grant.limits.clear();
    }
    Ok(())
}

fn add_each<T: Clone + PartialEq>(granted: &mut Vec<T>, more: &[T]) {
    for one in more {
        if !granted.contains(one) {
            granted.push(one.clone());
        }
    }
}

fn revoke_each<T: Display + PartialEq>(granted: &mut Vec<T>, less: &[T]) -> anyhow::Result<()> {
    for one in less {
        let Some(at) = granted.iter().position(|other| other == one) else {
            bail!("`{one}` is not granted: `--list` shows what is");
        };
        granted.remove(at);
    }
    Ok(())
}

fn parse_setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn apply(grant: &mut Grant, line: &[&str]) -> anyhow::Result<()> {
        let arguments = Line::try_parse_from([&["grant", "crm"], line].concat())?.arguments;
        revoke(grant, &arguments)?;
        add(grant, &arguments);
        Ok(())
    }

    #[test]
    fn grants_add_up_and_are_taken_back_one_by_one() -> anyhow::Result<()> {
        let mut grant = Grant::nothing("crm");
        apply(&mut grant, &["--host", "crm.example", "--host", "POST crm.example:8443"])?;
        apply(&mut grant, &["--host", "crm.example:443", "--secret", "KEY@crm.example", "--reveal", "SEED"])?;
        apply(&mut grant, &["--setting", "url=https://a=b", "--memory", "1MiB", "--time", "90s"])?;
        apply(&mut grant, &["--limit", "concurrency=4"])?;
        assert_eq!(
            grant.to_json(),
            json!({
                "component": "crm",
                "limits": { "concurrency": 4, "memory_bytes": 1_048_576, "wall_time_ms": 90_000 },
                "grants": {
                    "hosts": ["crm.example", "POST crm.example:8443"],
                    "secrets": ["KEY@crm.example"],
                    "reveal": ["SEED"],
                },
                "settings": { "url": "https://a=b" },
            })
        );
        apply(&mut grant, &["--revoke-host", "POST crm.example:8443", "--revoke-secret", "KEY@crm.example"])?;
        apply(&mut grant, &["--revoke-reveal", "SEED", "--revoke-setting", "url", "--revoke-limits"])?;
        apply(&mut grant, &["--revoke-host", "crm.example", "--host", "other.example"])?;
        let left = json!({ "hosts": ["other.example"], "secrets": [], "reveal": [] });
        assert_eq!(grant.to_json()["grants"], left);
        assert_eq!((grant.limits.len(), grant.settings.len()), (0, 0));
        Ok(())
    }

    #[test]
    fn what_was_not_granted_cannot_be_taken_back() {
        for line in
            [["--revoke-host", "crm.example"], ["--revoke-setting", "url"], ["--revoke-reveal", "SEED"]]
        {
            let message = apply(&mut Grant::nothing("crm"), &line).map_err(|error| error.to_string());
            assert!(message.is_err_and(|message| message.contains("`--list` shows what is")), "{line:?}");
        }
    }

    #[test]
    fn what_is_no_grant_is_refused_with_its_problem() {
        for (line, expected) in [
            (["--host", "*.crm.example"], "name each host"),
            (["--secret", "KEY"], "write `NAME@host`"),
            (["--setting", "url"], "expected KEY=VALUE"),
            (["--memory", "lots"], "expected a size"),
            (["--limit", "concurrency"], "expected NAME=NUMBER"),
        ] {
            let message = apply(&mut Grant::nothing("crm"), &line).map_err(|error| error.to_string());
            assert!(message.is_err_and(|message| message.contains(expected)), "{line:?}");
        }
    }
}
