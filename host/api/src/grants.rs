//! What components are granted, under `/fermata/v1/grants/{component}`.
//!
//! A grant is replaced as a whole. Whoever changes a part of it reads it first and sends its tag as `If-Match`:
//! so that of two who do so at the same time the second learns of the first, and nobody's change is lost.
//! Without `If-Match` it is replaced whatever it was, as whoever keeps grants in files wants it; the history has what it was.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get};
use axum::{Extension, Json};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::changes::{Page, Part, take_reason};
use crate::extract::{Caller, Json as Body, Path, Query};
use crate::platform::GrantChangeView;
use crate::problem::Problem;
use crate::state::ApiState;

/// The resource.
pub(crate) fn resource() -> MethodRouter<ApiState> {
    get(read).put(replace).layer(Extension(Changing::default()))
}

/// Held from looking at a grant until it is replaced.
#[derive(Clone, Default)]
struct Changing(Arc<Mutex<()>>);

/// The empty policy when nothing was granted yet.
async fn read(
    State(state): State<ApiState>,
    caller: Caller,
    Path(component): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let grant = state.platform.grant(&caller.tenant, &component).await?;
    Ok(([(header::ETAG, tag(&grant))], Json(grant)))
}

/// Replaces all that was granted before; counts from the next attempt on. The body is the grant, with a `reason` beside it.
async fn replace(
    State(state): State<ApiState>,
    Extension(Changing(changing)): Extension<Changing>,
    caller: Caller,
    Path(component): Path<String>,
    headers: HeaderMap,
    Body(mut policy): Body<Value>,
) -> Result<StatusCode, Problem> {
    let reason = take_reason(&mut policy)?;
    let replaced = tokio::spawn(async move {
        let _changing = changing.lock().await;
        let present = state.platform.grant(&caller.tenant, &component).await?;
        if !is_expected(&headers, &tag(&present)) {
            return Err(Problem::precondition_failed(format!(
                "somebody else has changed what `{component}` is granted: read it again"
            )));
        }
        state.platform.put_grant(caller.tenant, caller.actor, &component, policy, reason).await?;
        Ok(StatusCode::NO_CONTENT)
    });
    // A task of its own: the platform goes on when the caller goes away, and the next one must not look before it is done.
    replaced.await.unwrap_or_else(|error| Err(Problem::internal(&error)))
}

/// The changes of what a component is granted, the last one first, page by page.
pub(crate) async fn history(
    State(state): State<ApiState>,
    caller: Caller,
    Path(component): Path<String>,
    Query(part): Query<Part>,
) -> Result<Json<Page<GrantChangeView>>, Problem> {
    let limit = part.limit()?;
    let changes = state.platform.grant_history(&caller.tenant, &component, part.before, limit + 1).await?;
    Ok(Json(Page::new(changes, limit, |change| change.revision)))
}

/// Names a grant by its content.
fn tag(grant: &Value) -> String {
    let mut hasher = DefaultHasher::new();
    grant.to_string().hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}

/// Whether the caller expects what is there, or does not care.
fn is_expected(headers: &HeaderMap, tag: &str) -> bool {
    let mut expected = headers.get_all(header::IF_MATCH).iter().peekable();
    if expected.peek().is_none() {
        return true;
    }
    expected
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|expected| matches!(expected.trim(), "*") || expected.trim() == tag)
}
