//! The actions of a scenario.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use engine::command::{
    ActivateElement, AdHocActivity, AdHocResult, AssignUserTask, CalledDecision, CompleteJob, CreateInstance,
    FailJob, JobAttempt, JobResult, ListenerVerdict, MigrateInstance, ModifyInstance, MoveElement, Start,
    ThrowError, UpdateJob, UpdateUserTask, Worker,
};
use engine::state::{Awaited, Caller, MailboxAddress, Role, Subscription, TaskCorrections};
use engine::{Command, Event, Output};
use types::{
    BpmnError, DecisionKey, ElementInstanceKey, Failure, FileKind, JobKey, MessageKey, ProcessInstanceKey,
    SharedStr, SignalKey, TenantId, Timestamp, Variables,
};

use crate::trace::{describe, describe_outgoing};
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
        "describe" => return describe_for_worker(world, rest.trim()),
        "brief" => return Ok(tally(&act(world, rest)?)),
        _ => {}
    }
    let command = command(world, verb, rest.trim())?;
    Ok(step(world, command))
}

/// What a worker knows of a job besides its variables of the process.
fn describe_for_worker(world: &World, target: &str) -> anyhow::Result<Vec<String>> {
    let key = job(world, target)?;
    let description = world.describe_job(key).context("job")?;
    let headers = description.headers.iter().map(|(name, value)| format!("{name}: {value}"));
    Ok(headers.chain([format!("sees {}", description.variables.to_json())]).collect())
}

fn step(world: &mut World, command: Command) -> Vec<String> {
    match world.step(command) {
        Ok(Output { events, outgoing }) => {
            let mut lines: Vec<String> = events.iter().filter_map(|event| describe(world, event)).collect();
            lines.extend(outgoing.iter().map(|outgoing| describe_outgoing(world, outgoing)));
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
        "start" => Command::CreateInstance(creation(variables(rest)?)),
        "start-called" => Command::CreateInstance(CreateInstance {
            caller: Some(Caller {
                instance: ProcessInstanceKey::from_i64(1),
                element_instance: ElementInstanceKey::from_i64(1),
                root: ProcessInstanceKey::from_i64(1),
                depth: 1,
            }),
            ..creation(variables(rest)?)
        }),
        "cancel" => Command::CancelInstance,
        "cancel-called" => Command::CancelCalled,
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
        "park" => Command::ParkJob { attempt: attempt(world)?, within_ms: arguments.parse()? },
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
                    retries: if retries == "-" { None } else { Some(retries.parse()?) },
                    variables: variables(json.trim())?,
                    ..Failure::new(message)
                },
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
        "steer" => Command::CompleteJob(CompleteJob {
            attempt: attempt(world)?,
            result: JobResult::AdHoc(ad_hoc_result(arguments)?),
        }),
        "activate" | "activate-only" => Command::ActivateAdHoc {
            element_instance: scope(world, target)?,
            activities: activities(&serde_json::from_str(arguments)?)?,
            cancels_remaining: verb == "activate-only",
        },
        "decide" => Command::EvaluateDecision {
            element_instance: scope(world, target)?,
            decision: Ok(decision(arguments)?),
        },
        "not-decided" => Command::EvaluateDecision {
            element_instance: scope(world, target)?,
            decision: Err(arguments.to_owned()),
        },
        "find" => Command::UseFiles {
            element_instance: scope(world, target)?,
            files: Ok(arguments.split_whitespace().map(str::parse).collect::<Result<_, _>>()?),
        },
        "find-no-form" | "find-no-resource" => Command::UseFiles {
            element_instance: scope(world, target)?,
            files: Err(engine::command::MissingFile {
                kind: if verb == "find-no-form" { FileKind::Form } else { FileKind::Resource },
                message: arguments.to_owned(),
            }),
        },
        "deny" | "correct" => Command::CompleteJob(CompleteJob {
            attempt: attempt(world)?,
            result: JobResult::TaskListener(ListenerVerdict {
                denied: verb == "deny",
                denied_reason: (verb == "deny" && !arguments.is_empty()).then(|| SharedStr::from(arguments)),
                corrections: corrections(if verb == "deny" { "" } else { arguments })?,
            }),
        }),
        "update" => {
            let corrections = corrections(arguments)?;
            Command::UpdateUserTask(UpdateUserTask {
                task: user_task(world, target)?,
                candidate_groups: corrections.candidate_groups,
                candidate_users: corrections.candidate_users,
                due_date: corrections.due_date.map(|date| Some(date).filter(|date| *date != Timestamp::MAX)),
                follow_up_date: corrections
                    .follow_up_date
                    .map(|date| Some(date).filter(|date| *date != Timestamp::MAX)),
                priority: corrections.priority,
            })
        }
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
                .find(|incident| is_meant(world, incident.element_instance, target))
                .context("no open incident there")?
                .key,
        },
        "message" => {
            let subscription =
                subscription(world, target, |awaited| matches!(awaited, Awaited::Message { .. }))?;
            let Awaited::Message { name, correlation_key } = subscription.awaited else {
                bail!("`{target}` waits for no message")
            };
            Command::Correlate {
                mailbox: MailboxAddress { tenant: TenantId::default(), name, correlation_key },
                subscription: subscription.key,
                message: MessageKey::from_i64(1),
                variables: variables(arguments)?,
            }
        }
        "signal" => Command::ReceiveSignal {
            subscription: subscription(world, target, |awaited| matches!(awaited, Awaited::Signal { .. }))?
                .key,
            signal: SignalKey::from_i64(1),
            variables: variables(arguments)?,
        },
        "called" => Command::ProcessCalled {
            element_instance: scope(world, target)?,
            called: Ok(ProcessInstanceKey::from_i64(1)),
        },
        "not-called" => Command::ProcessCalled {
            element_instance: scope(world, target)?,
            called: Err(arguments.to_owned()),
        },
        "called-ends" => Command::CalledCompleted {
            element_instance: scope(world, target)?,
            variables: variables(arguments)?,
        },
        "called-terminated" => Command::CalledTerminated { element_instance: scope(world, target)? },
        "called-throws" => Command::ErrorInCalled {
            element_instance: scope(world, target)?,
            error: engine::outgoing::ThrownError {
                code: SharedStr::from(arguments),
                message: SharedStr::default(),
                variables: Variables::new(),
                instance: ProcessInstanceKey::from_i64(1),
                element_instance: ElementInstanceKey::from_i64(1),
                job: None,
            },
        },
        "trigger" => Command::TriggerTimer {
            timer: world
                .state
                .timers()
                .find(|timer| *timer.element == *target)
                .with_context(|| format!("element `{target}` has no timer"))?
                .key,
        },
        "error-uncaught" => Command::ErrorUncaught {
            error: engine::outgoing::ThrownError {
                code: SharedStr::from(arguments),
                message: SharedStr::default(),
                variables: Variables::new(),
                instance: world.state.instance().context("no instance")?.key,
                element_instance: scope(world, target)?,
                job: None,
            },
        },
        "called-escalates" => Command::EscalationInCalled {
            element_instance: scope(world, target)?,
            code: SharedStr::from(arguments),
        },
        "start-at" => Command::CreateInstance(CreateInstance {
            start: Start::Event { element: SharedStr::from(target), message: None },
            ..creation(variables(arguments)?)
        }),
        "start-until" => Command::CreateInstance(CreateInstance {
            ends_after: target.split(',').map(SharedStr::from).collect(),
            ..creation(variables(arguments)?)
        }),
        "start-before" => Command::CreateInstance(CreateInstance {
            start: Start::Before(target.split(',').map(SharedStr::from).collect()),
            ..creation(variables(arguments)?)
        }),
        "modify" => Command::ModifyInstance(modification(world, rest)?),
        "migrate" => Command::MigrateInstance(MigrateInstance {
            definition: crate::world::version(target.parse()?),
            mappings: arguments
                .split_whitespace()
                .map(|mapping| mapping.split_once('=').context("migrate VERSION FROM=TO"))
                .map(|mapping| mapping.map(|(from, to)| (SharedStr::from(from), SharedStr::from(to))))
                .collect::<anyhow::Result<_>>()?,
        }),
        "suspend" => Command::SuspendInstance,
        "let-go" => Command::UnsuspendInstance,
        "set" | "set-local" => Command::SetVariables {
            scope: scope(world, target)?,
            variables: variables(arguments)?,
            local: verb == "set-local",
        },
        other => bail!("unknown action `{other}`"),
    })
}

fn creation(variables: Variables) -> CreateInstance {
    CreateInstance {
        definition: DEFINITION,
        tenant: TenantId::default(),
        variables,
        business_id: None,
        tags: Vec::new(),
        start: Start::Default,
        ends_after: Vec::new(),
        caller: None,
    }
}

/// A modification: instructions with `; ` between them.
///
/// `before ELEMENT`, `after ELEMENT`, `end ELEMENT`, `move SOURCE TARGET` and `move SOURCE after TARGET`. What enters may go
/// on with `in SCOPE` and with `with {…}` or `with SCOPE {…}` for variables. `ELEMENT#2` is the second instance of an element.
fn modification(world: &World, text: &str) -> anyhow::Result<ModifyInstance> {
    let mut modify = ModifyInstance::default();
    for instruction in text.split("; ") {
        let (verb, rest) = instruction.split_once(' ').context("an instruction has an element")?;
        match verb {
            "before" => modify.activate.push(activation(world, false, rest)?),
            "after" => modify.activate.push(activation(world, true, rest)?),
            "end" => modify.terminate.push(instance(world, rest)?),
            "move" => {
                let (source, target) = rest.split_once(' ').context("move SOURCE TARGET")?;
                let target = match target.strip_prefix("after ") {
                    Some(target) => activation(world, true, target)?,
                    None => activation(world, false, target)?,
                };
                modify.moves.push(MoveElement { source: SharedStr::from(source), target });
            }
            other => bail!("unknown instruction `{other}`"),
        }
    }
    Ok(modify)
}

fn activation(world: &World, after: bool, text: &str) -> anyhow::Result<ActivateElement> {
    let (text, given) = text.split_once(" with ").map_or((text, None), |(text, given)| (text, Some(given)));
    let (element, ancestor) = match text.split_once(" in ") {
        Some((element, ancestor)) => (element, Some(instance(world, ancestor)?)),
        None => (text, None),
    };
    let variables = match given {
        None => Vec::new(),
        Some(json) if json.starts_with('{') => vec![(None, variables(json)?)],
        Some(given) => {
            let (scope, json) = given.split_once(' ').context("with SCOPE {…}")?;
            vec![(Some(SharedStr::from(scope)), variables(json)?)]
        }
    };
    Ok(ActivateElement { element: SharedStr::from(element), after, ancestor, variables })
}

/// An instance of an element: the first, or the one that a number names, or a key.
fn instance(world: &World, text: &str) -> anyhow::Result<ElementInstanceKey> {
    if let Ok(key) = text.parse() {
        return Ok(key);
    }
    let (element, number) = text.split_once('#').unwrap_or((text, "1"));
    let mut instances = world.state.elements().filter(|instance| *instance.element == *element);
    let found = instances.nth(number.parse::<usize>()?.saturating_sub(1));
    found.map(|instance| instance.key).with_context(|| format!("element `{text}` is not active"))
}

/// Moves the clock and triggers the timers that are then due, in order.
fn advance(world: &mut World, millis: u64) -> anyhow::Result<Vec<String>> {
    let end = world.now + std::time::Duration::from_millis(millis);
    let mut lines = Vec::new();
    loop {
        let next = world
            .state
            .timers()
            .filter(|timer| timer.due <= end && !timer.suspended)
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
        .find(|job| is_meant(world, job.element_instance, element))
        .map(|job| job.key)
        .with_context(|| format!("element `{element}` has no job"))
}

fn subscription(
    world: &World,
    element: &str,
    is_wanted: impl Fn(&Awaited) -> bool,
) -> anyhow::Result<Subscription> {
    let (name, _) = element.split_once('#').unwrap_or((element, ""));
    let found = world.state.subscriptions().find(|subscription| {
        *subscription.element == *name
            && is_wanted(&subscription.awaited)
            && (name == element || is_meant(world, subscription.element_instance, element))
    });
    found.cloned().with_context(|| format!("element `{element}` waits for nothing"))
}

fn user_task(world: &World, element: &str) -> anyhow::Result<types::UserTaskKey> {
    if let Ok(key) = element.parse() {
        return Ok(key);
    }
    world
        .state
        .user_tasks()
        .find(|task| is_meant(world, task.element_instance, element))
        .map(|task| task.key)
        .with_context(|| format!("element `{element}` has no user task"))
}

fn scope(world: &World, element: &str) -> anyhow::Result<ElementInstanceKey> {
    world
        .state
        .elements()
        .find(|instance| is_meant(world, instance.key, element))
        .map(|instance| instance.key)
        .with_context(|| format!("element `{element}` is not active"))
}

/// Whether an element instance is of the element `target`; `work#2` is the one in the item of a loop with that counter,
/// `work#path` a path through the ad-hoc sub-process `work`.
fn is_meant(world: &World, key: ElementInstanceKey, target: &str) -> bool {
    let (name, item) = target.split_once('#').unwrap_or((target, ""));
    let is_element = world.state.element(key).is_some_and(|instance| *instance.element == *name);
    let role = |key| world.state.element(key).map(|instance| instance.role);
    is_element
        && match item {
            "" => true,
            "path" => role(key) == Some(Role::Path),
            counter => {
                let mut items = world.state.scopes_from(key).filter_map(role).filter_map(|role| match role {
                    Role::Item { counter } => Some(counter.to_string()),
                    _ => None,
                });
                items.next().is_some_and(|found| found == counter)
            }
        }
}

fn ad_hoc_result(json: &str) -> anyhow::Result<AdHocResult> {
    let json: serde_json::Value = serde_json::from_str(json)?;
    let is = |name: &str| json.get(name) == Some(&true.into());
    Ok(AdHocResult {
        variables: variables(&json.get("variables").map(ToString::to_string).unwrap_or_default())?,
        activities: json.get("activate").map(activities).transpose()?.unwrap_or_default(),
        is_done: is("done"),
        cancels_remaining: is("cancel"),
    })
}

/// `{"activity": {"variable": 1}}`, or a list of such objects.
fn activities(json: &serde_json::Value) -> anyhow::Result<Vec<AdHocActivity>> {
    let objects = json.as_array().cloned().unwrap_or_else(|| vec![json.clone()]);
    let entries = objects.iter().filter_map(|object| object.as_object()).flatten();
    entries
        .map(|(element, local)| {
            Ok(AdHocActivity {
                element: SharedStr::from(element.as_str()),
                variables: variables(&local.to_string())?,
            })
        })
        .collect()
}

fn corrections(json: &str) -> anyhow::Result<TaskCorrections> {
    let json: serde_json::Value = serde_json::from_str(if json.is_empty() { "{}" } else { json })?;
    let text = |value: &serde_json::Value| value.as_str().map(SharedStr::from);
    let list = |name: &str| Some(json.get(name)?.as_array()?.iter().filter_map(text).collect::<Vec<_>>());
    // An empty text clears a date.
    let date = |name: &str| match json.get(name).and_then(|date| date.as_str()) {
        None => anyhow::Ok(None),
        Some("") => Ok(Some(Timestamp::MAX)),
        Some(date) => Ok(Some(bpmn::timer::parse_date(date)?)),
    };
    Ok(TaskCorrections {
        assignee: json.get("assignee").and_then(text),
        candidate_groups: list("candidateGroups"),
        candidate_users: list("candidateUsers"),
        due_date: date("dueDate")?,
        follow_up_date: date("followUpDate")?,
        priority: json.get("priority").and_then(|priority| priority.as_u64()).map(|priority| priority as u8),
    })
}

/// `FILE DECISION`: a decision of a model in the folder of the scenarios.
fn decision(arguments: &str) -> anyhow::Result<Arc<CalledDecision>> {
    let (file, id) = arguments.split_once(' ').context("decide ELEMENT FILE DECISION")?;
    let xml = std::fs::read_to_string(crate::scenarios_folder().join(file))?;
    let parsed = dmn::parse(&xml, &dmn::Options::new(file));
    let model =
        parsed.model.with_context(|| format!("the decisions have errors: {:?}", parsed.diagnostics))?;
    Ok(Arc::new(CalledDecision {
        key: DecisionKey::from_i64(1),
        decision_id: SharedStr::from(id),
        version: 1,
        model,
    }))
}
