//! The fields of decisions, the files that hold them, and what they came to.

use super::{Field, FieldKind, Search};

/// Search over decisions.
pub type DecisionSearch = Search<DecisionField>;
/// Search over files with decisions.
pub type DecisionRequirementsSearch = Search<DecisionRequirementsField>;
/// Search over evaluations of decisions.
pub type DecisionEvaluationSearch = Search<DecisionEvaluationField>;

/// Fields of a version of a decision.
#[expect(missing_docs, reason = "named as in Camunda's API")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DecisionField {
    DecisionDefinitionKey,
    DecisionDefinitionId,
    Name,
    Version,
    DecisionRequirementsKey,
    DecisionRequirementsId,
    DecisionRequirementsName,
    DecisionRequirementsVersion,
    TenantId,
    /// Whether it is the latest version of its decision.
    IsLatestVersion,
}

impl Field for DecisionField {
    const ENTITY: &'static str = "decision-definition";
    const KEY: Self = Self::DecisionDefinitionKey;

    fn kind(self) -> FieldKind {
        match self {
            Self::DecisionDefinitionKey
            | Self::Version
            | Self::DecisionRequirementsKey
            | Self::DecisionRequirementsVersion
            | Self::IsLatestVersion => FieldKind::Integer,
            Self::DecisionDefinitionId
            | Self::Name
            | Self::DecisionRequirementsId
            | Self::DecisionRequirementsName
            | Self::TenantId => FieldKind::Text,
        }
    }
}

/// Fields of a version of a file with decisions.
#[expect(missing_docs, reason = "named as in Camunda's API")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DecisionRequirementsField {
    DecisionRequirementsKey,
    DecisionRequirementsId,
    DecisionRequirementsName,
    Version,
    ResourceName,
    TenantId,
}

impl Field for DecisionRequirementsField {
    const ENTITY: &'static str = "decision-requirements";
    const KEY: Self = Self::DecisionRequirementsKey;

    fn kind(self) -> FieldKind {
        match self {
            Self::DecisionRequirementsKey | Self::Version => FieldKind::Integer,
            Self::DecisionRequirementsId
            | Self::DecisionRequirementsName
            | Self::ResourceName
            | Self::TenantId => FieldKind::Text,
        }
    }
}

/// Fields of an evaluation of a decision.
#[expect(missing_docs, reason = "named as in Camunda's API")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DecisionEvaluationField {
    DecisionEvaluationKey,
    ProcessInstanceKey,
    ProcessDefinitionKey,
    ElementInstanceKey,
    DecisionDefinitionKey,
    DecisionDefinitionId,
    DecisionDefinitionName,
    DecisionDefinitionVersion,
    DecisionRequirementsKey,
    State,
    EvaluationDate,
    EvaluationFailure,
    TenantId,
}

impl Field for DecisionEvaluationField {
    const ENTITY: &'static str = "decision-evaluation";
    const KEY: Self = Self::DecisionEvaluationKey;

    fn kind(self) -> FieldKind {
        match self {
            Self::DecisionEvaluationKey
            | Self::ProcessInstanceKey
            | Self::ProcessDefinitionKey
            | Self::ElementInstanceKey
            | Self::DecisionDefinitionKey
            | Self::DecisionDefinitionVersion
            | Self::DecisionRequirementsKey
            | Self::EvaluationDate => FieldKind::Integer,
            Self::EvaluationFailure => FieldKind::LongText,
            Self::DecisionDefinitionId | Self::DecisionDefinitionName | Self::State | Self::TenantId => {
                FieldKind::Text
            }
        }
    }
}
