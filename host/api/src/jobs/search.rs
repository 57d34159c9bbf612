//! `POST /v2/jobs/search`: jobs that are not done.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use bpmn::model::{Element, ElementKind};
use engine::state::JobState;
use serde::Serialize;
use store::search::{JobField, JobRecord, names};
use types::{
    ElementInstanceKey, JobKey, ProcessDefinitionKey, ProcessInstanceKey, SharedStr, TenantId, Timestamp,
};

use super::kind::{listener_event_type, tasks_of};
use crate::extract::OptionalJson;
use crate::instances::Surroundings;
use crate::problem::Problem;
use crate::search::{Field, Kind, SearchRequest, SearchResponse, Unkept};
use crate::state::ApiState;

const STATES: Kind = Kind::Enum(&[
    "CANCELED",
    "COMPLETED",
    names::JOB_CREATED,
    "ERROR_THROWN",
    names::JOB_FAILED,
    "MIGRATED",
    "RETRIES_UPDATED",
    "TIMED_OUT",
]);
/// Those of jobs that are done.
const STATES_OF_DONE: Unkept = Unkept {
    values: &["CANCELED", "COMPLETED", "ERROR_THROWN"],
    because: "jobs that are done are not kept: the history of their instance tells of them",
};
const KINDS: Kind =
    Kind::Enum(&["BPMN_ELEMENT", "EXECUTION_LISTENER", "TASK_LISTENER", "AD_HOC_SUB_PROCESS"]);

const FIELDS: &[Field<JobField>] = &[
    Field::stored("jobKey", Kind::Key, JobField::JobKey),
    Field::stored("type", Kind::Text, JobField::Type),
    Field::stored("state", STATES, JobField::State).unkept(STATES_OF_DONE),
    Field::stored("worker", Kind::Text, JobField::Worker),
    Field::stored("retries", Kind::Integer, JobField::Retries),
    Field::stored("deadline", Kind::DateTime, JobField::Deadline),
    Field::stored("elementId", Kind::Text, JobField::ElementId),
    Field::stored("elementInstanceKey", Kind::Key, JobField::ElementInstanceKey),
    Field::stored("processInstanceKey", Kind::Key, JobField::ProcessInstanceKey),
    Field::stored("processDefinitionKey", Kind::Key, JobField::ProcessDefinitionKey),
    Field::stored("processDefinitionId", Kind::Text, JobField::ProcessDefinitionId),
    Field::stored("tenantId", Kind::Text, JobField::TenantId),
    Field::stored("kind", KINDS, JobField::Kind),
    Field::stored("priority", Kind::Integer, JobField::Priority),
    // Of task listeners it is what becomes of their task.
    Field::not_supported("listenerEventType"),
    // A listener that has denied something is done.
    Field::never("deniedReason", Kind::Text),
    Field::never("isDenied", Kind::Boolean),
    // Only jobs that are done have one.
    Field::not_supported("endTime"),
    Field::not_supported("errorCode"),
    Field::not_supported("errorMessage"),
    Field::not_supported("hasFailedWithRetriesLeft"),
    Field::not_supported("creationTime"),
    Field::not_supported("lastUpdateTime"),
];

/// A job that is not done.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Job {
    custom_headers: BTreeMap<SharedStr, SharedStr>,
    #[serde(serialize_with = "crate::time::optional::serialize")]
    deadline: Option<Timestamp>,
    denied_reason: Option<()>,
    element_id: SharedStr,
    element_instance_key: ElementInstanceKey,
    end_time: Option<()>,
    error_code: Option<()>,
    error_message: Option<SharedStr>,
    has_failed_with_retries_left: bool,
    is_denied: Option<()>,
    job_key: JobKey,
    kind: &'static str,
    listener_event_type: &'static str,
    process_definition_id: SharedStr,
    process_definition_key: ProcessDefinitionKey,
    process_instance_key: ProcessInstanceKey,
    root_process_instance_key: ProcessInstanceKey,
    business_id: Option<SharedStr>,
    retries: u32,
    state: &'static str,
    tenant_id: TenantId,
    r#type: SharedStr,
    worker: SharedStr,
    creation_time: Option<()>,
    last_update_time: Option<()>,
    priority: i32,
}

pub(crate) async fn search(
    State(state): State<ApiState>,
    OptionalJson(request): OptionalJson<SearchRequest>,
) -> Result<Json<SearchResponse<Job>>, Problem> {
    let search = request.into_search(FIELDS)?;
    let page = state.handle.store().search_jobs(&search).await?;
    let surroundings = Surroundings::read(&state, page.items.iter().map(|record| &record.origin)).await?;
    let tasks = tasks_of(&state, page.items.iter().map(|record| &record.job)).await?;
    Ok(Json(SearchResponse::new(page, |record| {
        let task = tasks.get(&record.job.element_instance);
        let event_type = listener_event_type(record.job.kind, task);
        Job::new(record, event_type, &surroundings)
    })))
}

impl Job {
    fn new(record: JobRecord, listener_event_type: &'static str, surroundings: &Surroundings) -> Self {
        let JobRecord { job, element, origin } = record;
        let (worker, deadline) = match &job.state {
            JobState::Activatable { .. } | JobState::Stopped => (SharedStr::default(), None),
            JobState::Activated { worker, deadline } | JobState::Running { worker, deadline } => {
                (worker.clone(), Some(*deadline))
            }
        };
        let mut custom_headers: BTreeMap<SharedStr, SharedStr> =
            surroundings.element(&origin, &element).map(model_headers).unwrap_or_default();
        custom_headers.extend(job.headers.iter().map(|header| (header.name.clone(), header.value.clone())));
        Self {
            custom_headers,
            deadline,
            denied_reason: None,
            element_id: element,
            element_instance_key: job.element_instance,
            end_time: None,
            error_code: None,
            has_failed_with_retries_left: job.message.is_some() && job.retries > 0,
            error_message: job.message.clone(),
            is_denied: None,
            job_key: job.key,
            kind: names::job_kind(job.kind),
            listener_event_type,
            business_id: surroundings.business_id(&origin),
            root_process_instance_key: surroundings.root(origin.instance),
            process_definition_id: origin.bpmn_process_id,
            process_definition_key: origin.definition,
            process_instance_key: origin.instance,
            retries: job.retries,
            state: names::job_state(&job.state),
            tenant_id: origin.tenant,
            r#type: job.job_type,
            worker,
            creation_time: None,
            last_update_time: None,
            priority: job.priority,
        }
    }
}

/// The headers that the model gives a job of this element.
fn model_headers(element: &Element) -> BTreeMap<SharedStr, SharedStr> {
    let headers = match &element.kind {
        ElementKind::JobTask(task) => &task.headers[..],
        ElementKind::UserTask(task) => &task.headers[..],
        _ => &[],
    };
    headers.iter().map(|(name, value)| (name.into(), value.into())).collect()
}
