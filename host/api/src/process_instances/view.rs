//! A process instance as clients see it.

use serde::Serialize;
use store::search::ProcessInstanceRecord;
use types::{ElementInstanceKey, ProcessDefinitionKey, ProcessInstanceKey, SharedStr, TenantId, Timestamp};

/// A process instance.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProcessInstance {
    process_definition_id: SharedStr,
    process_definition_name: Option<SharedStr>,
    process_definition_version: u32,
    process_definition_version_tag: Option<SharedStr>,
    #[serde(serialize_with = "crate::time::serialize")]
    start_date: Timestamp,
    #[serde(serialize_with = "crate::time::optional::serialize")]
    end_date: Option<Timestamp>,
    suspended_date: Option<()>,
    state: &'static str,
    has_incident: bool,
    tenant_id: TenantId,
    process_instance_key: ProcessInstanceKey,
    process_definition_key: ProcessDefinitionKey,
    parent_process_instance_key: Option<ProcessInstanceKey>,
    parent_element_instance_key: Option<ElementInstanceKey>,
    root_process_instance_key: ProcessInstanceKey,
    tags: Vec<SharedStr>,
    business_id: Option<SharedStr>,
    /// Fermata's own: whether an operator holds it.
    is_suspended: bool,
}

impl From<ProcessInstanceRecord> for ProcessInstance {
    fn from(record: ProcessInstanceRecord) -> Self {
        Self {
            process_definition_id: record.bpmn_process_id,
            process_definition_name: record.process_name,
            process_definition_version: record.version,
            process_definition_version_tag: record.version_tag,
            start_date: record.started_at,
            end_date: record.ended_at,
            suspended_date: None,
            state: record.state.name(),
            has_incident: record.has_incident,
            tenant_id: record.tenant,
            process_instance_key: record.key,
            process_definition_key: record.definition,
            parent_process_instance_key: record.caller.map(|caller| caller.instance),
            parent_element_instance_key: record.caller.map(|caller| caller.element_instance),
            root_process_instance_key: record.caller.map_or(record.key, |caller| caller.root),
            is_suspended: record.suspended,
            tags: record.tags,
            business_id: record.business_id,
        }
    }
}
