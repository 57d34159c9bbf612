//! Deployments and the process definitions in them.

use types::{Actor, DeploymentKey, ProcessDefinitionKey, SharedStr, TenantId, Timestamp};

use crate::{DecisionRecord, DecisionRequirementsRecord, FileRecord, ProcessStarts};

/// A deployment to be stored: it becomes visible as a whole or not at all.
#[derive(Clone, Debug)]
pub struct NewDeployment {
    /// The deployment.
    pub deployment: DeploymentRecord,
    /// Its resources.
    pub resources: Vec<ResourceRecord>,
    /// Process versions that did not exist before. Versions found unchanged are not repeated.
    pub definitions: Vec<DefinitionRecord>,
    /// What can start the latest versions by itself, of each process with a new version.
    pub starts: Vec<ProcessStarts>,
    /// Versions of files with decisions that did not exist before.
    pub decision_requirements: Vec<DecisionRequirementsRecord>,
    /// Versions of decisions that did not exist before.
    pub decisions: Vec<DecisionRecord>,
    /// Versions of forms and other files that did not exist before.
    pub files: Vec<FileRecord>,
    /// Key counters below this one may have been given out.
    pub next_key_counter: u64,
}

/// A deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentRecord {
    /// Its key.
    pub key: DeploymentKey,
    /// The tenant.
    pub tenant: TenantId,
    /// When it was made.
    pub at: Timestamp,
    /// Who made it.
    pub actor: Actor,
}

/// A deployed file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceRecord {
    /// The deployment.
    pub deployment: DeploymentKey,
    /// The file's name.
    pub name: SharedStr,
    /// SHA-256 of the content.
    pub checksum: [u8; 32],
    /// The content.
    pub content: Vec<u8>,
}

/// One version of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionRecord {
    /// Its key.
    pub key: ProcessDefinitionKey,
    /// The deployment that brought it.
    pub deployment: DeploymentKey,
    /// The tenant. Unique together with `bpmn_process_id` and `version`.
    pub tenant: TenantId,
    /// The process's id in the model.
    pub bpmn_process_id: SharedStr,
    /// From 1.
    pub version: u32,
    /// The process's name in the model.
    pub name: Option<SharedStr>,
    /// `zeebe:versionTag`.
    pub version_tag: Option<SharedStr>,
    /// The file that holds it.
    pub resource_name: SharedStr,
    /// SHA-256 of the file.
    pub checksum: [u8; 32],
}
