//! Decisions, and what they came to.

use types::{
    DecisionEvaluationKey, DecisionKey, DecisionRequirementsKey, DeploymentKey, ElementInstanceKey, Json,
    ProcessDefinitionKey, ProcessInstanceKey, SharedStr, TenantId, Timestamp,
};

/// One version of a file with decisions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionRequirementsRecord {
    /// Its key.
    pub key: DecisionRequirementsKey,
    /// The deployment that brought it.
    pub deployment: DeploymentKey,
    /// The tenant. Unique together with `requirements_id` and `version`.
    pub tenant: TenantId,
    /// The id of the `definitions` in the file.
    pub requirements_id: SharedStr,
    /// Their name.
    pub name: Option<SharedStr>,
    /// From 1.
    pub version: u32,
    /// The file that holds it.
    pub resource_name: SharedStr,
    /// SHA-256 of the file.
    pub checksum: [u8; 32],
}

/// One version of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionRecord {
    /// Its key.
    pub key: DecisionKey,
    /// The file that holds it.
    pub requirements: DecisionRequirementsKey,
    /// The deployment that brought it.
    pub deployment: DeploymentKey,
    /// The tenant. Unique together with `decision_id` and `version`.
    pub tenant: TenantId,
    /// The decision's id in the model.
    pub decision_id: SharedStr,
    /// The decision's name in the model.
    pub name: Option<SharedStr>,
    /// From 1.
    pub version: u32,
    /// Its version tag.
    pub version_tag: Option<SharedStr>,
}

/// Which version of a decision, or of a process, is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionChoice<'c> {
    /// The latest.
    Latest,
    /// This one.
    Number(u32),
    /// The latest with this version tag.
    Tag(&'c str),
    /// The one of this deployment.
    Deployment(DeploymentKey),
}

/// One evaluation of a decision by an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionEvaluation {
    /// Its key.
    pub key: DecisionEvaluationKey,
    /// The instance.
    pub instance: ProcessInstanceKey,
    /// The process version that it ran.
    pub definition: ProcessDefinitionKey,
    /// The tenant.
    pub tenant: TenantId,
    /// The business rule task.
    pub element_instance: ElementInstanceKey,
    /// The task's id in the model, where it is known.
    pub element: Option<SharedStr>,
    /// The decision's version.
    pub decision: DecisionKey,
    /// The decision's id.
    pub decision_id: SharedStr,
    /// The decision's version, from 1.
    pub decision_version: u32,
    /// The result, or why there is none.
    pub outcome: Result<Json, SharedStr>,
    /// All decisions that were evaluated for it, with inputs, outputs and matched rules: a JSON array.
    pub evaluated: Json,
    /// When it was evaluated.
    pub at: Timestamp,
}
