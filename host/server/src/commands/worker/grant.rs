//! `fermata worker grant`: what a component may do.

use std::collections::BTreeSet;
use std::fmt::Display;

use anyhow::{Context as _, bail};
use api::GrantChangeView;
use sandbox::{HostGrant, SecretGrant, SecretName};
use serde_json::{Value, json};

use super::super::similar;
use super::limits::{self, LimitOptions};
use crate::client::Client;
use crate::failure::Failure;
use crate::output;
use crate::workers::Grant;

const EXAMPLES: &str = "\
Examples:
  fermata worker grant stripe --host api.stripe.com --secret STRIPE_API_KEY@api.stripe.com
  fermata worker grant crm --host 'GET,POST crm.corp:8443+private' --setting base-url=https://crm.corp:8443
  fermata worker grant crm --host crm.example --secret CRM_KEY:x-api-key@crm.example
  fermata worker grant report --memory 256MiB --time 2m --cpu-time 30s
  fermata worker grant crm --limit concurrency=4 --limit requests_per_second=50
  fermata worker grant stripe --revoke-host api.stripe.com
  fermata worker grant stripe --revoke-secret STRIPE_API_KEY@api.stripe.com --reason 'the key has leaked'
  fermata worker grant stripe --list
  fermata worker grant stripe --history

A component may do nothing but compute until it is granted more. Grants belong to its name: all its versions
have them, from the next job on.
  --host    [METHOD,… ][http://]NAME[:PORT][+private]; HTTPS without a scheme, any method without methods.
            What is not on the public internet is granted with its port: 127.0.0.1:8025, localhost:8025,
            or a name with +private, which may then resolve to a private address.
  --secret  NAME[:HEADER,…]@[http://]HOST[:PORT]: the host puts the secret into these headers of requests to there,
            without any into `authorization` only; the component itself sees only a placeholder.
  --reveal  NAME: the component sees the value. Rarely needed.
  --limit   NAME=NUMBER, of bytes, milliseconds or things. The limits, without a grant and a setting of the host, and
            between what they can be set:
";

fn after_help() -> String {
    format!("{EXAMPLES}{}", limits::list())
}

/// Grant a component hosts, secrets, settings and limits, or take them back.
#[derive(clap::Args)]
#[command(after_help = after_help())]
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
    #[command(flatten)]
    limits: LimitOptions,
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
    /// Why, for the history
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Show who has changed what it is granted, when and why; the last change comes first
    #[arg(long, conflicts_with_all = [
        "host", "secret", "reveal", "setting", "memory", "time", "cpu_time", "limit", "revoke_host", "revoke_secret",
        "revoke_reveal", "revoke_setting", "revoke_limits", "list", "reason",
    ])]
    history: bool,
    /// Only changes before this one
    #[arg(long, value_name = "REVISION", requires = "history")]
    before: Option<i64>,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// Changes that are shown at a time: as many as a host gives.
const HISTORY_LINES_MAX: u32 = 200;
/// Names that are told when none is like the one that was given.
const NAMES_TOLD_MAX: usize = 20;

/// How often to begin anew when somebody else changes the same grant meanwhile.
const TRIES_MAX: usize = 10;

/// Runs the command.
pub(crate) async fn run(arguments: Arguments, host: &Client) -> Result<(), Failure> {
    if arguments.history {
        return history(&arguments, host).await;
    }
    let (grant, changed) = change(&arguments, host).await?;
    let is_nothing = arguments.list && grant == Grant::nothing(&arguments.name);
    hint_at_typo(&arguments.name, is_nothing, host).await?;
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
        add(&mut grant, arguments)?;
        if grant == present {
            return Ok((grant, false));
        }
        let mut json = grant.to_json();
        json["reason"] = arguments.reason.clone().into();
        match host.put_grant(&arguments.name, &json, tag).await {
            Ok(()) => return Ok((grant, true)),
            Err(error) if error.is_outdated() && tries.next().is_some() => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Shows the changes of what a component is granted.
async fn history(arguments: &Arguments, host: &Client) -> Result<(), Failure> {
    let Arguments { name, before, .. } = arguments;
    let changes = host.grant_history(name, *before, HISTORY_LINES_MAX).await?;
    if arguments.json {
        output::json(&changes)?;
        return Ok(());
    }
    let empty = "no changes: nothing was granted, or by an earlier release";
    output::table(["REVISION", "AT", "BY", "CHANGE", "REASON"], changes.iter().map(row).collect(), empty);
    Ok(())
}

fn row(change: &GrantChangeView) -> [String; 5] {
    let read = |json: &Option<Value>| match json {
        None => Some(Grant::default()),
        // A later release may have written it.
        Some(json) => serde_json::from_value::<Grant>(json.clone()).ok(),
    };
    let changed = match (read(&change.from), read(&change.to)) {
        (Some(before), Some(after)) => after.changes_from(&before),
        _ => change.to.as_ref().map(ToString::to_string).unwrap_or_default(),
    };
    [
        change.revision.to_string(),
        output::time(change.changed_at),
        change.changed_by.to_string(),
        changed,
        change.reason.clone(),
    ]
}

/// A grant may come before its component, so that a name of nothing is no error; but more often it is a slip.
async fn hint_at_typo(name: &str, is_nothing: bool, host: &Client) -> anyhow::Result<()> {
    let components = host.components().await?;
    let names: BTreeSet<&str> = components.iter().map(|component| component.name.as_str()).collect();
    if let Some(note) = note_of_typo(name, is_nothing, &names) {
        eprintln!("note: {note}");
    }
    Ok(())
}

/// What there is to say of a name that no component has.
fn note_of_typo(name: &str, is_nothing: bool, names: &BTreeSet<&str>) -> Option<String> {
    if names.contains(name) {
        return None;
    }
    let what = if is_nothing { "and nothing is granted to that name" } else { "for which the grant waits" };
    let meant = if names.is_empty() {
        "no component is here yet".to_owned()
    } else {
        similar::did_you_mean(name, names.iter().copied()).unwrap_or_else(|| {
            let more = if names.len() > NAMES_TOLD_MAX { ", …" } else { "" };
            let told: Vec<&str> = names.iter().copied().take(NAMES_TOLD_MAX).collect();
            format!("here are {}{more}", told.join(", "))
        })
    };
    Some(format!("no component is called `{name}` yet, {what}; {meant}"))
}

/// Prints what a component is granted.
pub(super) fn print(grant: &Grant) {
    let lines = grant.lines();
    output::line(format_args!("granted  {}", lines.first().map_or("nothing", String::as_str)));
    for line in lines.iter().skip(1) {
        output::line(format_args!("         {line}"));
    }
}

fn add(grant: &mut Grant, arguments: &Arguments) -> anyhow::Result<()> {
    add_each(&mut grant.grants.hosts, &arguments.host);
    add_each(&mut grant.grants.secrets, &arguments.secret);
    add_each(&mut grant.grants.reveal, &arguments.reveal);
    grant.settings.extend(arguments.setting.iter().cloned());
    for (limit, value) in arguments.limits.given()? {
        grant.limits.insert(limit.name().to_owned(), json!(value));
    }
    Ok(())
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
        add(grant, &arguments)
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

    /// Whoever asks for both would take the one that is left out for done.
    #[test]
    fn a_history_is_shown_and_nothing_else_done() {
        use clap::CommandFactory as _;

        let with_history = ["before", "json", "history", "help"];
        for option in Line::command().get_arguments().filter_map(|option| option.get_long()) {
            if with_history.contains(&option) {
                continue;
            }
            let value = match option {
                "revoke-limits" | "list" => None,
                "secret" | "revoke-secret" => Some("KEY@crm.example"),
                "setting" => Some("url=x"),
                "reveal" | "revoke-reveal" => Some("SEED"),
                "limit" => Some("concurrency=4"),
                "memory" => Some("1MiB"),
                "time" | "cpu-time" => Some("1s"),
                _ => Some("crm.example"),
            };
            let value = value.map(|value| format!("={value}")).unwrap_or_default();
            let given = format!("--{option}{value}");
            assert!(Line::try_parse_from(["grant", "crm", &given]).is_ok(), "{given}");
            let kind =
                Line::try_parse_from(["grant", "crm", "--history", &given]).map_err(|error| error.kind());
            assert_eq!(kind.err(), Some(clap::error::ErrorKind::ArgumentConflict), "{given}");
        }
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

    #[test]
    fn a_name_of_no_component_is_noted_also_when_it_is_only_listed() {
        let names = BTreeSet::from(["crm", "stripe"]);
        let note = |name, is_nothing| note_of_typo(name, is_nothing, &names);
        assert_eq!(note("crm", true), None);
        assert_eq!(
            note("strip", true).as_deref(),
            Some(
                "no component is called `strip` yet, and nothing is granted to that name; did you mean `stripe`?"
            )
        );
        assert_eq!(
            note("payment", false).as_deref(),
            Some("no component is called `payment` yet, for which the grant waits; here are crm, stripe")
        );
        let nobody = note_of_typo("crm", true, &BTreeSet::new());
        assert!(nobody.is_some_and(|note| note.ends_with("no component is here yet")));
    }
}
