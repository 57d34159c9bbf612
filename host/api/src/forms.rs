//! Forms of user tasks.

use bpmn::Process;
use engine::state::UserTask;
use serde::Serialize;
use store::search::UserTaskRecord;
use types::{Key, ProcessDefinitionKey, ResourceKey, SharedStr, TenantId};

use crate::problem::Problem;
use crate::state::ApiState;

/// How a form key names a form inside the model.
const EMBEDDED_PREFIX: &str = "camunda-forms:bpmn:";

/// A form. One that is embedded in a model has no key and version of its own: the process definition's stand for them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Form {
    tenant_id: TenantId,
    form_id: String,
    /// The form's JSON as text.
    schema: String,
    version: u32,
    form_key: Key,
}

/// The key of the form that a task shows, if the host has it.
pub(crate) fn form_key(task: &UserTask, definition: ProcessDefinitionKey) -> Option<Key> {
    task.form.map(|form| form.0).or_else(|| embedded_form_id(task).map(|_| definition.0))
}

/// The id of the embedded form that a task shows.
fn embedded_form_id(task: &UserTask) -> Option<&str> {
    task.form_key.as_deref()?.strip_prefix(EMBEDDED_PREFIX)
}

/// The reference to a form that others keep: an external reference, or a form key that names no embedded form.
pub(crate) fn external_reference(task: &UserTask) -> Option<SharedStr> {
    let custom_key = || task.form_key.clone().filter(|key| !key.starts_with(EMBEDDED_PREFIX));
    task.external_form_reference.clone().or_else(custom_key)
}

/// The form that a task shows, if the host has it.
pub(crate) async fn form_of(state: &ApiState, record: UserTaskRecord) -> Result<Option<Form>, Problem> {
    if let Some(key) = record.task.form {
        return linked_form(state, key).await.map(Some);
    }
    let Some(id) = embedded_form_id(&record.task) else { return Ok(None) };
    let origin = record.origin;
    let Some(definition) = state.handle.definition(origin.definition).await? else { return Ok(None) };
    let Some(schema) = schema(&definition.process, id) else {
        return Err(Problem::not_found(format!(
            "process definition {} has no embedded form `{id}`",
            origin.definition
        )));
    };
    Ok(Some(Form {
        tenant_id: origin.tenant,
        form_id: id.to_owned(),
        schema,
        version: origin.version,
        form_key: origin.definition.0,
    }))
}

/// The version of a form that was found when the task was created.
async fn linked_form(state: &ApiState, key: ResourceKey) -> Result<Form, Problem> {
    let missing = || Problem::not_found(format!("no form with key {key} exists"));
    let store = state.handle.store();
    let record = store.file(key).await?.ok_or_else(missing)?;
    let content = store.file_content(key).await?.ok_or_else(missing)?.content;
    let schema = String::from_utf8(content).map_err(|error| Problem::internal(&error))?;
    Ok(Form {
        tenant_id: record.tenant,
        form_id: record.id.to_string(),
        schema,
        version: record.version,
        form_key: key.0,
    })
}

fn schema(process: &Process, id: &str) -> Option<String> {
    process.forms.get(id).map(ToString::to_string)
}
