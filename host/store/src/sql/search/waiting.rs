//! Searches over what is active in instances, over what waits for messages, and over what has taken them.

use super::columns::Column::{self, Flag, Long, Nullable, Required};
use super::entities::{Entity, read_origin};
use crate::Error;
use crate::search::{
    ElementInstanceField, ElementInstanceRecord, MessageCorrelationField, MessageCorrelationRecord,
    MessageSubscriptionField, MessageSubscriptionRecord,
};
use crate::sql::columns::Columns;
use crate::sql::tables::{element_instance, message_correlation};

/// The oldest open incident of an element instance. Counted and compared rather than joined: most have none.
const INCIDENT: &str = "(SELECT min(i.key) FROM incident i WHERE i.process_instance_key = e.process_instance_key \
     AND i.element_instance_key = e.key AND i.ended_at IS NULL)";

impl Entity for ElementInstanceField {
    type Record = ElementInstanceRecord;

    const FROM: &'static str = "element_instance e LEFT JOIN process_instance p ON p.key = e.process_instance_key \
         LEFT JOIN process_definition d ON d.key = p.definition_key";
    const COLUMNS: &'static [&'static str] = &[
        INCIDENT,
        "e.key, e.scope_key, e.element_id, e.state, e.entered_at, e.role, e.listeners_done, e.called_key, e.ending",
        "e.process_instance_key, p.definition_key, p.bpmn_process_id, d.version, p.tenant_id",
    ];

    fn column(self) -> Column {
        match self {
            Self::ElementInstanceKey => Required("e.key"),
            Self::ProcessInstanceKey => Required("e.process_instance_key"),
            Self::ProcessDefinitionKey => Required("p.definition_key"),
            Self::ProcessDefinitionId => Required("p.bpmn_process_id"),
            Self::ElementId => Required("e.element_id"),
            Self::StartDate => Required("e.entered_at"),
            Self::ElementInstanceScopeKey => Required("e.scope_key"),
            Self::HasIncident => Flag(
                "0 < (SELECT count(*) FROM incident i WHERE i.process_instance_key = e.process_instance_key \
                 AND i.element_instance_key = e.key AND i.ended_at IS NULL)",
            ),
            Self::IncidentKey => Nullable(INCIDENT),
            Self::TenantId => Required("p.tenant_id"),
        }
    }

    fn read(columns: &mut Columns<'_>) -> Result<ElementInstanceRecord, Error> {
        Ok(ElementInstanceRecord {
            incident: columns.optional_key()?,
            element: element_instance::read(columns)?,
            origin: read_origin(columns)?,
        })
    }
}

/// Since when a subscription waits: event sub-processes of the process itself wait as long as there is the instance.
const SINCE: &str = "coalesce(e.entered_at, p.started_at)";

impl Entity for MessageSubscriptionField {
    type Record = MessageSubscriptionRecord;

    const FROM: &'static str = "(SELECT * FROM subscription WHERE kind = 0) s \
         LEFT JOIN process_instance p ON p.key = s.process_instance_key \
         LEFT JOIN element_instance e ON e.key = s.element_instance_key \
         LEFT JOIN process_definition d ON d.key = s.definition_key";
    const COLUMNS: &'static [&'static str] = &[
        "s.key, s.element_instance_key, s.element_id, s.name, s.correlation_key",
        SINCE,
        "s.process_instance_key, s.definition_key, p.bpmn_process_id, d.version, s.tenant_id",
    ];

    fn column(self) -> Column {
        match self {
            Self::MessageSubscriptionKey => Required("s.key"),
            Self::ProcessInstanceKey => Required("s.process_instance_key"),
            Self::ProcessDefinitionKey => Required("s.definition_key"),
            Self::ProcessDefinitionId => Required("p.bpmn_process_id"),
            Self::ElementId => Required("s.element_id"),
            Self::ElementInstanceKey => Required("s.element_instance_key"),
            Self::LastUpdatedDate => Required(SINCE),
            Self::MessageName => Required("s.name"),
            Self::CorrelationKey => Long("s.correlation_key"),
            Self::TenantId => Required("s.tenant_id"),
        }
    }

    fn read(columns: &mut Columns<'_>) -> Result<MessageSubscriptionRecord, Error> {
        Ok(MessageSubscriptionRecord {
            key: columns.key()?,
            element_instance: columns.key()?,
            element: columns.text()?,
            name: columns.text()?,
            correlation_key: columns.text()?,
            since: columns.time()?,
            origin: read_origin(columns)?,
        })
    }

    fn bytes(record: &MessageSubscriptionRecord) -> usize {
        record.bytes()
    }
}

/// A key carries its partition above the bits of its counter.
const PARTITION: &str = "(c.process_instance_key >> 51)";
const _: () = assert!(types::COUNTER_BITS == 51, "`PARTITION` shifts by as many bits");

impl Entity for MessageCorrelationField {
    type Record = MessageCorrelationRecord;

    const FROM: &'static str =
        "message_correlation c LEFT JOIN process_definition d ON d.key = c.definition_key";
    const COLUMNS: &'static [&'static str] = &[
        "c.key, c.process_instance_key, c.definition_key, c.tenant_id, c.message_key, c.name, c.correlation_key, \
         c.subscription_key, c.element_id, c.element_instance_key, c.correlated_at",
        "d.bpmn_process_id",
    ];

    fn column(self) -> Column {
        match self {
            Self::Key => Required("c.key"),
            Self::MessageKey => Required("c.message_key"),
            Self::MessageName => Required("c.name"),
            Self::CorrelationKey => Long("c.correlation_key"),
            Self::CorrelationTime => Required("c.correlated_at"),
            Self::SubscriptionKey => Required("c.subscription_key"),
            Self::ElementId => Required("c.element_id"),
            Self::ElementInstanceKey => Nullable("c.element_instance_key"),
            Self::ProcessInstanceKey => Required("c.process_instance_key"),
            Self::ProcessDefinitionKey => Required("c.definition_key"),
            Self::ProcessDefinitionId => Required("d.bpmn_process_id"),
            Self::PartitionId => Required(PARTITION),
            Self::TenantId => Required("c.tenant_id"),
        }
    }

    fn read(columns: &mut Columns<'_>) -> Result<MessageCorrelationRecord, Error> {
        Ok(MessageCorrelationRecord {
            correlation: message_correlation::read(columns)?,
            bpmn_process_id: columns.text()?,
        })
    }

    fn bytes(record: &MessageCorrelationRecord) -> usize {
        record.bytes()
    }
}
