//! The names of states and kinds in filters, so that text can be checked before it reaches a store.

use engine::state::{Incident, IncidentKind, InstanceStatus, JobKind, JobState, UserTaskState};

use crate::DecisionEvaluation;

/// A job that is worked on, or waits for it. See [`job_state`].
pub const JOB_CREATED: &str = "CREATED";
/// A job that an incident has stopped. See [`job_state`].
pub const JOB_FAILED: &str = "FAILED";
/// An incident that is open. See [`incident_state`].
pub const INCIDENT_ACTIVE: &str = "ACTIVE";
/// An incident that was resolved, or whose element has ended. See [`incident_state`].
pub const INCIDENT_RESOLVED: &str = "RESOLVED";

/// An instance's state by Camunda's name.
pub fn instance_status(name: &str) -> Option<InstanceStatus> {
    [InstanceStatus::Active, InstanceStatus::Completed, InstanceStatus::Terminated]
        .into_iter()
        .find(|status| status.name().eq_ignore_ascii_case(name))
}

/// A user task's state by Camunda's name.
pub fn user_task_state(name: &str) -> Option<UserTaskState> {
    [UserTaskState::Created, UserTaskState::Completed, UserTaskState::Canceled]
        .into_iter()
        .find(|state| state.name().eq_ignore_ascii_case(name))
}

/// An incident's kind by Camunda's name.
pub fn incident_kind(name: &str) -> Option<IncidentKind> {
    IncidentKind::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
}

/// Camunda's name for a job's state, as [`JobField::State`](super::JobField::State) compares it.
///
/// Jobs that are done have no rows, so that only two of Camunda's names are ever found.
pub fn job_state(state: &JobState) -> &'static str {
    match state {
        JobState::Activatable { .. } | JobState::Activated { .. } | JobState::Running { .. } => JOB_CREATED,
        JobState::Stopped => JOB_FAILED,
    }
}

/// Camunda's name for an incident's state, as [`IncidentField::State`](super::IncidentField::State) compares it.
pub fn incident_state(incident: &Incident) -> &'static str {
    if incident.ended_at.is_none() { INCIDENT_ACTIVE } else { INCIDENT_RESOLVED }
}

/// A decision that has come to a result. See [`evaluation_state`].
pub const EVALUATED: &str = "EVALUATED";
/// A decision that could not be evaluated. See [`evaluation_state`].
pub const EVALUATION_FAILED: &str = "FAILED";

/// Camunda's name for how an evaluation has ended.
pub fn evaluation_state(evaluation: &DecisionEvaluation) -> &'static str {
    if evaluation.outcome.is_ok() { EVALUATED } else { EVALUATION_FAILED }
}

/// Camunda's name for what a job is for.
pub fn job_kind(kind: JobKind) -> &'static str {
    match kind {
        JobKind::Element => "BPMN_ELEMENT",
        JobKind::StartListener
        | JobKind::EndListener
        | JobKind::BeforeAllListener
        | JobKind::CancelListener => "EXECUTION_LISTENER",
        JobKind::TaskListener => "TASK_LISTENER",
        JobKind::AdHocSubProcess => "AD_HOC_SUB_PROCESS",
    }
}
