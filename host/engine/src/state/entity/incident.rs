//! Incidents.

use minicbor::{Decode, Encode};
use types::{ElementInstanceKey, IncidentKey, JobKey, SharedStr, Timestamp};

/// Something that needs an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Its key.
    pub key: IncidentKey,
    /// The element instance that cannot go on.
    pub element_instance: ElementInstanceKey,
    /// The element's id in the model.
    pub element: SharedStr,
    /// The job that cannot go on.
    pub job: Option<JobKey>,
    /// What kind of trouble.
    pub kind: IncidentKind,
    /// What happened, for people.
    pub message: SharedStr,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was resolved, or what it was about ended.
    pub ended_at: Option<Timestamp>,
}

/// Kinds of trouble, as Camunda tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum IncidentKind {
    /// The job has failed and no retries are left.
    #[n(0)]
    JobNoRetries,
    /// A BPMN error that nothing catches.
    #[n(1)]
    UnhandledErrorEvent,
    /// An input or output mapping cannot be evaluated.
    #[n(2)]
    IoMappingError,
    /// A condition cannot be evaluated, or none holds and there is no default flow.
    #[n(3)]
    ConditionError,
    /// Another expression of the element gives nothing of use.
    #[n(4)]
    ExtractValueError,
    /// The called process cannot be called.
    #[n(5)]
    CalledElementError,
    /// The called decision cannot be called.
    #[n(6)]
    CalledDecisionError,
    /// The called decision cannot be evaluated.
    #[n(7)]
    DecisionEvaluationError,
    /// An execution listener has failed and no retries are left.
    #[n(8)]
    ExecutionListenerNoRetries,
    /// A task listener has failed and no retries are left.
    #[n(9)]
    TaskListenerNoRetries,
    /// The ad-hoc sub-process cannot activate what it was told to.
    #[n(10)]
    AdHocSubProcessNoRetries,
    /// The form that a user task links to is not deployed.
    #[n(11)]
    FormNotFound,
    /// A file that a job links to is not deployed.
    #[n(12)]
    ResourceNotFound,
}

impl IncidentKind {
    /// All kinds.
    pub const ALL: [Self; 13] = [
        Self::JobNoRetries,
        Self::UnhandledErrorEvent,
        Self::IoMappingError,
        Self::ConditionError,
        Self::ExtractValueError,
        Self::CalledElementError,
        Self::CalledDecisionError,
        Self::DecisionEvaluationError,
        Self::ExecutionListenerNoRetries,
        Self::TaskListenerNoRetries,
        Self::AdHocSubProcessNoRetries,
        Self::FormNotFound,
        Self::ResourceNotFound,
    ];

    /// Camunda's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::JobNoRetries => "JOB_NO_RETRIES",
            Self::UnhandledErrorEvent => "UNHANDLED_ERROR_EVENT",
            Self::IoMappingError => "IO_MAPPING_ERROR",
            Self::ConditionError => "CONDITION_ERROR",
            Self::ExtractValueError => "EXTRACT_VALUE_ERROR",
            Self::CalledElementError => "CALLED_ELEMENT_ERROR",
            Self::CalledDecisionError => "CALLED_DECISION_ERROR",
            Self::DecisionEvaluationError => "DECISION_EVALUATION_ERROR",
            Self::ExecutionListenerNoRetries => "EXECUTION_LISTENER_NO_RETRIES",
            Self::TaskListenerNoRetries => "TASK_LISTENER_NO_RETRIES",
            Self::AdHocSubProcessNoRetries => "AD_HOC_SUB_PROCESS_NO_RETRIES",
            Self::FormNotFound => "FORM_NOT_FOUND",
            Self::ResourceNotFound => "RESOURCE_NOT_FOUND",
        }
    }
}
