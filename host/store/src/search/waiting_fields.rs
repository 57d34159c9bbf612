//! The fields of what is active in instances, of what it waits for, and of messages that it has taken.

use super::{Field, FieldKind, Search};

/// Search over element instances that have not ended.
pub type ElementInstanceSearch = Search<ElementInstanceField>;
/// Search over what waits for messages.
pub type MessageSubscriptionSearch = Search<MessageSubscriptionField>;

/// Search over messages that instances have taken.
pub type MessageCorrelationSearch = Search<MessageCorrelationField>;

/// Fields of an element instance.
#[expect(missing_docs, reason = "named as in Camunda's API")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ElementInstanceField {
    ElementInstanceKey,
    ProcessInstanceKey,
    ProcessDefinitionKey,
    ProcessDefinitionId,
    ElementId,
    StartDate,
    ElementInstanceScopeKey,
    HasIncident,
    /// The oldest open incident.
    IncidentKey,
    TenantId,
}

impl Field for ElementInstanceField {
    const ENTITY: &'static str = "element-instance";
    const KEY: Self = Self::ElementInstanceKey;

    fn kind(self) -> FieldKind {
        match self {
            Self::ElementInstanceKey
            | Self::ProcessInstanceKey
            | Self::ProcessDefinitionKey
            | Self::StartDate
            | Self::ElementInstanceScopeKey
            | Self::HasIncident
            | Self::IncidentKey => FieldKind::Integer,
            Self::ProcessDefinitionId | Self::ElementId | Self::TenantId => FieldKind::Text,
        }
    }
}

/// Fields of a subscription to a message.
#[expect(missing_docs, reason = "named as in Camunda's API")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageSubscriptionField {
    MessageSubscriptionKey,
    ProcessInstanceKey,
    ProcessDefinitionKey,
    ProcessDefinitionId,
    ElementId,
    ElementInstanceKey,
    /// When the element instance was entered: then the subscription was opened.
    LastUpdatedDate,
    MessageName,
    CorrelationKey,
    TenantId,
}

impl Field for MessageSubscriptionField {
    const ENTITY: &'static str = "message-subscription";
    const KEY: Self = Self::MessageSubscriptionKey;

    fn kind(self) -> FieldKind {
        match self {
            Self::MessageSubscriptionKey
            | Self::ProcessInstanceKey
            | Self::ProcessDefinitionKey
            | Self::ElementInstanceKey
            | Self::LastUpdatedDate => FieldKind::Integer,
            Self::CorrelationKey => FieldKind::LongText,
            Self::ProcessDefinitionId | Self::ElementId | Self::MessageName | Self::TenantId => {
                FieldKind::Text
            }
        }
    }
}

/// Fields of a message that an instance has taken.
#[expect(missing_docs, reason = "named as in Camunda's API")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageCorrelationField {
    /// Of the record itself. Camunda's has none: it names a record by message and subscription.
    Key,
    MessageKey,
    MessageName,
    CorrelationKey,
    CorrelationTime,
    SubscriptionKey,
    ElementId,
    /// None for start events.
    ElementInstanceKey,
    ProcessInstanceKey,
    ProcessDefinitionKey,
    ProcessDefinitionId,
    PartitionId,
    TenantId,
}

impl Field for MessageCorrelationField {
    const ENTITY: &'static str = "message-correlation";
    const KEY: Self = Self::Key;

    fn kind(self) -> FieldKind {
        match self {
            Self::Key
            | Self::MessageKey
            | Self::CorrelationTime
            | Self::SubscriptionKey
            | Self::ElementInstanceKey
            | Self::ProcessInstanceKey
            | Self::ProcessDefinitionKey
            | Self::PartitionId => FieldKind::Integer,
            Self::CorrelationKey => FieldKind::LongText,
            Self::MessageName | Self::ElementId | Self::ProcessDefinitionId | Self::TenantId => {
                FieldKind::Text
            }
        }
    }
}
