//! Every row belongs to an instance that is there, and to an element instance that is there; what has ended has no rows
//! but those that people look at.

use std::collections::BTreeSet;

use engine::state::{InstanceStatus, Rows, UserTaskState};
use types::{ElementInstanceKey, ProcessInstanceKey};

use super::{Checker, Findings};
use crate::evidence::Evidence;

pub(super) fn check(evidence: &Evidence, found: &mut Findings) {
    for (key, instance) in &evidence.instances {
        if let Some(rows) = &instance.rows {
            in_instance(*key, rows, found);
        }
    }
    of_nothing(evidence, found);
}

/// Rows of one instance, as they are loaded.
fn in_instance(key: ProcessInstanceKey, rows: &Rows, found: &mut Findings) {
    let root = key.root_scope();
    let is_active = rows.instance.state == InstanceStatus::Active;
    let elements: BTreeSet<ElementInstanceKey> =
        is_active.then_some(root).into_iter().chain(rows.elements.iter().map(|row| row.key)).collect();
    let mut expect = |is_there: bool, what: String| {
        if !is_there {
            found.add(Checker::Orphans, Some(key), format!("{what} belongs to nothing that is there"));
        }
    };
    for element in &rows.elements {
        expect(elements.contains(&element.scope), format!("element instance {}", element.key));
    }
    for job in &rows.jobs {
        expect(elements.contains(&job.element_instance), format!("job {}", job.key));
    }
    for timer in &rows.timers {
        expect(elements.contains(&timer.element_instance), format!("timer {}", timer.key));
    }
    for token in &rows.tokens {
        expect(elements.contains(&token.place.scope), format!("token on {}", token.place.flow));
    }
    for variable in &rows.variables {
        // Those of the process stay when it has ended.
        let is_there = variable.scope == root || elements.contains(&variable.scope);
        expect(is_there, format!("variable {}", variable.name));
    }
    for task in &rows.user_tasks {
        expect(elements.contains(&task.element_instance), format!("open user task {}", task.key));
    }
    for incident in &rows.incidents {
        expect(elements.contains(&incident.element_instance), format!("open incident {}", incident.key));
        let has_job = incident.job.is_none_or(|job| rows.jobs.iter().any(|row| row.key == job));
        expect(has_job, format!("open incident {} of a job", incident.key));
    }
    expect(
        usize::try_from(rows.instance.open_incidents) == Ok(rows.incidents.len()),
        format!("the count of {} open incidents", rows.instance.open_incidents),
    );
}

/// Rows that searches find, whatever they belong to.
fn of_nothing(evidence: &Evidence, found: &mut Findings) {
    let is_active = |key: &ProcessInstanceKey| {
        let rows = evidence.instances.get(key).and_then(|instance| instance.rows.as_ref());
        rows.is_some_and(|rows| rows.instance.state == InstanceStatus::Active)
    };
    let exists = |key: &ProcessInstanceKey| {
        evidence.instances.get(key).is_some_and(|instance| instance.rows.is_some())
    };
    let mut expect = |holds: bool, key: ProcessInstanceKey, what: String| {
        if !holds {
            found.add(
                Checker::Orphans,
                Some(key),
                format!("{what} is found by searches, its instance is not"),
            );
        }
    };
    for record in &evidence.jobs {
        let key = record.origin.instance;
        expect(is_active(&key), key, format!("job {}", record.job.key));
    }
    for record in &evidence.user_tasks {
        let key = record.origin.instance;
        let holds = if record.task.state == UserTaskState::Created { is_active(&key) } else { exists(&key) };
        expect(holds, key, format!("user task {}", record.task.key));
    }
    for record in &evidence.incidents {
        let key = record.origin.instance;
        let holds = if record.incident.ended_at.is_none() { is_active(&key) } else { exists(&key) };
        expect(holds, key, format!("incident {}", record.incident.key));
    }
    for record in &evidence.variables {
        let key = record.instance;
        let holds = if record.scope == key.root_scope() { exists(&key) } else { is_active(&key) };
        expect(holds, key, format!("variable {}", record.name));
    }
}
