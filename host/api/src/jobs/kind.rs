//! What the jobs of listeners are about, by Camunda's names.

use std::collections::{BTreeSet, HashMap};

use engine::state::{Job, JobKind, TaskChangeKind, UserTask};
use store::search::{Condition, Operand, Operator, PAGE_ITEMS_MAX, PageRequest, Search, UserTaskField};
use types::ElementInstanceKey;

use crate::problem::Problem;
use crate::state::ApiState;

/// Camunda's name for the event that a listener's job is about.
pub(super) fn listener_event_type(kind: JobKind, task: Option<&UserTask>) -> &'static str {
    match kind {
        JobKind::Element | JobKind::AdHocSubProcess => UNSPECIFIED,
        JobKind::StartListener => "START",
        JobKind::EndListener => "END",
        JobKind::BeforeAllListener => "BEFORE_ALL",
        JobKind::CancelListener => "CANCEL",
        JobKind::TaskListener => match task.and_then(|task| task.pending.as_ref()) {
            None => UNSPECIFIED,
            Some(change) => match change.kind {
                TaskChangeKind::Create => "CREATING",
                TaskChangeKind::Assign => "ASSIGNING",
                TaskChangeKind::Update => "UPDATING",
                TaskChangeKind::Complete => "COMPLETING",
                TaskChangeKind::Cancel => "CANCELING",
            },
        },
    }
}

/// What jobs that are no listeners' say of their event.
const UNSPECIFIED: &str = "UNSPECIFIED";

/// The user tasks that the task listeners among `jobs` look at.
pub(super) async fn tasks_of(
    state: &ApiState,
    jobs: impl Iterator<Item = &'_ Job>,
) -> Result<HashMap<ElementInstanceKey, UserTask>, Problem> {
    let of_listeners = jobs.filter(|job| job.kind == JobKind::TaskListener);
    let elements: BTreeSet<ElementInstanceKey> = of_listeners.map(|job| job.element_instance).collect();
    if elements.is_empty() {
        return Ok(HashMap::new());
    }
    let wanted = elements.iter().map(|key| Operand::Integer(key.get())).collect();
    let search = Search {
        conditions: vec![Condition::Field(UserTaskField::ElementInstanceKey, Operator::In(wanted))],
        page: PageRequest { limit: PAGE_ITEMS_MAX, ..PageRequest::default() },
        ..Search::default()
    };
    let found = state.handle.store().search_user_tasks(&search).await?;
    Ok(found.items.into_iter().map(|record| (record.task.element_instance, record.task)).collect())
}
