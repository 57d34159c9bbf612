//! Components under `/fermata/v1/components`: upload, reads, deletion.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::changes::Removal;
use crate::extract::{Caller, Path, Query, content_type, read_body};
use crate::limits::COMPONENT_BYTES_MAX;
use crate::list::List;
use crate::platform::{ComponentView, PlatformError, RemovedVersion, Uploaded};
use crate::problem::Problem;
use crate::state::ApiState;

const WASM: &str = "application/wasm";

/// The header of an upload that says who vouches for it: `ed25519:KEY:SIGNATURE`, both in Base64.
pub const SIGNATURE_HEADER: &str = "fermata-signature";

/// 201 when the component is new, 200 when it was there already.
pub(crate) async fn upload(
    State(state): State<ApiState>,
    caller: Caller,
    request: Request,
) -> Result<(StatusCode, Json<Uploaded>), Problem> {
    let (parts, body) = read_body(request, COMPONENT_BYTES_MAX).await?;
    let given = content_type(&parts.headers).unwrap_or_default();
    if given != WASM && given != "application/octet-stream" {
        return Err(Problem::unsupported_media_type(format!(
            "content type `{given}` is not supported here: send the component as `{WASM}`"
        )));
    }
    if body.is_empty() {
        return Err(Problem::invalid_argument("the file is empty: expected a WebAssembly component"));
    }
    let signature = parts.headers.get(SIGNATURE_HEADER).map(|value| {
        value.to_str().map(str::to_owned).map_err(|_| {
            Problem::invalid_argument(format!(
                "header `{SIGNATURE_HEADER}`: expected `ed25519:KEY:SIGNATURE`"
            ))
        })
    });
    let signature = signature.transpose()?;
    let uploaded =
        state.platform.upload_component(caller.tenant, caller.actor, body.into(), signature).await?;
    let status = if uploaded.created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(uploaded)))
}

/// All components, those uploaded last first.
pub(crate) async fn list(
    State(state): State<ApiState>,
    caller: Caller,
) -> Result<Json<List<ComponentView>>, Problem> {
    Ok(Json(List { items: state.platform.components(&caller.tenant).await? }))
}

/// The versions of a component, the one uploaded last first.
pub(crate) async fn versions(
    State(state): State<ApiState>,
    caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<List<ComponentView>>, Problem> {
    let mut items = state.platform.components(&caller.tenant).await?;
    items.retain(|component| component.name == *name);
    if items.is_empty() {
        return Err(PlatformError::NotFound { what: "component", name }.into());
    }
    Ok(Json(List { items }))
}

pub(crate) async fn get(
    State(state): State<ApiState>,
    caller: Caller,
    Path((name, version)): Path<(String, String)>,
) -> Result<Json<ComponentView>, Problem> {
    let components = state.platform.components(&caller.tenant).await?;
    components
        .into_iter()
        .find(|component| component.name == *name && component.version == *version)
        .map(Json)
        .ok_or_else(|| {
            PlatformError::NotFound { what: "component", name: format!("{name}@{version}") }.into()
        })
}

/// The component as it was uploaded.
pub(crate) async fn get_wasm(
    State(state): State<ApiState>,
    caller: Caller,
    Path((name, version)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let bytes = state.platform.component_bytes(&caller.tenant, &name, &version).await?;
    Ok(([(header::CONTENT_TYPE, WASM)], bytes).into_response())
}

/// The version of the component uploaded before this one serves its job types again. The answer says what does.
pub(crate) async fn delete(
    State(state): State<ApiState>,
    caller: Caller,
    Path((name, version)): Path<(String, String)>,
    Query(removal): Query<Removal>,
) -> Result<Json<RemovedVersion>, Problem> {
    let Caller { tenant, actor, .. } = caller;
    Ok(Json(state.platform.delete_component(&tenant, actor, &name, &version, removal.reason).await?))
}
