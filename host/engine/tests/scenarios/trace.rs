//! Events as lines that a person reads.

use engine::Event;
use engine::Outgoing;
use engine::outgoing::WantedFile;
use engine::state::{Awaited, ElementState, InstanceState, Role, Sequel, TaskCorrections, Timer};
use types::{ElementInstanceKey, SharedStr};

use crate::world::World;

/// What has happened, in a line; `None` for what other lines tell already.
pub(crate) fn describe(world: &World, event: &Event) -> Option<String> {
    let element = |key: &ElementInstanceKey| name(&world.state, world, *key);
    Some(match event {
        Event::InstanceCreated { bpmn_process_id, .. } => format!("start {bpmn_process_id}"),
        Event::InstanceCompleted { .. } => "instance completed".to_owned(),
        Event::InstanceTerminated { .. } => "instance terminated".to_owned(),
        Event::EndPlanned { after } => format!("is to end after {after:?}"),
        Event::Paused {} => return None,
        Event::Resumed {} => "resumed".to_owned(),
        Event::TokenParked { flow, .. } => format!("token waits on {flow}"),
        Event::TokenTaken { flow, .. } => format!("token taken from {flow}"),
        Event::ElementEntered { element, flow, state, role, .. } => {
            let activating = if *state == ElementState::Activating { " (activating)" } else { "" };
            let role = match role {
                None | Some(Role::Plain) => String::new(),
                Some(Role::Loop) => " as loop".to_owned(),
                Some(Role::Item { counter }) => format!(" as item {counter}"),
                Some(Role::Path) => " as path".to_owned(),
            };
            match flow {
                Some(flow) => format!("enter {element}{role} by {flow}{activating}"),
                None => format!("enter {element}{role}{activating}"),
            }
        }
        Event::ElementActivated { key } => format!("activate {}", element(key)),
        Event::ElementCompleting { key } => format!("completing {}", element(key)),
        Event::ElementCompleted { key, .. } => format!("leave {}", element(key)),
        Event::ElementTerminated { key, .. } => format!("terminate {}", element(key)),
        Event::ElementTerminating { key, sequel } => {
            format!("terminating {}{}", element(key), then(sequel.as_ref()))
        }
        Event::ScopeEmptying { key, sequel } => format!("emptying {}{}", element(key), then(Some(sequel))),
        Event::ScopeEmptied { key } => format!("{} is empty", element(key)),
        Event::CalledEnded { key } => format!("what {} has called has ended", element(key)),
        Event::VariableSet { scope, name, value, .. } => {
            format!("set {name} = {value} in {}", element(scope))
        }
        Event::JobCreated { job_type, retries, headers, .. } => {
            let headers: Vec<String> =
                headers.iter().map(|header| format!(" {}={}", header.name, header.value)).collect();
            format!("job {job_type}, retries {retries}{}", headers.concat())
        }
        Event::JobActivated { attempt, worker, .. } => format!("job taken by {worker}, attempt {attempt}"),
        Event::JobStarted { attempt, worker, .. } => format!("job runs in {worker}, attempt {attempt}"),
        Event::JobInterrupted { retries, .. } => format!("job interrupted, retries {retries}"),
        Event::JobTimedOut { retries, .. } => format!("job timed out, retries {retries}"),
        Event::JobCompleted { .. } => "job completed".to_owned(),
        Event::JobCanceled { .. } => "job canceled".to_owned(),
        Event::JobFailed { retries, retry_at, message, .. } => {
            let wait = match retry_at.since(world.now).as_millis() {
                0 => String::new(),
                millis => format!(" in {millis} ms"),
            };
            format!("job failed, retries {retries}{wait}: {message}")
        }
        Event::JobErrorThrown { code, .. } => format!("error {code} thrown"),
        Event::JobErrorUncaught { code, .. } => format!("error {code} uncaught"),
        Event::JobRetriesUpdated { retries, .. } => format!("job retries {retries}"),
        Event::JobDeadlineUpdated { .. } => "job deadline changed".to_owned(),
        Event::JobPostponed { retry_at, .. } => {
            format!("job postponed by {} ms", retry_at.since(world.now).as_millis())
        }
        Event::JobParked { deadline, .. } => {
            format!("job parked for {} ms", deadline.since(world.now).as_millis())
        }
        Event::JobReleased { .. } => "job released".to_owned(),
        Event::CheckpointSaved { value, .. } => format!("checkpoint of {} bytes", value.len()),
        Event::TimerCreated { element, due, fired, .. } if *due == Timer::HELD => {
            format!("timer {element} held, fired {fired}")
        }
        Event::TimerCreated { element, due, fired, .. } => {
            format!("timer {element} in {} ms, fired {fired}", due.as_millis() - world.now.as_millis())
        }
        Event::TimerTriggered { .. } => "timer fires".to_owned(),
        Event::UserTaskCreated { assignee, candidate_groups, form_key, form, priority, .. } => format!(
            "user task, assignee {}, groups {candidate_groups:?}, form {}, priority {priority}",
            assignee.as_deref().unwrap_or("-"),
            match form {
                Some(form) => form.to_string(),
                None => form_key.as_deref().unwrap_or("-").to_owned(),
            }
        ),
        Event::UserTaskAssigned { assignee, .. } => {
            format!("user task assigned to {}", assignee.as_deref().unwrap_or("nobody"))
        }
        Event::UserTaskUpdated { priority, .. } => format!("user task updated, priority {priority}"),
        Event::UserTaskCompleted { .. } => "user task completed".to_owned(),
        Event::IncidentCreated { kind, message, .. } => format!("incident {}: {message}", kind.name()),
        Event::IncidentResolved { .. } => "incident resolved".to_owned(),
        Event::Suspended {} => "suspended".to_owned(),
        Event::Unsuspended {} => "let go".to_owned(),
        Event::InstanceMigrated { version, renamed, .. } => {
            let names: Vec<String> =
                renamed.iter().map(|name| format!(" {} as {}", name.from, name.to)).collect();
            format!("migrated to version {version}{}", names.concat())
        }
        Event::ListenerCompleted { key } => format!("listener of {} done", element(key)),
        Event::LoopStarted { key, total, .. } => match total {
            Some(total) => format!("loop {} over {total} items", element(key)),
            None => format!("loop {}", element(key)),
        },
        Event::LoopClosed { key } => format!("{} takes on nothing more", element(key)),
        Event::LoopResultKept { counter, value, .. } => format!("result {counter} is {value}"),
        Event::ProcessCalled { key, .. } => format!("{} has called", element(key)),
        Event::UserTaskChangePending { change, .. } => {
            format!("user task change {:?} waits, {} listeners done", change.kind, change.listeners_done)
        }
        Event::UserTaskChangeDecided { corrections, denied_reason, .. } => match corrections {
            Some(corrections) => format!("user task change made{}", describe_corrections(corrections)),
            None => {
                let reason = denied_reason.as_deref().map(|reason| format!(": {reason}"));
                format!("user task change refused{}", reason.unwrap_or_default())
            }
        },
        Event::SubscriptionOpened { element, awaited, .. } => match awaited {
            Awaited::Message { name, correlation_key } => {
                format!("{element} waits for message {name} with key {correlation_key}")
            }
            Awaited::Signal { name } => format!("{element} waits for signal {name}"),
            Awaited::Condition { .. } => format!("{element} waits for its condition"),
        },
        Event::SubscriptionTriggered { .. } => "subscription triggered".to_owned(),
        Event::SubscriptionClosed { .. } => "subscription closed".to_owned(),
        Event::ConditionSeen { holds, .. } => format!("condition seen, holds: {holds}"),
        Event::CompensationKept { activity, .. } => format!("{activity} can be undone"),
        Event::CompensationMoved { key, scope, .. } => {
            format!("{} can be undone from {}", world.kept_activity(*key), element(scope))
        }
        Event::CompensationStarted { key, handler, undone_by } => match handler {
            Some(handler) => format!("{} undoes {}", element(handler), world.kept_activity(*key)),
            None => format!("{} is to undo {}", element(undone_by), world.kept_activity(*key)),
        },
        Event::CompensationEnded { key } => format!("{} is done with", world.kept_activity(*key)),
        Event::CompensationReleased { key } => format!("{} is not undone", world.kept_activity(*key)),
        Event::DecisionEvaluated { decision_id, output, failure, .. } => match (output, failure) {
            (Some(output), _) => format!("decision {decision_id} gives {output}"),
            (None, failure) => {
                format!("decision {decision_id} fails: {}", failure.as_deref().unwrap_or_default())
            }
        },
    })
}

fn then(sequel: Option<&Sequel>) -> String {
    match sequel {
        None => String::new(),
        Some(Sequel::Event { element, .. }) => format!(", then {element}"),
        Some(Sequel::Leave {}) => ", then it is left".to_owned(),
        Some(Sequel::Undo { .. }) => ", then all is undone".to_owned(),
    }
}

fn describe_corrections(corrections: &TaskCorrections) -> String {
    let TaskCorrections { assignee, candidate_groups, candidate_users, due_date, follow_up_date, priority } =
        corrections;
    let date = |date: &Option<types::Timestamp>| {
        date.map(|date| if date == types::Timestamp::MAX { "none".to_owned() } else { format!("{date:?}") })
    };
    [
        ("assignee", assignee.as_ref().map(|assignee| format!("{assignee:?}"))),
        ("groups", candidate_groups.as_ref().map(|groups| format!("{groups:?}"))),
        ("users", candidate_users.as_ref().map(|users| format!("{users:?}"))),
        ("due", date(due_date)),
        ("follow-up", date(follow_up_date)),
        ("priority", priority.map(|priority| priority.to_string())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some(format!(", {name} {}", value?)))
    .collect()
}

/// The version tag that is asked for, if any.
fn tagged(tag: Option<&SharedStr>) -> String {
    tag.map(|tag| format!(" tagged {tag}")).unwrap_or_default()
}

/// What is asked of others, in a line.
pub(crate) fn describe_outgoing(world: &World, outgoing: &Outgoing) -> String {
    let element = |key: ElementInstanceKey| name(&world.state, world, key);
    match outgoing {
        Outgoing::CallProcess(call) => format!(
            "asks to call {}{} for {} with {}",
            call.bpmn_process_id,
            tagged(call.version_tag.as_ref()),
            element(call.caller.element_instance),
            call.variables.to_json()
        ),
        Outgoing::CancelCalled { .. } => "asks to cancel what it has called".to_owned(),
        Outgoing::CalledTerminated { .. } => "tells its caller that it was ended".to_owned(),
        Outgoing::CalledCompleted { variables, .. } => format!("tells its caller of {}", variables.to_json()),
        Outgoing::ErrorInCalled { error, .. } => format!("asks its caller to catch error {}", error.code),
        Outgoing::ErrorUncaught { error } => format!("tells that error {} is not caught", error.code),
        Outgoing::EscalationInCalled { code, .. } => format!("escalates {code} to its caller"),
        Outgoing::EvaluateDecision(decision) => {
            format!("asks for decision {}{}", decision.decision_id, tagged(decision.version_tag.as_ref()))
        }
        Outgoing::FindFiles(find) => {
            let file = |file: &WantedFile| {
                let deployed = if file.deployed_with.is_some() { " of its deployment" } else { "" };
                format!("{:?} {}{}{deployed}", file.kind, file.id, tagged(file.version_tag.as_ref()))
            };
            format!("asks for {}", find.files.iter().map(file).collect::<Vec<_>>().join(", "))
        }
        Outgoing::OpenSubscription { mailbox, once, .. } => {
            let once = if *once { " once" } else { "" };
            format!("asks mailbox {}/{} to open{once}", mailbox.name, mailbox.correlation_key)
        }
        Outgoing::CloseSubscription { mailbox, .. } => {
            format!("asks mailbox {}/{} to close", mailbox.name, mailbox.correlation_key)
        }
        Outgoing::Correlated { taken, .. } => {
            format!("has {} the message", if *taken { "taken" } else { "not taken" })
        }
        Outgoing::Correlate { .. } | Outgoing::StartByMessage { .. } | Outgoing::ExpireMessages { .. } => {
            format!("{outgoing:?}")
        }
        Outgoing::StartedInstanceEnded { .. } => "tells the mailbox of its end".to_owned(),
        Outgoing::BroadcastSignal { name, .. } => format!("broadcasts signal {name}"),
    }
}

/// An element instance's element, also when it has ended: the world remembers.
fn name(state: &InstanceState, world: &World, key: ElementInstanceKey) -> String {
    match state.element(key) {
        Some(instance) => instance.element.to_string(),
        None => world.element_name(key),
    }
}
