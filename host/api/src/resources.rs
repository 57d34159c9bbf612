//! `GET /v2/resources/{key}`: deployed files that are neither models nor forms.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use store::FileRecord;
use types::{FileKind, ResourceKey, SharedStr, TenantId};

use crate::extract::{Caller, KeyPath};
use crate::problem::Problem;
use crate::state::ApiState;

/// A version of a file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Resource {
    resource_id: SharedStr,
    resource_key: ResourceKey,
    resource_name: SharedStr,
    tenant_id: TenantId,
    version: u32,
    version_tag: Option<SharedStr>,
}

impl From<FileRecord> for Resource {
    fn from(record: FileRecord) -> Self {
        Self {
            resource_id: record.id,
            resource_key: record.key,
            resource_name: record.resource_name,
            tenant_id: record.tenant,
            version: record.version,
            version_tag: record.version_tag,
        }
    }
}

pub(crate) async fn get(
    State(state): State<ApiState>,
    caller: Caller,
    KeyPath(key): KeyPath<ResourceKey>,
) -> Result<Json<Resource>, Problem> {
    find(&state, &caller, key).await.map(|record| Json(record.into()))
}

/// The bytes that were deployed: as plain text whatever the file's name says, so that no browser takes them for a page of the
/// host.
pub(crate) async fn get_content(
    State(state): State<ApiState>,
    caller: Caller,
    KeyPath(key): KeyPath<ResourceKey>,
) -> Result<Response, Problem> {
    find(&state, &caller, key).await?;
    let resource = state.handle.store().file_content(key).await?.ok_or_else(|| missing(key))?;
    let content_type = match std::str::from_utf8(&resource.content) {
        Ok(_) => "text/plain; charset=utf-8",
        Err(_) => "application/octet-stream",
    };
    Ok(([(header::CONTENT_TYPE, content_type)], resource.content).into_response())
}

async fn find(state: &ApiState, caller: &Caller, key: ResourceKey) -> Result<FileRecord, Problem> {
    let found = state.handle.store().file(key).await?;
    let is_asked_for =
        |record: &FileRecord| record.kind == FileKind::Resource && record.tenant == caller.tenant;
    found.filter(is_asked_for).ok_or_else(|| missing(key))
}

fn missing(key: ResourceKey) -> Problem {
    Problem::not_found(format!("no resource with key {key} exists"))
}
