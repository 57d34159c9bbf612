//! What is found.

use engine::state::{Caller, InstanceStatus};
use types::{
    DecisionRequirementsKey, ElementInstanceKey, IncidentKey, Json, ProcessDefinitionKey, ProcessInstanceKey,
    SharedStr, SubscriptionKey, TenantId, Timestamp, VariableKey,
};

use crate::{DecisionEvaluation, DecisionRecord, MessageCorrelation};

/// A process instance as searches show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessInstanceRecord {
    /// Its key.
    pub key: ProcessInstanceKey,
    /// The process version.
    pub definition: ProcessDefinitionKey,
    /// The process's id in the model.
    pub bpmn_process_id: SharedStr,
    /// The process's name in the model.
    pub process_name: Option<SharedStr>,
    /// The process's version.
    pub version: u32,
    /// The process's version tag.
    pub version_tag: Option<SharedStr>,
    /// Where it stands.
    pub state: InstanceStatus,
    /// Whether incidents are open.
    pub has_incident: bool,
    /// The call activity that called it.
    pub caller: Option<Caller>,
    /// Whether an operator holds it.
    pub suspended: bool,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The caller's own id.
    pub business_id: Option<SharedStr>,
    /// Labels.
    pub tags: Vec<SharedStr>,
    /// The tenant.
    pub tenant: TenantId,
}

/// What search results say of the instance that an entity belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The instance.
    pub instance: ProcessInstanceKey,
    /// The process version.
    pub definition: ProcessDefinitionKey,
    /// The process's id in the model.
    pub bpmn_process_id: SharedStr,
    /// The process's version.
    pub version: u32,
    /// The tenant.
    pub tenant: TenantId,
}

/// A user task as searches show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserTaskRecord {
    /// The task.
    pub task: engine::state::UserTask,
    /// Where it comes from.
    pub origin: Origin,
}

/// An incident as searches show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentRecord {
    /// The incident.
    pub incident: engine::state::Incident,
    /// Where it comes from.
    pub origin: Origin,
}

/// A job as searches show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRecord {
    /// The job.
    pub job: engine::state::Job,
    /// The element's id in the model.
    pub element: SharedStr,
    /// Where it comes from.
    pub origin: Origin,
}

/// A variable as searches show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableRecord {
    /// Its key.
    pub key: VariableKey,
    /// Its scope.
    pub scope: ElementInstanceKey,
    /// Its name.
    pub name: SharedStr,
    /// Its value.
    pub value: Json,
    /// The instance.
    pub instance: ProcessInstanceKey,
    /// The tenant.
    pub tenant: TenantId,
}

/// An element instance that has not ended, as searches show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementInstanceRecord {
    /// The element instance.
    pub element: engine::state::ElementRow,
    /// The oldest open incident at it.
    pub incident: Option<IncidentKey>,
    /// Where it comes from.
    pub origin: Origin,
}

/// What waits for a message, as searches show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageSubscriptionRecord {
    /// Its key.
    pub key: SubscriptionKey,
    /// What waits.
    pub element_instance: ElementInstanceKey,
    /// The event's id in the model.
    pub element: SharedStr,
    /// The message's name.
    pub name: SharedStr,
    /// The correlation key.
    pub correlation_key: SharedStr,
    /// Since when it waits.
    pub since: Timestamp,
    /// Where it comes from.
    pub origin: Origin,
}

impl MessageSubscriptionRecord {
    /// What its texts that may be long take on a page.
    pub(crate) fn bytes(&self) -> usize {
        self.name.len() + self.correlation_key.len() + self.element.len()
    }
}

/// A message that an instance has taken, as searches show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageCorrelationRecord {
    /// What is kept of it.
    pub correlation: MessageCorrelation,
    /// The process's id in the model.
    pub bpmn_process_id: SharedStr,
}

impl MessageCorrelationRecord {
    /// What its texts that may be long take on a page.
    pub(crate) fn bytes(&self) -> usize {
        let MessageCorrelation { name, correlation_key, element, .. } = &self.correlation;
        name.len() + correlation_key.len() + element.len()
    }
}

/// A version of a decision as searches show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionListing {
    /// The version.
    pub decision: DecisionRecord,
    /// The id of the `definitions` in its file.
    pub requirements_id: SharedStr,
    /// Their name.
    pub requirements_name: Option<SharedStr>,
    /// The version of the file.
    pub requirements_version: u32,
}

/// An evaluation of a decision as searches show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluationRecord {
    /// The evaluation.
    pub evaluation: DecisionEvaluation,
    /// The decision's name.
    pub decision_name: Option<SharedStr>,
    /// The file that holds the decision.
    pub requirements: Option<DecisionRequirementsKey>,
}
