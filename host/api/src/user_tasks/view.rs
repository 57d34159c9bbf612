//! A user task as clients see it.

use std::collections::BTreeMap;

use bpmn::model::ElementKind;
use engine::state::{TaskChangeKind, UserTaskState};
use serde::Serialize;
use store::search::UserTaskRecord;
use types::{
    ElementInstanceKey, Key, ProcessDefinitionKey, ProcessInstanceKey, SharedStr, TenantId, Timestamp,
    UserTaskKey,
};

use crate::forms::{external_reference, form_key};
use crate::instances::Surroundings;

/// A user task.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserTask {
    name: Option<SharedStr>,
    state: &'static str,
    assignee: Option<SharedStr>,
    element_id: SharedStr,
    candidate_groups: Vec<SharedStr>,
    candidate_users: Vec<SharedStr>,
    process_definition_id: SharedStr,
    #[serde(serialize_with = "crate::time::serialize")]
    creation_date: Timestamp,
    #[serde(serialize_with = "crate::time::optional::serialize")]
    completion_date: Option<Timestamp>,
    #[serde(serialize_with = "crate::time::optional::serialize")]
    follow_up_date: Option<Timestamp>,
    #[serde(serialize_with = "crate::time::optional::serialize")]
    due_date: Option<Timestamp>,
    tenant_id: TenantId,
    external_form_reference: Option<SharedStr>,
    process_definition_version: u32,
    custom_headers: BTreeMap<SharedStr, SharedStr>,
    priority: u8,
    user_task_key: UserTaskKey,
    element_instance_key: ElementInstanceKey,
    process_name: Option<SharedStr>,
    process_definition_key: ProcessDefinitionKey,
    process_instance_key: ProcessInstanceKey,
    root_process_instance_key: ProcessInstanceKey,
    business_id: Option<SharedStr>,
    /// Only what `GET /v2/user-tasks/{key}/form` answers with has a key.
    form_key: Option<Key>,
    tags: Vec<SharedStr>,
}

impl UserTask {
    pub(super) fn new(record: UserTaskRecord, surroundings: &Surroundings) -> Self {
        let UserTaskRecord { task, origin } = record;
        let root = surroundings.root(origin.instance);
        let element = surroundings.element(&origin, &task.element);
        let custom_headers = match element.map(|element| &element.kind) {
            Some(ElementKind::UserTask(task)) => {
                task.headers.iter().map(|(name, value)| (name.into(), value.into())).collect()
            }
            _ => BTreeMap::new(),
        };
        Self {
            name: element.and_then(|element| element.name.as_ref()).map(SharedStr::from),
            state: state(&task),
            external_form_reference: external_reference(&task),
            form_key: form_key(&task, origin.definition),
            process_name: surroundings.process_name(&origin),
            business_id: surroundings.business_id(&origin),
            tags: surroundings.tags(&origin),
            custom_headers,
            assignee: task.assignee,
            element_id: task.element,
            candidate_groups: task.candidate_groups,
            candidate_users: task.candidate_users,
            process_definition_id: origin.bpmn_process_id,
            creation_date: task.created_at,
            completion_date: task.ended_at.filter(|_| task.state == UserTaskState::Completed),
            follow_up_date: task.follow_up_date,
            due_date: task.due_date,
            tenant_id: origin.tenant,
            process_definition_version: origin.version,
            priority: task.priority,
            user_task_key: task.key,
            element_instance_key: task.element_instance,
            process_definition_key: origin.definition,
            process_instance_key: origin.instance,
            root_process_instance_key: root,
        }
    }
}

/// Camunda's name for where a task stands: what its listeners are looking at, while they do.
fn state(task: &engine::state::UserTask) -> &'static str {
    match &task.pending {
        Some(change) if task.state == UserTaskState::Created => match change.kind {
            TaskChangeKind::Create => "CREATING",
            TaskChangeKind::Assign => "ASSIGNING",
            TaskChangeKind::Update => "UPDATING",
            TaskChangeKind::Complete => "COMPLETING",
            TaskChangeKind::Cancel => "CANCELING",
        },
        _ => task.state.name(),
    }
}
