//! What the job of a task listener says of its user task.

use engine::state::{TaskChangeKind, TaskCorrections, UserTask};
use serde::Serialize;
use types::{ResourceKey, SharedStr, Timestamp, UserTaskKey};

/// A user task as it will be if its listeners agree.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaskToBe {
    action: &'static str,
    assignee: Option<SharedStr>,
    candidate_groups: Vec<SharedStr>,
    candidate_users: Vec<SharedStr>,
    changed_attributes: Vec<&'static str>,
    #[serde(serialize_with = "crate::time::optional::serialize")]
    due_date: Option<Timestamp>,
    #[serde(serialize_with = "crate::time::optional::serialize")]
    follow_up_date: Option<Timestamp>,
    /// The form that the model links to; others have no key.
    form_key: Option<ResourceKey>,
    priority: u8,
    user_task_key: UserTaskKey,
}

impl From<UserTask> for TaskToBe {
    fn from(task: UserTask) -> Self {
        let (action, changes) = match task.pending {
            Some(change) => (action(change.kind, &change.properties), change.properties),
            None => ("", TaskCorrections::default()),
        };
        let changed = [
            ("assignee", changes.assignee.is_some()),
            ("candidateGroups", changes.candidate_groups.is_some()),
            ("candidateUsers", changes.candidate_users.is_some()),
            ("dueDate", changes.due_date.is_some()),
            ("followUpDate", changes.follow_up_date.is_some()),
            ("priority", changes.priority.is_some()),
        ];
        let date = |now: Option<Timestamp>, change: Option<Timestamp>| match change {
            None => now,
            Some(Timestamp::MAX) => None,
            Some(date) => Some(date),
        };
        Self {
            action,
            assignee: changes.assignee.or(task.assignee).filter(|assignee| !assignee.is_empty()),
            candidate_groups: changes.candidate_groups.unwrap_or(task.candidate_groups),
            candidate_users: changes.candidate_users.unwrap_or(task.candidate_users),
            changed_attributes: changed.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect(),
            due_date: date(task.due_date, changes.due_date),
            follow_up_date: date(task.follow_up_date, changes.follow_up_date),
            form_key: task.form,
            priority: changes.priority.unwrap_or(task.priority),
            user_task_key: task.key,
        }
    }
}

/// What is done to the task. Names that clients give their own actions are not kept.
fn action(kind: TaskChangeKind, changes: &TaskCorrections) -> &'static str {
    match kind {
        TaskChangeKind::Create => "create",
        TaskChangeKind::Assign if changes.assignee.as_deref() == Some("") => "unassign",
        TaskChangeKind::Assign => "assign",
        TaskChangeKind::Update => "update",
        TaskChangeKind::Complete => "complete",
        TaskChangeKind::Cancel => "cancel",
    }
}
