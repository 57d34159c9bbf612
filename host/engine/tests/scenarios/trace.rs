//! Events as lines that a person reads.

use engine::Event;
use engine::state::{ElementState, InstanceState, Timer};
use types::ElementInstanceKey;

use crate::world::World;

/// What has happened, in a line; `None` for what other lines tell already.
pub(crate) fn describe(world: &World, event: &Event) -> Option<String> {
    let element = |key: &ElementInstanceKey| name(&world.state, world, *key);
    Some(match event {
        Event::InstanceCreated { bpmn_process_id, .. } => format!("start {bpmn_process_id}"),
        Event::InstanceCompleted { .. } => "instance completed".to_owned(),
        Event::InstanceTerminated { .. } => "instance terminated".to_owned(),
        Event::Paused {} => return None,
        Event::Resumed {} => "resumed".to_owned(),
        Event::TokenParked { flow, .. } => format!("token waits on {flow}"),
        Event::TokenTaken { flow, .. } => format!("token taken from {flow}"),
        Event::ElementEntered { element, flow, state, .. } => {
            let activating = if *state == ElementState::Activating { " (activating)" } else { "" };
            match flow {
                Some(flow) => format!("enter {element} by {flow}{activating}"),
                None => format!("enter {element}{activating}"),
            }
        }
        Event::ElementActivated { key } => format!("activate {}", element(key)),
        Event::ElementCompleting { key } => format!("completing {}", element(key)),
        Event::ElementCompleted { key, .. } => format!("leave {}", element(key)),
        Event::ElementTerminated { key, .. } => format!("terminate {}", element(key)),
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
        Event::JobReleased { .. } => "job released".to_owned(),
        Event::CheckpointSaved { value, .. } => format!("checkpoint of {} bytes", value.len()),
        Event::TimerCreated { element, due, fired, .. } if *due == Timer::HELD => {
            format!("timer {element} held, fired {fired}")
        }
        Event::TimerCreated { element, due, fired, .. } => {
            format!("timer {element} in {} ms, fired {fired}", due.as_millis() - world.now.as_millis())
        }
        Event::TimerTriggered { .. } => "timer fires".to_owned(),
        Event::UserTaskCreated { assignee, candidate_groups, form_key, priority, .. } => format!(
            "user task, assignee {}, groups {candidate_groups:?}, form {}, priority {priority}",
            assignee.as_deref().unwrap_or("-"),
            form_key.as_deref().unwrap_or("-")
        ),
        Event::UserTaskAssigned { assignee, .. } => {
            format!("user task assigned to {}", assignee.as_deref().unwrap_or("nobody"))
        }
        Event::UserTaskUpdated { priority, .. } => format!("user task updated, priority {priority}"),
        Event::UserTaskCompleted { .. } => "user task completed".to_owned(),
        Event::IncidentCreated { kind, message, .. } => format!("incident {}: {message}", kind.name()),
        Event::IncidentResolved { .. } => "incident resolved".to_owned(),
    })
}

/// An element instance's element, also when it has ended: the world remembers.
fn name(state: &InstanceState, world: &World, key: ElementInstanceKey) -> String {
    match state.element(key) {
        Some(instance) => instance.element.to_string(),
        None => world.element_name(key),
    }
}
