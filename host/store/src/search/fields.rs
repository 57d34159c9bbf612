//! The fields of each entity that filters and sorting name.

use std::fmt::Debug;

use minicbor::{Decode, Encode};

use super::Search;

/// Sorting by a [`FieldKind::LongText`] looks at so many characters, and takes longer texts with the same beginning as equal:
/// page cursors carry what is sorted by.
pub const SORT_TEXT_CHARS: usize = 256;

/// A field of an entity.
pub trait Field: Copy + Debug + PartialEq + Send + Sync + 'static {
    /// The entity. Part of page cursors, so that none is taken for another's.
    const ENTITY: &'static str;
    /// The field that holds the key.
    const KEY: Self;

    /// What its values are.
    fn kind(self) -> FieldKind;
}

/// What the values of a field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// Text, names, enums by Camunda's name in capitals.
    Text,
    /// Text without a limit of its own; see [`SORT_TEXT_CHARS`].
    LongText,
    /// Keys, times in milliseconds, numbers, booleans as 0 and 1.
    Integer,
    /// Any number of texts. For sorting they count as missing.
    Texts,
}

/// Search over process instances.
pub type ProcessInstanceSearch = Search<ProcessInstanceField>;
/// Search over process definitions.
pub type ProcessDefinitionSearch = Search<ProcessDefinitionField>;
/// Search over user tasks.
pub type UserTaskSearch = Search<UserTaskField>;
/// Search over incidents.
pub type IncidentSearch = Search<IncidentField>;
/// Search over jobs.
pub type JobSearch = Search<JobField>;
/// Search over variables.
pub type VariableSearch = Search<VariableField>;

/// Fields of a process instance.
#[expect(missing_docs, reason = "named as in Camunda's API")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum ProcessInstanceField {
    #[n(0)]
    ProcessInstanceKey,
    #[n(1)]
    ProcessDefinitionKey,
    #[n(2)]
    ProcessDefinitionId,
    #[n(3)]
    ProcessDefinitionName,
    #[n(4)]
    ProcessDefinitionVersion,
    #[n(5)]
    ProcessDefinitionVersionTag,
    #[n(6)]
    State,
    #[n(7)]
    HasIncident,
    #[n(8)]
    StartDate,
    #[n(9)]
    EndDate,
    #[n(10)]
    TenantId,
    #[n(11)]
    BusinessId,
    /// The instance that has called it.
    #[n(12)]
    ParentProcessInstanceKey,
    /// The labels: several values.
    #[n(13)]
    Tag,
}

impl Field for ProcessInstanceField {
    const ENTITY: &'static str = "process-instance";
    const KEY: Self = Self::ProcessInstanceKey;

    fn kind(self) -> FieldKind {
        match self {
            Self::ProcessInstanceKey
            | Self::ProcessDefinitionKey
            | Self::ProcessDefinitionVersion
            | Self::HasIncident
            | Self::StartDate
            | Self::EndDate
            | Self::ParentProcessInstanceKey => FieldKind::Integer,
            Self::Tag => FieldKind::Texts,
            Self::ProcessDefinitionId
            | Self::ProcessDefinitionName
            | Self::ProcessDefinitionVersionTag
            | Self::State
            | Self::TenantId
            | Self::BusinessId => FieldKind::Text,
        }
    }
}

/// Fields of a process definition.
#[expect(missing_docs, reason = "named as in Camunda's API")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProcessDefinitionField {
    ProcessDefinitionKey,
    ProcessDefinitionId,
    Name,
    Version,
    VersionTag,
    ResourceName,
    TenantId,
    /// Whether it is the latest version of its process.
    IsLatestVersion,
}

impl Field for ProcessDefinitionField {
    const ENTITY: &'static str = "process-definition";
    const KEY: Self = Self::ProcessDefinitionKey;

    fn kind(self) -> FieldKind {
        match self {
            Self::ProcessDefinitionKey | Self::Version | Self::IsLatestVersion => FieldKind::Integer,
            Self::ProcessDefinitionId
            | Self::Name
            | Self::VersionTag
            | Self::ResourceName
            | Self::TenantId => FieldKind::Text,
        }
    }
}

/// Fields of a user task.
#[expect(missing_docs, reason = "named as in Camunda's API")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UserTaskField {
    UserTaskKey,
    ElementId,
    ElementInstanceKey,
    ProcessInstanceKey,
    ProcessDefinitionKey,
    ProcessDefinitionId,
    State,
    Assignee,
    /// The candidate groups: several values.
    CandidateGroup,
    /// The candidate users: several values.
    CandidateUser,
    Priority,
    CreationDate,
    CompletionDate,
    DueDate,
    FollowUpDate,
    TenantId,
}

impl Field for UserTaskField {
    const ENTITY: &'static str = "user-task";
    const KEY: Self = Self::UserTaskKey;

    fn kind(self) -> FieldKind {
        match self {
            Self::UserTaskKey
            | Self::ElementInstanceKey
            | Self::ProcessInstanceKey
            | Self::ProcessDefinitionKey
            | Self::Priority
            | Self::CreationDate
            | Self::CompletionDate
            | Self::DueDate
            | Self::FollowUpDate => FieldKind::Integer,
            Self::CandidateGroup | Self::CandidateUser => FieldKind::Texts,
            Self::ElementId | Self::ProcessDefinitionId | Self::State | Self::Assignee | Self::TenantId => {
                FieldKind::Text
            }
        }
    }
}

/// Fields of an incident.
#[expect(missing_docs, reason = "named as in Camunda's API")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IncidentField {
    IncidentKey,
    ProcessInstanceKey,
    ProcessDefinitionKey,
    ProcessDefinitionId,
    ElementId,
    ElementInstanceKey,
    JobKey,
    ErrorType,
    ErrorMessage,
    State,
    CreationTime,
    TenantId,
}

impl Field for IncidentField {
    const ENTITY: &'static str = "incident";
    const KEY: Self = Self::IncidentKey;

    fn kind(self) -> FieldKind {
        match self {
            Self::IncidentKey
            | Self::ProcessInstanceKey
            | Self::ProcessDefinitionKey
            | Self::ElementInstanceKey
            | Self::JobKey
            | Self::CreationTime => FieldKind::Integer,
            Self::ErrorMessage => FieldKind::LongText,
            Self::ProcessDefinitionId | Self::ElementId | Self::ErrorType | Self::State | Self::TenantId => {
                FieldKind::Text
            }
        }
    }
}

/// Fields of a job.
#[expect(missing_docs, reason = "named as in Camunda's API")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobField {
    JobKey,
    Type,
    Kind,
    Priority,
    State,
    Worker,
    Retries,
    Deadline,
    ElementId,
    ElementInstanceKey,
    ProcessInstanceKey,
    ProcessDefinitionKey,
    ProcessDefinitionId,
    TenantId,
}

impl Field for JobField {
    const ENTITY: &'static str = "job";
    const KEY: Self = Self::JobKey;

    fn kind(self) -> FieldKind {
        match self {
            Self::JobKey
            | Self::Priority
            | Self::Retries
            | Self::Deadline
            | Self::ElementInstanceKey
            | Self::ProcessInstanceKey
            | Self::ProcessDefinitionKey => FieldKind::Integer,
            Self::Type
            | Self::Kind
            | Self::State
            | Self::Worker
            | Self::ElementId
            | Self::ProcessDefinitionId
            | Self::TenantId => FieldKind::Text,
        }
    }
}

/// Fields of a variable.
#[expect(missing_docs, reason = "named as in Camunda's API")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VariableField {
    VariableKey,
    Name,
    Value,
    ScopeKey,
    ProcessInstanceKey,
    TenantId,
}

impl Field for VariableField {
    const ENTITY: &'static str = "variable";
    const KEY: Self = Self::VariableKey;

    fn kind(self) -> FieldKind {
        match self {
            Self::VariableKey | Self::ScopeKey | Self::ProcessInstanceKey => FieldKind::Integer,
            Self::Value => FieldKind::LongText,
            Self::Name | Self::TenantId => FieldKind::Text,
        }
    }
}
