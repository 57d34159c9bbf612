//! A batch operation as clients see it.

use runtime::BatchFailure;
use serde::Serialize;
use types::{Actor, ProcessInstanceKey, SharedStr, Timestamp};

/// A batch operation.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BatchOperation {
    batch_operation_key: String,
    state: &'static str,
    batch_operation_type: &'static str,
    #[serde(serialize_with = "crate::time::serialize")]
    start_date: Timestamp,
    #[serde(serialize_with = "crate::time::optional::serialize")]
    end_date: Option<Timestamp>,
    /// The host asks for no credentials: it knows no kinds of actors.
    actor_type: Option<()>,
    actor_id: Actor,
    operations_total_count: u64,
    operations_failed_count: u64,
    operations_completed_count: u64,
    /// Of Camunda's brokers, which fail as a whole.
    errors: [(); 0],
    /// Fermata's own: the first instances that have refused.
    failures: Vec<Failure>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Failure {
    process_instance_key: ProcessInstanceKey,
    message: SharedStr,
}

impl BatchOperation {
    pub(super) fn new(operation: store::BatchOperation, failures: Vec<BatchFailure>) -> Self {
        let store::BatchOperation { key, new, state, progress, ended_at } = operation;
        let done = progress.completed + progress.failed;
        // Instances may end by themselves before their turn, and what was expected is counted up to a bound.
        let total = if ended_at.is_some() { done } else { done.max(new.expected) };
        Self {
            batch_operation_key: key.to_string(),
            state: state.name(),
            batch_operation_type: new.kind.name(),
            start_date: new.at,
            end_date: ended_at,
            actor_type: None,
            actor_id: new.actor,
            operations_total_count: total,
            operations_failed_count: progress.failed,
            operations_completed_count: progress.completed,
            errors: [],
            failures: failures
                .into_iter()
                .map(|failure| Failure { process_instance_key: failure.instance, message: failure.message })
                .collect(),
        }
    }
}
