//! `POST /v2/deployments`.

use axum::Json;
use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request, State};
use bpmn::Diagnostic;
use runtime::{Deployed, DeployedDecisions, DeployedProcess, Resource};
use serde::Serialize;
use store::{DecisionRecord, FileRecord};
use types::{
    DecisionKey, DecisionRequirementsKey, DeploymentKey, FileKind, ProcessDefinitionKey, ResourceKey,
    SharedStr, TenantId,
};

use crate::extract::{Caller, check_tenant, content_type, read_body};
use crate::limits::{
    DEPLOYMENT_BYTES_MAX, DEPLOYMENT_FILE_BYTES_MAX, DEPLOYMENT_FILES_MAX, RESOURCE_NAME_BYTES_MAX,
};
use crate::problem::{Finding, Problem};
use crate::state::ApiState;

/// What was deployed. `diagnostics` is Fermata's own: the warnings.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Deployment<'a> {
    deployment_key: DeploymentKey,
    tenant_id: &'a TenantId,
    deployments: Vec<DeployedResource<'a>>,
    diagnostics: Vec<Finding<'a>>,
}

/// One definition of a deployment; of its members one is not null.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct DeployedResource<'a> {
    process_definition: Option<ProcessDefinition<'a>>,
    decision_definition: Option<DecisionDefinition<'a>>,
    decision_requirements: Option<DecisionRequirements<'a>>,
    form: Option<Form<'a>>,
    resource: Option<DeployedFile<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProcessDefinition<'a> {
    process_definition_id: &'a SharedStr,
    process_definition_version: u32,
    resource_name: &'a SharedStr,
    tenant_id: &'a TenantId,
    process_definition_key: ProcessDefinitionKey,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DecisionDefinition<'a> {
    decision_definition_id: &'a SharedStr,
    version: u32,
    name: &'a SharedStr,
    tenant_id: &'a TenantId,
    decision_requirements_id: &'a SharedStr,
    decision_definition_key: DecisionKey,
    decision_requirements_key: DecisionRequirementsKey,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DecisionRequirements<'a> {
    decision_requirements_id: &'a SharedStr,
    decision_requirements_name: &'a SharedStr,
    version: u32,
    resource_name: &'a SharedStr,
    tenant_id: &'a TenantId,
    decision_requirements_key: DecisionRequirementsKey,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Form<'a> {
    form_id: &'a SharedStr,
    version: u32,
    resource_name: &'a SharedStr,
    tenant_id: &'a TenantId,
    form_key: ResourceKey,
}

/// A file that is neither a model nor a form.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeployedFile<'a> {
    resource_id: &'a SharedStr,
    version: u32,
    resource_name: &'a SharedStr,
    tenant_id: &'a TenantId,
    resource_key: ResourceKey,
}

pub(crate) async fn deploy(
    State(state): State<ApiState>,
    caller: Caller,
    request: Request,
) -> Result<Json<serde_json::Value>, Problem> {
    let resources = read(request).await?;
    let (deployed, warnings) = state.handle.deploy(caller.tenant, caller.actor, resources).await?;
    let answer = Deployment::new(&deployed, &warnings);
    serde_json::to_value(answer).map(Json).map_err(|error| Problem::internal(&error))
}

impl<'a> Deployment<'a> {
    fn new(deployed: &'a Deployed, warnings: &'a [Diagnostic]) -> Self {
        let process = |process: &'a DeployedProcess| DeployedResource {
            process_definition: Some(ProcessDefinition {
                process_definition_id: &process.bpmn_process_id,
                process_definition_version: process.version,
                resource_name: &process.resource_name,
                tenant_id: &deployed.tenant,
                process_definition_key: process.key,
            }),
            ..DeployedResource::default()
        };
        let processes = deployed.processes.iter().map(process);
        let decisions = deployed.decision_requirements.iter().flat_map(DeployedResource::of_decisions);
        let files = deployed.files.iter().map(DeployedResource::of_file);
        Self {
            deployment_key: deployed.key,
            tenant_id: &deployed.tenant,
            deployments: processes.chain(decisions).chain(files).collect(),
            diagnostics: Finding::all(warnings),
        }
    }
}

impl<'a> DeployedResource<'a> {
    /// A file with decisions and what is in it. What has no name is called by its id.
    fn of_decisions(deployed: &'a DeployedDecisions) -> impl Iterator<Item = Self> {
        let requirements = &deployed.requirements;
        let file = Self {
            decision_requirements: Some(DecisionRequirements {
                decision_requirements_id: &requirements.requirements_id,
                decision_requirements_name: requirements
                    .name
                    .as_ref()
                    .unwrap_or(&requirements.requirements_id),
                version: requirements.version,
                resource_name: &requirements.resource_name,
                tenant_id: &requirements.tenant,
                decision_requirements_key: requirements.key,
            }),
            ..Self::default()
        };
        let decision = |decision: &'a DecisionRecord| Self {
            decision_definition: Some(DecisionDefinition {
                decision_definition_id: &decision.decision_id,
                version: decision.version,
                name: decision.name.as_ref().unwrap_or(&decision.decision_id),
                tenant_id: &decision.tenant,
                decision_requirements_id: &requirements.requirements_id,
                decision_definition_key: decision.key,
                decision_requirements_key: requirements.key,
            }),
            ..Self::default()
        };
        deployed.decisions.iter().map(decision).chain(std::iter::once(file))
    }
}

impl<'a> DeployedResource<'a> {
    fn of_file(file: &'a FileRecord) -> Self {
        let FileRecord { key, tenant, id, version, resource_name, .. } = file;
        match file.kind {
            FileKind::Form => Self {
                form: Some(Form {
                    form_id: id,
                    version: *version,
                    resource_name,
                    tenant_id: tenant,
                    form_key: *key,
                }),
                ..Self::default()
            },
            FileKind::Resource => Self {
                resource: Some(DeployedFile {
                    resource_id: id,
                    version: *version,
                    resource_name,
                    tenant_id: tenant,
                    resource_key: *key,
                }),
                ..Self::default()
            },
        }
    }
}

/// The files of a multipart form: every part with a file name is one, whatever its part is called.
async fn read(request: Request) -> Result<Vec<Resource>, Problem> {
    let given = content_type(request.headers());
    if given.as_deref() != Some("multipart/form-data") {
        return Err(Problem::unsupported_media_type(format!(
            "content type `{}` is not supported here: send `multipart/form-data` with files in parts `resources`",
            given.unwrap_or_default()
        )));
    }
    let (parts, body) = read_body(request, DEPLOYMENT_BYTES_MAX).await?;
    let mut request = Request::from_parts(parts, Body::from(body));
    // The body is in memory and within its limit: axum's own, smaller one has nothing to guard.
    DefaultBodyLimit::disable().apply(&mut request);
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|rejection| Problem::invalid_argument(rejection.body_text()))?;
    let mut resources: Vec<Resource> = Vec::new();
    while let Some(part) = form.next_field().await.map_err(not_a_form)? {
        match (part.name(), part.file_name()) {
            (_, Some(name)) => {
                let name = name.to_owned();
                check_name(&name, &resources)?;
                resources.push(file(name, part).await?);
            }
            (Some("tenantId"), None) => {
                check_tenant("tenantId", Some(&part.text().await.map_err(not_a_form)?))?;
            }
            (name, None) => {
                return Err(Problem::invalid_argument(format!(
                    "part `{}` has no file name: send files in parts `resources`",
                    name.unwrap_or_default()
                )));
            }
        }
    }
    if resources.is_empty() {
        return Err(Problem::invalid_argument("resources: the form has no file"));
    }
    Ok(resources)
}

async fn file(name: String, part: Field<'_>) -> Result<Resource, Problem> {
    let content = part.bytes().await.map_err(not_a_form)?;
    if content.len() > DEPLOYMENT_FILE_BYTES_MAX {
        return Err(Problem::payload_too_large(format!(
            "{name}: the file takes {} bytes, the limit is {DEPLOYMENT_FILE_BYTES_MAX}",
            content.len()
        )));
    }
    Ok(Resource { name, content: content.into() })
}

fn check_name(name: &str, earlier: &[Resource]) -> Result<(), Problem> {
    if earlier.len() == DEPLOYMENT_FILES_MAX {
        return Err(Problem::payload_too_large(format!(
            "resources: a deployment has at most {DEPLOYMENT_FILES_MAX} files"
        )));
    }
    if name.is_empty() || name.len() > RESOURCE_NAME_BYTES_MAX || name.chars().any(char::is_control) {
        return Err(Problem::invalid_argument(format!(
            "resources: a file name has 1 to {RESOURCE_NAME_BYTES_MAX} bytes and no control characters"
        )));
    }
    if earlier.iter().any(|resource| resource.name == name) {
        return Err(Problem::invalid_argument(format!("resources: two files are called `{name}`")));
    }
    Ok(())
}

fn not_a_form(error: MultipartError) -> Problem {
    Problem::invalid_argument(format!("the body is not a valid multipart form: {}", error.body_text()))
}
