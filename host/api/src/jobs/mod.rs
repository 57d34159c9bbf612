//! Jobs: activation by external workers, their answers, changes, and search.

mod activate;
mod answer;
mod search;

pub(crate) use activate::activate;
pub(crate) use answer::{complete, fail, throw_error, update};
pub(crate) use search::search;

/// All jobs are the work of elements: listeners have none.
const KIND: &str = "BPMN_ELEMENT";
/// What jobs that are no listeners' say of their event.
const LISTENER_EVENT_TYPE: &str = "UNSPECIFIED";
/// Jobs of one type are handed out oldest first; none has a priority of its own.
const PRIORITY: i64 = 0;
