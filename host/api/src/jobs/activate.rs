//! `POST /v2/jobs/activation`.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use runtime::{ActivateJobs, ActivatedJob};
use serde::{Deserialize, Serialize, Serializer};
use store::search::names;
use types::{
    ElementInstanceKey, JobKey, ProcessDefinitionKey, ProcessInstanceKey, SharedStr, TenantId, Variables,
};

use super::kind::listener_event_type;
use super::user_task::TaskToBe;
use crate::extract::{Caller, Closing, Json as Body, check_tenants};
use crate::limits::{LONG_POLL_DEFAULT, REQUEST_TIMEOUT_MAX};
use crate::problem::Problem;
use crate::state::ApiState;

/// How long an activation that may have jobs in hand has for its answer when the host ends.
const LAST_ANSWER: Duration = Duration::from_millis(500);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ActivationRequest {
    r#type: SharedStr,
    #[serde(default)]
    worker: Option<SharedStr>,
    timeout: i64,
    max_jobs_to_activate: i64,
    #[serde(default)]
    fetch_variable: Option<Vec<SharedStr>>,
    #[serde(default)]
    request_timeout: Option<i64>,
    #[serde(default)]
    tenant_ids: Option<Vec<String>>,
    #[serde(default)]
    tenant_filter: Option<String>,
    #[serde(default)]
    with_lease: Option<bool>,
}

/// The jobs that the worker has now.
#[derive(Serialize)]
pub(crate) struct Activation {
    jobs: Vec<Job>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Job {
    r#type: SharedStr,
    process_definition_id: SharedStr,
    process_definition_version: u32,
    element_id: SharedStr,
    #[serde(serialize_with = "as_map")]
    custom_headers: Vec<(SharedStr, SharedStr)>,
    worker: SharedStr,
    retries: u32,
    /// Milliseconds since 1970.
    deadline: i64,
    variables: Variables,
    tenant_id: TenantId,
    physical_tenant_id: &'static str,
    job_key: JobKey,
    process_instance_key: ProcessInstanceKey,
    process_definition_key: ProcessDefinitionKey,
    element_instance_key: ElementInstanceKey,
    kind: &'static str,
    listener_event_type: &'static str,
    user_task: Option<TaskToBe>,
    tags: Vec<SharedStr>,
    root_process_instance_key: ProcessInstanceKey,
    business_id: Option<SharedStr>,
    priority: i32,
    job_lease_token: Option<()>,
}

pub(crate) async fn activate(
    State(state): State<ApiState>,
    caller: Caller,
    mut closing: Closing,
    Body(request): Body<ActivationRequest>,
) -> Result<Json<Activation>, Problem> {
    let activation = state.handle.activate_jobs(request.checked(caller)?);
    tokio::pin!(activation);
    let jobs = tokio::select! {
        biased;
        jobs = &mut activation => jobs?,
        () = closing.begun() => match tokio::time::timeout(LAST_ANSWER, activation).await {
            Ok(jobs) => jobs?,
            Err(_) => Vec::new(),
        },
    };
    Ok(Json(Activation { jobs: jobs.into_iter().map(Job::from).collect() }))
}

impl ActivationRequest {
    fn checked(self, caller: Caller) -> Result<ActivateJobs, Problem> {
        check_tenants("tenantIds", self.tenant_ids.as_deref().unwrap_or_default())?;
        if let Some(filter) = &self.tenant_filter
            && !["PROVIDED", "ASSIGNED"].iter().any(|known| known.eq_ignore_ascii_case(filter))
        {
            return Err(Problem::invalid_argument("tenantFilter: expected PROVIDED or ASSIGNED"));
        }
        if self.r#type.is_empty() {
            return Err(Problem::invalid_argument("type: expected the job type, found nothing"));
        }
        if self.with_lease == Some(true) {
            return Err(Problem::invalid_argument("withLease: jobs with a lease are not supported"));
        }
        let timeout = u64::try_from(self.timeout).ok().filter(|timeout| *timeout > 0).ok_or_else(|| {
            Problem::invalid_argument(format!(
                "timeout: {} is not positive, expected milliseconds",
                self.timeout
            ))
        })?;
        if self.max_jobs_to_activate < 1 {
            return Err(Problem::invalid_argument(format!(
                "maxJobsToActivate: {} is less than 1",
                self.max_jobs_to_activate
            )));
        }
        let wait = match self.request_timeout.unwrap_or(0) {
            0 => LONG_POLL_DEFAULT,
            ..0 => Duration::ZERO,
            millis => Duration::from_millis(millis.unsigned_abs()).min(REQUEST_TIMEOUT_MAX),
        };
        Ok(ActivateJobs {
            job_type: self.r#type,
            worker: self.worker.unwrap_or_default(),
            timeout: Duration::from_millis(timeout),
            jobs_max: u32::try_from(self.max_jobs_to_activate).unwrap_or(u32::MAX),
            wait,
            fetch_variables: self.fetch_variable.filter(|wanted| !wanted.is_empty()),
            tenants: vec![caller.tenant],
            actor: caller.actor,
        })
    }
}

impl From<ActivatedJob> for Job {
    fn from(job: ActivatedJob) -> Self {
        Self {
            r#type: job.job_type,
            process_definition_id: job.bpmn_process_id,
            process_definition_version: job.process_version,
            element_id: job.element_id,
            custom_headers: job.headers,
            worker: job.worker,
            retries: job.retries,
            deadline: job.deadline.as_millis(),
            variables: job.variables,
            tenant_id: job.tenant,
            physical_tenant_id: "default",
            job_key: job.key,
            process_instance_key: job.process_instance,
            process_definition_key: job.process_definition,
            element_instance_key: job.element_instance,
            kind: names::job_kind(job.kind),
            listener_event_type: listener_event_type(job.kind, job.user_task.as_ref()),
            user_task: job.user_task.map(TaskToBe::from),
            tags: job.tags,
            root_process_instance_key: job.root_process_instance,
            business_id: job.business_id,
            priority: job.priority,
            job_lease_token: None,
        }
    }
}

fn as_map<S: Serializer>(headers: &[(SharedStr, SharedStr)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(headers.iter().map(|(name, value)| (name, value)))
}
