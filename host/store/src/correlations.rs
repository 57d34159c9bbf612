//! Messages that process instances have taken, as they are kept.

use types::{
    ElementInstanceKey, MessageCorrelationKey, MessageKey, ProcessDefinitionKey, ProcessInstanceKey,
    SharedStr, SubscriptionKey, TenantId, Timestamp,
};

/// One message that an instance has taken, or that has started it. It never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageCorrelation {
    /// Its key.
    pub key: MessageCorrelationKey,
    /// The instance.
    pub instance: ProcessInstanceKey,
    /// The process version that it ran then.
    pub definition: ProcessDefinitionKey,
    /// The tenant.
    pub tenant: TenantId,
    /// The message.
    pub message: MessageKey,
    /// The message's name.
    pub name: SharedStr,
    /// Its correlation key; empty where it has none.
    pub correlation_key: SharedStr,
    /// What waited for it. For a start event the process version does, so this is its key.
    pub subscription: SubscriptionKey,
    /// The event's id in the model.
    pub element: SharedStr,
    /// The element instance that waited; `None` for a start event.
    pub element_instance: Option<ElementInstanceKey>,
    /// When it was taken.
    pub at: Timestamp,
}
