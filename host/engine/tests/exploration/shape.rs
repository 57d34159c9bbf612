//! What a state looks like without its keys and times: two that look alike go on alike.

use std::fmt::Write as _;

use engine::state::{Awaited, JobState, Role};
use types::ElementInstanceKey;

use crate::world::World;

/// Lines that describe the state, in an order that does not depend on keys.
pub(crate) fn shape(world: &World) -> String {
    let state = &world.state;
    let Some(instance) = state.instance() else { return "nothing".to_owned() };
    let mut text = format!(
        "{:?}{}{}\n",
        instance.state,
        if instance.paused { " paused" } else { "" },
        if instance.suspended { " held" } else { "" }
    );
    if state.is_active() {
        text.push_str(&scope(world, instance.key.root_scope(), 0));
    }
    text
}

fn scope(world: &World, key: ElementInstanceKey, depth: usize) -> String {
    let state = &world.state;
    let Some(element) = state.element(key) else { return String::new() };
    let mut lines = Vec::new();
    for (name, variable) in state.local_variables(key) {
        lines.push(format!("{name} = {}", variable.value));
    }
    for job in state.jobs_of(key) {
        let stands = match &job.state {
            JobState::Activatable { .. } => "waits",
            JobState::Activated { .. } | JobState::Running { .. } => "held",
            JobState::Stopped => "stopped",
        };
        lines.push(format!("job {:?} {stands} retries {}", job.kind, job.retries.min(3)));
    }
    lines.extend(
        state.timers_of(key).map(|timer| format!("timer {} held {}", timer.element, timer.is_held())),
    );
    lines.extend(state.subscriptions_of(key).map(|row| match &row.awaited {
        Awaited::Condition { held, left } => format!("condition {} held {held} left {left:?}", row.element),
        _ => format!("subscription {} {}", row.element, row.trigger),
    }));
    lines.extend(
        state
            .user_tasks_of(key)
            .map(|task| format!("user task {:?}", task.pending.as_ref().map(|change| change.kind))),
    );
    lines.extend(state.incidents_of(key).map(|incident| format!("incident {:?}", incident.kind)));
    lines.extend(
        state.tokens_in(key).iter().map(|(place, count)| format!("{count} tokens on {}", place.flow)),
    );
    lines.extend(state.compensables_of(key).map(|kept| {
        let stands = (kept.within.is_some(), kept.undone_by.is_some(), kept.handler.is_some());
        format!("kept {} {stands:?}", kept.activity)
    }));
    lines.extend(element.sequel.iter().map(|sequel| format!("then {sequel:?}")));
    lines.sort();
    let mut children: Vec<String> =
        element.child_keys().map(|child| scope(world, child, depth + 1)).collect();
    children.sort();
    let indent = "  ".repeat(depth);
    let role = match element.role {
        Role::Plain => String::new(),
        role => format!(" {role:?}"),
    };
    let called = if element.called.is_some() { " called" } else { "" };
    let mut text =
        format!("{indent}{}{role} {:?} {}{called}\n", element.element, element.state, element.listeners_done);
    for line in lines {
        let _ = writeln!(text, "{indent}  - {line}");
    }
    text + &children.concat()
}
