//! Searches over what is active in instances, over what waits for messages, and over what has taken them.

use engine::state::Awaited;

use super::state::{Instance, State};
use super::values::{Record, Value};
use crate::search::{
    ElementInstanceField, ElementInstanceRecord, MessageCorrelationField, MessageCorrelationRecord,
    MessageSubscriptionField, MessageSubscriptionRecord,
};

impl State {
    pub(super) fn element_instances(&self) -> impl Iterator<Item = ElementInstanceRecord> {
        self.instances.values().flat_map(|instance| {
            instance.elements.values().map(|element| ElementInstanceRecord {
                element: element.into(),
                incident: instance
                    .open_incidents()
                    .find(|incident| incident.element_instance == element.key)
                    .map(|incident| incident.key),
                origin: instance.origin(),
            })
        })
    }

    pub(super) fn message_subscriptions(&self) -> impl Iterator<Item = MessageSubscriptionRecord> {
        self.instances.values().flat_map(|instance| {
            instance.subscriptions.values().filter_map(|subscription| match &subscription.awaited {
                Awaited::Message { name, correlation_key } => Some(MessageSubscriptionRecord {
                    key: subscription.key,
                    element_instance: subscription.element_instance,
                    element: subscription.element.clone(),
                    name: name.clone(),
                    correlation_key: correlation_key.clone(),
                    since: since(instance, subscription.element_instance),
                    origin: instance.origin(),
                }),
                Awaited::Signal { .. } | Awaited::Condition { .. } => None,
            })
        })
    }

    pub(super) fn message_correlations(&self) -> impl Iterator<Item = MessageCorrelationRecord> {
        let correlations = self.instances.values().flat_map(|instance| instance.correlations.values());
        correlations.filter_map(|correlation| {
            let bpmn_process_id = self.definitions.get(&correlation.definition)?.bpmn_process_id.clone();
            Some(MessageCorrelationRecord { correlation: correlation.clone(), bpmn_process_id })
        })
    }
}

fn since(instance: &Instance, element: types::ElementInstanceKey) -> types::Timestamp {
    instance.elements.get(&element).map_or(instance.row.started_at, |element| element.entered_at)
}

impl Record<ElementInstanceField> for ElementInstanceRecord {
    fn value(&self, field: ElementInstanceField) -> Value<'_> {
        use ElementInstanceField as Field;
        let Self { element, incident, origin } = self;
        match field {
            Field::ElementInstanceKey => element.key.get().into(),
            Field::ProcessInstanceKey => origin.instance.get().into(),
            Field::ProcessDefinitionKey => origin.definition.get().into(),
            Field::ProcessDefinitionId => (&origin.bpmn_process_id).into(),
            Field::ElementId => (&element.element).into(),
            Field::StartDate => element.entered_at.into(),
            Field::ElementInstanceScopeKey => element.scope.get().into(),
            Field::HasIncident => i64::from(incident.is_some()).into(),
            Field::IncidentKey => incident.map(|key| key.get()).into(),
            Field::TenantId => origin.tenant.as_str().into(),
        }
    }
}

impl Record<MessageSubscriptionField> for MessageSubscriptionRecord {
    fn value(&self, field: MessageSubscriptionField) -> Value<'_> {
        use MessageSubscriptionField as Field;
        match field {
            Field::MessageSubscriptionKey => self.key.get().into(),
            Field::ProcessInstanceKey => self.origin.instance.get().into(),
            Field::ProcessDefinitionKey => self.origin.definition.get().into(),
            Field::ProcessDefinitionId => (&self.origin.bpmn_process_id).into(),
            Field::ElementId => (&self.element).into(),
            Field::ElementInstanceKey => self.element_instance.get().into(),
            Field::LastUpdatedDate => self.since.into(),
            Field::MessageName => (&self.name).into(),
            Field::CorrelationKey => (&self.correlation_key).into(),
            Field::TenantId => self.origin.tenant.as_str().into(),
        }
    }

    fn bytes(&self) -> usize {
        self.bytes()
    }
}

impl Record<MessageCorrelationField> for MessageCorrelationRecord {
    fn value(&self, field: MessageCorrelationField) -> Value<'_> {
        use MessageCorrelationField as Field;
        let Self { correlation, bpmn_process_id } = self;
        match field {
            Field::Key => correlation.key.get().into(),
            Field::MessageKey => correlation.message.get().into(),
            Field::MessageName => (&correlation.name).into(),
            Field::CorrelationKey => (&correlation.correlation_key).into(),
            Field::CorrelationTime => correlation.at.into(),
            Field::SubscriptionKey => correlation.subscription.get().into(),
            Field::ElementId => (&correlation.element).into(),
            Field::ElementInstanceKey => correlation.element_instance.map(|key| key.get()).into(),
            Field::ProcessInstanceKey => correlation.instance.get().into(),
            Field::ProcessDefinitionKey => correlation.definition.get().into(),
            Field::ProcessDefinitionId => bpmn_process_id.into(),
            Field::PartitionId => {
                correlation.instance.0.partition().map(|partition| i64::from(partition.get())).into()
            }
            Field::TenantId => correlation.tenant.as_str().into(),
        }
    }

    fn bytes(&self) -> usize {
        self.bytes()
    }
}
