//! `fermata worker rollout`: which versions do the jobs of a type.

use std::time::Duration;

use api::RolloutView;
use semver::VersionReq;

use super::super::similar;
use crate::client::{self, Client};
use crate::failure::Failure;
use crate::workers::{Guard, Label, Pin, Plan, Process, Share, SplitBy};
use crate::{output, values};

const EXAMPLES: &str = "\
Examples:
  fermata worker rollout                                   all roll-outs
  fermata worker rollout charge                            that of one job type
  fermata worker rollout charge --version pay@1.0.0        one version, whatever is uploaded later
  fermata worker rollout charge --version pay@1.0.0=90 --version pay@1.1.0=10 --fail-above 5%
  fermata worker rollout charge --version pay@1.0.0=50 --version pay@1.1.0=50 --process order --by-instance
  fermata worker rollout charge --version pay@2.0.0 --pin order:3=^1.2
  fermata worker rollout charge --version pay@1.1.0 --if-revision 17
  fermata worker rollout charge --remove                   the newest upload serves again

All versions of a roll-out are of one component: jobs are not shared between two, which have grants and limits of their
own. With one version of another component the jobs of the type move there as a whole.
A roll-out is replaced as a whole; with --if-revision only if nobody has changed it since.
The first version is the stable one, the others are canaries: with --process they do jobs of that process only, and one
that fails in more attempts than --fail-above allows is given up by the host.
Failures are traps, exceeded limits and times, and what the component calls a failure; neither BPMN errors
nor what the host itself fails at are.
An attempt ends on the version that it began with; a retry takes the version of the moment.
A task that asks for versions in its header `workerVersion`, or whose process is pinned, gets those of the roll-out
in the range, or else the highest version of the same component that is in it.
Without a roll-out a job type belongs to the component that has served it first, and its newest upload does the jobs.";

/// Say which versions of components do the jobs of a type, or show it.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The job type; without, all roll-outs are shown
    job_type: Option<String>,
    /// A version and its share of the attempts in percent, 100 without; several are of one component
    #[arg(long, value_name = "NAME@VERSION[=WEIGHT]", value_parser = parse_share, requires = "job_type")]
    version: Vec<Share>,
    /// Only jobs of this process go to canaries: its id in the model, and its version
    #[arg(long, value_name = "ID[:VERSION]", value_parser = parse_process, requires = "version")]
    process: Option<(String, Option<u32>)>,
    /// Split process instances instead of attempts, so that a retry stays with its version
    #[arg(long, requires = "version")]
    by_instance: bool,
    /// Give a canary up when more of its attempts fail
    #[arg(long, value_name = "PERCENT", value_parser = parse_percent, requires = "version")]
    fail_above: Option<f64>,
    /// Give a canary up when it fails in so many percentage points more than the stable version
    #[arg(long, value_name = "POINTS", value_parser = parse_percent, requires = "version")]
    fail_above_stable: Option<f64>,
    /// Attempts of a version before its failures count [default: 20]
    #[arg(long, value_name = "ATTEMPTS", requires = "version")]
    after: Option<u32>,
    /// How far back attempts count, in whole seconds [default: 1m]
    #[arg(long, value_name = "DURATION", value_parser = values::parse_duration, requires = "version")]
    window: Option<Duration>,
    /// Jobs of a process, or of one version of it, go to a range of versions
    #[arg(long, value_name = "ID[:VERSION]=RANGE", value_parser = parse_pin, requires = "version")]
    pin: Vec<Pin>,
    /// Remove the roll-out
    #[arg(long, conflicts_with = "version", requires = "job_type")]
    remove: bool,
    /// Only if this is the roll-out's revision, as it is shown
    #[arg(long, value_name = "REVISION", requires = "job_type")]
    if_revision: Option<i64>,
    /// Why, for the history
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(arguments: Arguments, host: &Client) -> Result<(), Failure> {
    let json = arguments.json;
    let Some(job_type) = arguments.job_type.clone() else {
        let rollouts = host.rollouts().await?;
        return if json { Ok(output::json(&rollouts)?) } else { Ok(list(&rollouts)?) };
    };
    if arguments.remove {
        if let Err(error) = host.delete_rollout(&job_type, &arguments.reason, arguments.if_revision).await {
            return Err(explained(error, &job_type, &[], host).await);
        }
        let components = host.components().await?;
        let serving: Vec<String> = components
            .iter()
            .filter(|component| component.serving.contains(&job_type.as_str().into()))
            .map(|component| format!("{}@{}", component.name, component.version))
            .collect();
        output::line(if serving.is_empty() {
            format!("the roll-out of {job_type} is removed: no component serves it now")
        } else {
            format!("the roll-out of {job_type} is removed: {} serves it", serving.join(", "))
        });
        return Ok(());
    }
    let versions: Vec<Label> = arguments.version.iter().map(|share| share.version.clone()).collect();
    let rollout = if versions.is_empty() {
        if arguments.if_revision.is_some() {
            return Err(anyhow::anyhow!("--if-revision guards a change: add --version or --remove").into());
        }
        host.rollout(&job_type).await
    } else {
        let (reason, expected) = (arguments.reason.clone(), arguments.if_revision);
        let mut plan = plan(arguments)?.to_json();
        plan["reason"] = reason.into();
        host.put_rollout(&job_type, &plan, expected).await
    };
    let rollout = match rollout {
        Ok(rollout) => rollout,
        Err(error) => return Err(explained(error, &job_type, &versions, host).await),
    };
    if json { Ok(output::json(&rollout)?) } else { Ok(print(&rollout)?) }
}

/// The failure, and what may have been meant by names of nothing.
pub(super) async fn explained(
    error: client::Error,
    job_type: &str,
    versions: &[Label],
    host: &Client,
) -> Failure {
    let mut hints = Vec::new();
    if error.is_refusal() {
        hints = similar::job_type(host, job_type).await;
        for label in versions {
            hints.extend(similar::component(host, &label.name, Some(&label.version.to_string())).await);
        }
    }
    Failure::from(error).with_hints(hints)
}

fn plan(arguments: Arguments) -> anyhow::Result<Plan> {
    let Arguments { fail_above, fail_above_stable, after, window, .. } = arguments;
    let guard = match (fail_above, fail_above_stable) {
        (None, None) if after.is_some() || window.is_some() => {
            anyhow::bail!(
                "--after and --window say when failures count: add --fail-above or --fail-above-stable"
            )
        }
        (None, None) => None,
        (fail_above_percent, fail_above_stable_by) => Some(Guard {
            fail_above_percent,
            fail_above_stable_by,
            after_attempts: after.unwrap_or(Guard::after_attempts_default()),
            window_seconds: match window {
                None => Guard::window_seconds_default(),
                Some(window) if window.subsec_nanos() == 0 => {
                    u32::try_from(window.as_secs()).unwrap_or(u32::MAX)
                }
                Some(_) => anyhow::bail!("--window takes whole seconds"),
            },
        }),
    };
    let process = arguments.process.map(|(id, version)| Process {
        process_definition_id: Some(id),
        process_definition_version: version,
        process_definition_key: None,
    });
    Ok(Plan {
        versions: arguments.version,
        split_by: if arguments.by_instance { SplitBy::ProcessInstance } else { SplitBy::Attempt },
        process,
        guard,
        pins: arguments.pin,
    })
}

/// Prints a roll-out.
pub(super) fn print(rollout: &RolloutView) -> anyhow::Result<()> {
    let plan = Plan::read(rollout.plan.clone())?;
    let (revision, by) = (rollout.revision, &rollout.changed_by);
    let since = output::time(rollout.changed_at);
    output::line(format_args!("{}: revision {revision}, since {since}, by {by}", rollout.job_type));
    for rule in rules(&plan) {
        output::line(format_args!("  {rule}"));
    }
    output::line("");
    let rows = plan.versions.iter().enumerate().map(|(index, share)| {
        let counted = rollout.counted.get(index);
        [
            share.version.to_string(),
            format!("{} %", share.weight),
            (if index == 0 { "stable" } else { "canary" }).to_owned(),
            counted.map(|count| count.attempts.to_string()).unwrap_or_default(),
            counted.map(|count| count.failures.to_string()).unwrap_or_default(),
        ]
    });
    output::table(["VERSION", "SHARE", "", "ATTEMPTS", "FAILED"], rows.collect(), "");
    for version in &rollout.missing {
        output::line("");
        output::line(missing(version));
    }
    for note in &rollout.notes {
        output::line("");
        output::line(format_args!("note: {}", note.message));
    }
    Ok(())
}

fn missing(version: &str) -> String {
    format!("{version} is not here, or no longer does such jobs: its share of the jobs fails")
}

fn list(rollouts: &[RolloutView]) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for rollout in rollouts {
        let plan = Plan::read(rollout.plan.clone())?;
        rows.push([
            rollout.job_type.to_string(),
            shares(&plan),
            rules(&plan).join("; "),
            output::time(rollout.changed_at),
            rollout.changed_by.to_string(),
        ]);
    }
    let empty = "no roll-outs: the newest upload of each job type's component serves it";
    output::table(["JOB TYPE", "VERSIONS", "RULES", "SINCE", "BY"], rows, empty);
    for rollout in rollouts {
        for version in &rollout.missing {
            output::line(format_args!("{}: {}", rollout.job_type, missing(version)));
        }
        for note in &rollout.notes {
            output::line(format_args!("{}: {}", rollout.job_type, note.message));
        }
    }
    Ok(())
}

/// The versions of a plan in one line.
fn shares(plan: &Plan) -> String {
    let shares = plan.versions.iter().map(|share| format!("{} {} %", share.version, share.weight));
    shares.collect::<Vec<_>>().join(", ")
}

fn rules(plan: &Plan) -> Vec<String> {
    let mut rules = Vec::new();
    if let Some(process) = &plan.process {
        let which = match (&process.process_definition_id, process.process_definition_key) {
            (Some(id), _) => in_versions(id, process.process_definition_version),
            (None, Some(key)) => format!("with key {key}"),
            (None, None) => String::new(),
        };
        rules.push(format!("canaries in process {which} only"));
    }
    if plan.split_by == SplitBy::ProcessInstance {
        rules.push("split by process instance".to_owned());
    }
    if let Some(guard) = &plan.guard {
        let above = guard.fail_above_percent.map(|percent| format!("above {percent} % failures"));
        let by = guard.fail_above_stable_by.map(|points| format!("{points} points above the stable version"));
        let measures: Vec<String> = above.into_iter().chain(by).collect();
        let (after, window) = (guard.after_attempts, guard.window_seconds);
        rules.push(format!("given up {}, after {after} attempts, within {window} s", measures.join(" or ")));
    }
    rules.extend(plan.pins.iter().map(|pin| {
        let process = in_versions(&pin.process_definition_id, pin.process_definition_version);
        format!("process {process} pinned to {}", pin.worker_version)
    }));
    rules
}

fn in_versions(id: &str, version: Option<u32>) -> String {
    version.map_or_else(|| id.to_owned(), |version| format!("{id} version {version}"))
}

fn parse_share(text: &str) -> Result<Share, String> {
    let (label, weight) = match text.rsplit_once('=') {
        Some((label, weight)) => (label, weight.trim_end_matches('%')),
        None => (text, "100"),
    };
    let weight =
        weight.parse().map_err(|_| format!("expected a weight in whole percent, found `{weight}`"))?;
    Ok(Share { version: label.parse::<Label>()?, weight })
}

fn parse_percent(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').trim_end();
    match number.parse::<f64>() {
        Ok(percent) if (0.0..100.0).contains(&percent) => Ok(percent),
        _ => Err(format!("expected a percentage from 0 to below 100, found `{text}`")),
    }
}

fn parse_process(text: &str) -> Result<(String, Option<u32>), String> {
    let (id, version) = match text.rsplit_once(':') {
        None => (text, None),
        Some((id, version)) => match version.parse() {
            Ok(version) if version > 0 => (id, Some(version)),
            _ => return Err(format!("expected a version of the process from 1, found `{version}`")),
        },
    };
    if id.is_empty() {
        return Err("expected the process's id in the model".to_owned());
    }
    Ok((id.to_owned(), version))
}

fn parse_pin(text: &str) -> Result<Pin, String> {
    let expected = || format!("expected something like `order:3=^1.2`, found `{text}`");
    let (process, range) = text.split_once('=').ok_or_else(expected)?;
    let (id, version) = parse_process(process)?;
    let range = VersionReq::parse(range).map_err(|error| format!("{}: {error}", expected()))?;
    Ok(Pin { process_definition_id: id, process_definition_version: version, worker_version: range })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;
    use serde_json::json;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn read(line: &[&str]) -> anyhow::Result<Plan> {
        plan(Line::try_parse_from([&["rollout", "charge"], line].concat())?.arguments)
    }

    #[test]
    fn a_line_says_all_that_a_plan_may_say() -> anyhow::Result<()> {
        let plan = read(&[
            "--version=pay@1.0.0=90",
            "--version=pay@1.1.0=10%",
            "--process=order:3",
            "--by-instance",
            "--fail-above=5%",
            "--fail-above-stable=2.5",
            "--after=7",
            "--window=2m",
            "--pin=order=>=1.2, <3",
            "--pin=a:b:4=^1",
        ])?;
        let expected = json!({
            "versions": [{ "version": "pay@1.0.0", "weight": 90 }, { "version": "pay@1.1.0", "weight": 10 }],
            "splitBy": "processInstance",
            "process": { "processDefinitionId": "order", "processDefinitionVersion": 3 },
            "guard": { "failAbovePercent": 5.0, "failAboveStableBy": 2.5, "afterAttempts": 7, "windowSeconds": 120 },
            "pins": [
                { "processDefinitionId": "order", "workerVersion": ">=1.2, <3" },
                { "processDefinitionId": "a:b", "processDefinitionVersion": 4, "workerVersion": "^1" },
            ],
        });
        assert_eq!(plan.to_json(), expected);
        assert_eq!(Plan::read(expected)?, plan);
        assert_eq!(
            rules(&plan),
            [
                "canaries in process order version 3 only",
                "split by process instance",
                "given up above 5 % failures or 2.5 points above the stable version, after 7 attempts, within 120 s",
                "process order pinned to >=1.2, <3",
                "process a:b version 4 pinned to ^1",
            ]
        );
        assert_eq!(shares(&plan), "pay@1.0.0 90 %, pay@1.1.0 10 %");
        assert_eq!(
            read(&["--version=pay@1.0.0"])?,
            Plan::only("pay@1.0.0".parse().map_err(anyhow::Error::msg)?)
        );
        Ok(())
    }

    #[test]
    fn what_says_nothing_is_refused() {
        for (line, expected) in [
            (&["--version=pay=10"][..], "such as `pay@1.0.0`"),
            (&["--version=external=10"], "external workers get no share"),
            (&["--version=pay@1.0.0=ten"], "expected a weight"),
            (&["--version=pay@1.0.0", "--after=3"], "add --fail-above"),
            (&["--version=pay@1.0.0", "--fail-above=5", "--window=500ms"], "whole seconds"),
            (&["--version=pay@1.0.0", "--fail-above=100%"], "below 100"),
            (&["--version=pay@1.0.0", "--process=order:latest"], "version of the process"),
            (&["--version=pay@1.0.0", "--pin=order"], "something like `order:3=^1.2`"),
            (&["--version=pay@1.0.0", "--pin=order=new"], "unexpected character"),
            (&["--fail-above=5"], "--version"),
            (&["--version=pay@1.0.0", "--remove"], "cannot be used with"),
        ] {
            let message = read(line).map(drop).map_err(|error| format!("{error:#}"));
            assert!(
                message.as_ref().is_err_and(|message| message.contains(expected)),
                "{expected}: {message:?}"
            );
        }
    }
}
