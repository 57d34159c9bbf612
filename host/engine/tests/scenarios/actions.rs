//! The actions of a scenario.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use engine::command::{
    AssignUserTask, CompleteJob, CreateInstance, FailJob, JobAttempt, JobResult, ThrowError, UpdateJob,
    Worker,
};
use engine::{Command, Event};
use types::{BpmnError, ElementInstanceKey, Failure, JobKey, SharedStr, TenantId, Variables};

use crate::trace::describe;
use crate::world::{DEFINITION, World};

/// Carries out one action and gives what happened, a line each.
pub(crate) fn act(world: &mut World, action: &str) -> anyhow::Result<Vec<String>> {
    let (verb, rest) = action.split_once(' ').unwrap_or((action, ""));
    match verb {
        "advance" => return advance(world, rest.trim().parse().context("milliseconds")?),
        "sleep" => {
            world.now = world.now + std::time::Duration::from_millis(rest.trim().parse()?);
            return Ok(Vec::new());
        }
        "brief" => return Ok(tally(&act(world, rest)?)),
        _ => {}
    }
    let command = command(world, verb, rest.trim())?;
    Ok(step(world, command))
}

fn step(world: &mut World, command: Command) -> Vec<String> {
    match world.step(command) {
        Ok(events) => {
            let mut lines: Vec<String> = events.iter().filter_map(|event| describe(world, event)).collect();
            if events.iter().any(|event| matches!(event, Event::Paused {})) {
                lines.push("paused".to_owned());
            }
            lines
        }
        Err(rejection) => vec![format!("rejected: {rejection}")],
    }
}

/// How often each thing has happened, for actions that do much.
fn tally(lines: &[String]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for line in lines {
        *counts.entry(line.split(' ').next().unwrap_or_default()).or_default() += 1;
    }
    counts.into_iter().map(|(what, count)| format!("{count} × {what}")).collect()
}

fn command(world: &World, verb: &str, rest: &str) -> anyhow::Result<Command> {
    let (target, arguments) = rest.split_once(' ').unwrap_or((rest, ""));
    let attempt = |world: &World| anyhow::Ok(JobAttempt::current(job(world, target)?));
    Ok(match verb {
        "start" => Command::CreateInstance(CreateInstance {
            definition: DEFINITION,
            tenant: TenantId::default(),
            variables: variables(rest)?,
            business_id: None,
            tags: Vec::new(),
        }),
        "cancel" => Command::CancelInstance,
        "continue" => Command::Continue,
        "complete" => Command::CompleteJob(CompleteJob {
            attempt: attempt(world)?,
            result: JobResult::Variables(variables(arguments)?),
        }),
        "work" => Command::CompleteJob(CompleteJob {
            attempt: attempt(world)?,
            result: JobResult::Worker(variables(arguments)?),
        }),
        "again" => Command::PostponeJob { attempt: attempt(world)?, after_ms: arguments.parse()? },
        "respond" => Command::CompleteJob(CompleteJob {
            attempt: attempt(world)?,
            result: JobResult::Connector(variables(arguments)?),
        }),
        "fail" | "connector-fail" => {
            let (retries, message) =
                arguments.split_once(' ').context("fail ELEMENT RETRIES MESSAGE [VARIABLES]")?;
            let (message, json) = message.split_at(message.find(" {").unwrap_or(message.len()));
            Command::FailJob(FailJob {
                attempt: attempt(world)?,
                failure: Failure {
                    message: message.to_owned(),
                    retries: if retries == "-" { None } else { Some(retries.parse()?) },
                    retry_after_ms: None,
                },
                variables: variables(json.trim())?,
                by: if verb == "fail" { Worker::External } else { Worker::Component },
            })
        }
        "throw" => {
            let (code, json) = arguments.split_once(' ').unwrap_or((arguments, ""));
            Command::ThrowError(ThrowError {
                attempt: attempt(world)?,
                error: BpmnError {
                    code: code.to_owned(),
                    message: format!("{code} happened"),
                    variables: variables(json)?,
                },
            })
        }
        "retries" => Command::UpdateJob(UpdateJob {
            job: job(world, target)?,
            retries: Some(arguments.parse()?),
            deadline: None,
        }),
        "interrupt" => Command::InterruptJob { job: job(world, target)? },
        "run" => {
            let job = world.state.job(job(world, target)?).context("job")?;
            Command::StartJob(engine::command::StartJob {
                job: job.key,
                attempt: job.attempt + 1,
                worker: SharedStr::from("component@1.0.0"),
                deadline: world.now + std::time::Duration::from_secs(10),
            })
        }
        "take" => Command::ActivateJob(engine::command::ActivateJob {
            job: job(world, target)?,
            worker: SharedStr::from("worker"),
            deadline: world.now + std::time::Duration::from_secs(10),
        }),
        "time-out" => Command::TimeOutJob { job: job(world, target)? },
        "assign" => Command::AssignUserTask(AssignUserTask {
            task: user_task(world, target)?,
            assignee: SharedStr::from(arguments),
            allow_override: false,
        }),
        "unassign" => Command::UnassignUserTask { task: user_task(world, target)? },
        "finish" => {
            Command::CompleteUserTask { task: user_task(world, target)?, variables: variables(arguments)? }
        }
        "resolve" => Command::ResolveIncident {
            incident: world
                .state
                .incidents()
                .find(|incident| *incident.element == *target)
                .context("no open incident there")?
                .key,
        },
        "set" | "set-local" => Command::SetVariables {
            scope: scope(world, target)?,
            variables: variables(arguments)?,
            local: verb == "set-local",
        },
        other => bail!("unknown action `{other}`"),
    })
}

/// Moves the clock and triggers the timers that are then due, in order.
fn advance(world: &mut World, millis: u64) -> anyhow::Result<Vec<String>> {
    let end = world.now + std::time::Duration::from_millis(millis);
    let mut lines = Vec::new();
    loop {
        let next = world
            .state
            .timers()
            .filter(|timer| timer.due <= end)
            .min_by_key(|timer| (timer.due, timer.key))
            .map(|timer| (timer.key, timer.due));
        let Some((timer, due)) = next else { break };
        world.now = due.max(world.now);
        lines.extend(step(world, Command::TriggerTimer { timer }));
        world.check_invariants()?;
    }
    world.now = end;
    Ok(lines)
}

fn variables(json: &str) -> anyhow::Result<Variables> {
    if json.is_empty() { Ok(Variables::new()) } else { Ok(Variables::parse(json)?) }
}

fn job(world: &World, element: &str) -> anyhow::Result<JobKey> {
    if let Ok(key) = element.parse() {
        return Ok(key);
    }
    world
        .state
        .jobs()
        .find(|job| {
            world.state.element(job.element_instance).is_some_and(|instance| *instance.element == *element)
        })
        .map(|job| job.key)
        .with_context(|| format!("element `{element}` has no job"))
}

fn user_task(world: &World, element: &str) -> anyhow::Result<types::UserTaskKey> {
    if let Ok(key) = element.parse() {
        return Ok(key);
    }
    world
        .state
        .user_tasks()
        .find(|task| *task.element == *element)
        .map(|task| task.key)
        .with_context(|| format!("element `{element}` has no user task"))
}

fn scope(world: &World, element: &str) -> anyhow::Result<ElementInstanceKey> {
    world
        .state
        .elements()
        .find(|instance| *instance.element == *element)
        .map(|instance| instance.key)
        .with_context(|| format!("element `{element}` is not active"))
}
