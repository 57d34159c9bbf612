//! `POST /v2/process-instances/{key}/migration`.

use axum::extract::State;
use axum::http::StatusCode;
use engine::command::MigrateInstance;
use serde::Deserialize;
use serde::de::IgnoredAny;
use types::{ProcessDefinitionKey, ProcessInstanceKey, SharedStr};

use crate::extract::{Caller, Json as Body, KeyPath};
use crate::limits::INSTRUCTIONS_MAX;
use crate::problem::Problem;
use crate::state::ApiState;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MigrationRequest {
    target_process_definition_key: ProcessDefinitionKey,
    mapping_instructions: Vec<Mapping>,
    #[serde(default, rename = "operationReference")]
    _operation_reference: IgnoredAny,
}

/// Where a migration leads.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MigrationPlan {
    target_process_definition_key: ProcessDefinitionKey,
    mapping_instructions: Vec<Mapping>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Mapping {
    source_element_id: SharedStr,
    target_element_id: SharedStr,
}

pub(crate) async fn migrate(
    State(state): State<ApiState>,
    caller: Caller,
    KeyPath(key): KeyPath<ProcessInstanceKey>,
    Body(request): Body<MigrationRequest>,
) -> Result<StatusCode, Problem> {
    let plan = MigrationPlan {
        target_process_definition_key: request.target_process_definition_key,
        mapping_instructions: request.mapping_instructions,
    };
    state.handle.migrate_instance(key, plan.into_command()?, caller.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl MigrationPlan {
    pub(crate) fn into_command(self) -> Result<MigrateInstance, Problem> {
        if self.mapping_instructions.len() > INSTRUCTIONS_MAX {
            return Err(Problem::invalid_argument(format!(
                "mappingInstructions: at most {INSTRUCTIONS_MAX} are allowed"
            )));
        }
        let mappings = self.mapping_instructions.into_iter();
        Ok(MigrateInstance {
            definition: self.target_process_definition_key,
            mappings: mappings
                .map(|mapping| (mapping.source_element_id, mapping.target_element_id))
                .collect(),
        })
    }
}
