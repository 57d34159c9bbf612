//! `POST /v2/process-instances`.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use engine::command::Start;
use engine::{Definition, EntityKind, Rejection};
use runtime::StartInstance;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use types::{ProcessDefinitionKey, ProcessInstanceKey, SharedStr, TenantId, Variables};

use crate::extract::{Caller, Closing, Json as Body, check_tenant};
use crate::limits::{
    AWAIT_DEFAULT, BUSINESS_ID_CHARS_MAX, INSTRUCTIONS_MAX, REQUEST_TIMEOUT_MAX, TAG_CHARS_MAX, TAGS_MAX,
};
use crate::problem::Problem;
use crate::state::ApiState;

/// Stands for the latest version.
const LATEST_VERSION: i64 = -1;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct CreateRequest {
    process_definition_key: Option<ProcessDefinitionKey>,
    process_definition_id: Option<String>,
    process_definition_version: Option<i64>,
    variables: Option<Variables>,
    tenant_id: Option<String>,
    #[serde(rename = "operationReference")]
    _operation_reference: IgnoredAny,
    start_instructions: Option<Vec<StartInstruction>>,
    runtime_instructions: Option<Vec<RuntimeInstruction>>,
    await_completion: Option<bool>,
    fetch_variables: Option<Vec<SharedStr>>,
    request_timeout: Option<i64>,
    tags: Option<Vec<SharedStr>>,
    business_id: Option<SharedStr>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StartInstruction {
    element_id: SharedStr,
}

/// The one thing that can be said of how an instance goes on.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RuntimeInstruction {
    #[serde(rename = "type")]
    kind: Option<SharedStr>,
    after_element_id: SharedStr,
}

/// What ends an instance after an element. As Camunda has it, an instruction need not say that it is of this type.
const TERMINATE: &str = "TERMINATE_PROCESS_INSTANCE";

/// An instance that was started, or has ended when that was awaited.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Created {
    process_definition_id: SharedStr,
    process_definition_version: u32,
    tenant_id: TenantId,
    variables: Variables,
    process_definition_key: ProcessDefinitionKey,
    process_instance_key: ProcessInstanceKey,
    tags: Vec<SharedStr>,
    business_id: Option<SharedStr>,
}

pub(crate) async fn create(
    State(state): State<ApiState>,
    caller: Caller,
    closing: Closing,
    Body(request): Body<CreateRequest>,
) -> Result<Json<Created>, Problem> {
    let request = request.checked()?;
    let definition = request.definition(&state, &caller).await?;
    let start = StartInstance {
        definition: definition.key,
        tenant: definition.tenant.clone(),
        variables: request.variables.unwrap_or_default(),
        business_id: request.business_id,
        tags: request.tags.unwrap_or_default(),
        start: start(request.start_instructions),
        ends_after: request
            .runtime_instructions
            .into_iter()
            .flatten()
            .map(|instruction| instruction.after_element_id)
            .collect(),
        actor: caller.actor,
    };
    if !request.await_completion.unwrap_or(false) {
        return Ok(Json(started(&state, definition, start).await?));
    }
    let timeout = match request.request_timeout {
        None | Some(0) => AWAIT_DEFAULT,
        Some(millis) => Duration::from_millis(millis.unsigned_abs()),
    };
    let mut created = ended(&state, closing, definition, start, timeout).await?;
    if let Some(wanted) = request.fetch_variables.filter(|wanted| !wanted.is_empty()) {
        created.variables = created.variables.into_iter().filter(|(name, _)| wanted.contains(name)).collect();
    }
    Ok(Json(created))
}

/// Where an instance begins.
fn start(instructions: Option<Vec<StartInstruction>>) -> Start {
    match instructions.filter(|instructions| !instructions.is_empty()) {
        None => Start::Default,
        Some(instructions) => {
            Start::Before(instructions.into_iter().map(|instruction| instruction.element_id).collect())
        }
    }
}

/// Starts an instance.
async fn started(
    state: &ApiState,
    definition: Arc<Definition>,
    start: StartInstance,
) -> Result<Created, Problem> {
    let (tags, business_id) = (start.tags.clone(), start.business_id.clone());
    let key = state.handle.start_instance(start).await?.key;
    Ok(Created::new(definition, key, Variables::new(), tags, business_id))
}

/// Starts an instance and waits for its end.
async fn ended(
    state: &ApiState,
    mut closing: Closing,
    definition: Arc<Definition>,
    start: StartInstance,
    timeout: Duration,
) -> Result<Created, Problem> {
    let (tags, business_id) = (start.tags.clone(), start.business_id.clone());
    let awaited = tokio::select! {
        awaited = state.handle.start_instance_and_await(start, timeout) => awaited?,
        () = closing.begun() => {
            return Err(Problem::unavailable("the host is shutting down: an instance that was started goes on when it is back"));
        }
    };
    Ok(Created::new(definition, awaited.identity.key, awaited.variables, tags, business_id))
}

/// Version `version` of a process, or the latest one.
pub(crate) async fn definition_by_id(
    state: &ApiState,
    caller: &Caller,
    id: &str,
    version: Option<u32>,
) -> Result<Arc<Definition>, Problem> {
    let definition = state.handle.definition_by_id(&caller.tenant, id, version).await?;
    definition.ok_or_else(|| match version {
        Some(version) => Problem::not_found(format!("process `{id}` has no version {version}")),
        None => Rejection::UnknownName { kind: EntityKind::ProcessDefinition, name: id.to_owned() }.into(),
    })
}

impl Created {
    fn new(
        definition: Arc<Definition>,
        key: ProcessInstanceKey,
        variables: Variables,
        tags: Vec<SharedStr>,
        business_id: Option<SharedStr>,
    ) -> Self {
        Self {
            process_definition_id: SharedStr::from(&definition.process.id),
            process_definition_version: definition.version,
            tenant_id: definition.tenant.clone(),
            variables,
            process_definition_key: definition.key,
            process_instance_key: key,
            tags,
            business_id,
        }
    }
}

impl CreateRequest {
    fn checked(self) -> Result<Self, Problem> {
        check_tenant("tenantId", self.tenant_id.as_deref())?;
        if self.start_instructions.as_ref().is_some_and(|starts| starts.len() > INSTRUCTIONS_MAX) {
            return Err(Problem::invalid_argument(format!(
                "startInstructions: at most {INSTRUCTIONS_MAX} are allowed"
            )));
        }
        let runtime_instructions = self.runtime_instructions.as_deref().unwrap_or_default();
        if runtime_instructions.len() > INSTRUCTIONS_MAX {
            return Err(Problem::invalid_argument(format!(
                "runtimeInstructions: at most {INSTRUCTIONS_MAX} are allowed"
            )));
        }
        for kind in runtime_instructions.iter().filter_map(|instruction| instruction.kind.as_deref()) {
            if !kind.eq_ignore_ascii_case(TERMINATE) {
                return Err(Problem::invalid_argument(format!(
                    "runtimeInstructions: `{kind}` is no type of instruction, expected `{TERMINATE}`"
                )));
            }
        }
        let timeout_ms_max = REQUEST_TIMEOUT_MAX.as_millis() as i64;
        if let Some(timeout) = self.request_timeout.filter(|timeout| !(0..=timeout_ms_max).contains(timeout))
        {
            return Err(Problem::invalid_argument(format!(
                "requestTimeout: {timeout} is not between 0 and {timeout_ms_max} milliseconds"
            )));
        }
        check_business_id(self.business_id.as_deref())?;
        check_tags(self.tags.as_deref().unwrap_or_default())?;
        Ok(self)
    }

    async fn definition(&self, state: &ApiState, caller: &Caller) -> Result<Arc<Definition>, Problem> {
        match (self.process_definition_key, self.process_definition_id.as_deref()) {
            (Some(key), None) => {
                let definition = state.handle.definition(key).await?;
                definition.ok_or_else(|| Problem::no_such(EntityKind::ProcessDefinition, key))
            }
            (None, Some(id)) => {
                let version = match self.process_definition_version {
                    None | Some(LATEST_VERSION) => None,
                    Some(version) => {
                        Some(u32::try_from(version).ok().filter(|version| *version > 0).ok_or_else(|| {
                            Problem::invalid_argument(format!(
                                "processDefinitionVersion: {version} is no version, expected one from 1 or -1 for the latest"
                            ))
                        })?)
                    }
                };
                definition_by_id(state, caller, id, version).await
            }
            _ => Err(Problem::invalid_argument(
                "exactly one of `processDefinitionKey` and `processDefinitionId` says which process to start",
            )),
        }
    }
}

/// A business id is neither empty nor longer than Camunda allows.
pub(crate) fn check_business_id(id: Option<&str>) -> Result<(), Problem> {
    match id {
        Some(id) if !(1..=BUSINESS_ID_CHARS_MAX).contains(&id.chars().count()) => {
            Err(Problem::invalid_argument(format!(
                "businessId: expected 1 to {BUSINESS_ID_CHARS_MAX} characters"
            )))
        }
        _ => Ok(()),
    }
}

fn check_tags(tags: &[SharedStr]) -> Result<(), Problem> {
    if tags.len() > TAGS_MAX {
        return Err(Problem::invalid_argument(format!("tags: at most {TAGS_MAX} are allowed")));
    }
    for tag in tags {
        let well_formed = tag.chars().next().is_some_and(|first| first.is_ascii_alphabetic())
            && tag.chars().all(|next| next.is_ascii_alphanumeric() || "_-:.".contains(next))
            && tag.len() <= TAG_CHARS_MAX;
        if !well_formed {
            return Err(Problem::invalid_argument(format!(
                "tags: `{}` is no tag: expected a letter and up to {} more letters, digits, `_`, `-`, `:` and `.`",
                tag.chars().take(TAG_CHARS_MAX).collect::<String>(),
                TAG_CHARS_MAX - 1
            )));
        }
    }
    Ok(())
}
