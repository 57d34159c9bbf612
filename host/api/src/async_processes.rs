//! A process as an asynchronous API: `POST /fermata/v1/processes/{id}` answers with the result when the process is quick,
//! and otherwise says where the result will be.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::EntityKind;
use engine::state::InstanceStatus;
use runtime::StartInstance;
use serde::{Deserialize, Serialize};
use types::{ProcessInstanceKey, Variables};

use crate::extract::{Caller, Closing, KeyPath, OptionalJson, Path, Query};
use crate::limits::{ASYNC_WAIT_DEFAULT, REQUEST_TIMEOUT_MAX};
use crate::problem::Problem;
use crate::process_instances::{check_business_id, definition_by_id};
use crate::state::ApiState;

/// Query parameters of a start.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Start {
    /// The latest version when missing.
    version: Option<u32>,
    business_id: Option<String>,
}

/// How far an instance has come.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Progress {
    process_instance_key: ProcessInstanceKey,
    state: &'static str,
    /// The variables at the end; `null` before.
    variables: Option<Variables>,
}

/// Takes the variables as body. `Prefer: wait=SECONDS` says how long the caller waits for the result,
/// `Prefer: respond-async` that it does not (RFC 7240).
pub(crate) async fn start(
    State(state): State<ApiState>,
    caller: Caller,
    mut closing: Closing,
    Path(id): Path<String>,
    Query(query): Query<Start>,
    headers: HeaderMap,
    OptionalJson(variables): OptionalJson<Variables>,
) -> Result<Response, Problem> {
    check_business_id(query.business_id.as_deref())?;
    let definition = definition_by_id(&state, &caller, &id, query.version).await?;
    let start = StartInstance {
        definition: definition.key,
        tenant: definition.tenant.clone(),
        variables,
        business_id: query.business_id.map(Into::into),
        tags: Vec::new(),
        start: engine::command::Start::Default,
        ends_after: Vec::new(),
        actor: caller.actor,
    };
    let wait = preferred_wait(&headers);
    if wait.is_zero() {
        return Ok(accepted(state.handle.start_instance(start).await?.key));
    }
    let awaited = tokio::select! {
        awaited = state.handle.start_instance_and_await(start, wait) => awaited,
        () = closing.begun() => {
            return Err(Problem::unavailable("the host is shutting down: an instance that was started goes on when it is back"));
        }
    };
    match awaited {
        Ok(ended) => Ok(Json(Progress {
            process_instance_key: ended.identity.key,
            state: InstanceStatus::Completed.name(),
            variables: Some(ended.variables),
        })
        .into_response()),
        Err(runtime::Error::AwaitTimedOut { key, .. }) => Ok(accepted(key)),
        Err(error) => Err(error.into()),
    }
}

/// `GET /fermata/v1/process-instances/{key}`.
pub(crate) async fn progress(
    State(state): State<ApiState>,
    KeyPath(key): KeyPath<ProcessInstanceKey>,
) -> Result<Json<Progress>, Problem> {
    let rows = state.handle.store().load_instance(key).await?;
    let rows = rows.ok_or_else(|| Problem::no_such(EntityKind::ProcessInstance, key))?;
    let variables = (rows.instance.state != InstanceStatus::Active).then(|| {
        rows.variables
            .into_iter()
            .filter(|variable| variable.scope == key.root_scope())
            .map(|variable| (variable.name, variable.variable.value))
            .collect()
    });
    Ok(Json(Progress { process_instance_key: key, state: rows.instance.state.name(), variables }))
}

fn accepted(key: ProcessInstanceKey) -> Response {
    let progress =
        Progress { process_instance_key: key, state: InstanceStatus::Active.name(), variables: None };
    let location = [(header::LOCATION, format!("/fermata/v1/process-instances/{key}"))];
    (StatusCode::ACCEPTED, location, Json(progress)).into_response()
}

/// What the `Prefer` header asks for. Preferences that are not understood are passed over, as RFC 7240 wants it.
fn preferred_wait(headers: &HeaderMap) -> Duration {
    let mut wait = ASYNC_WAIT_DEFAULT;
    for line in headers.get_all("prefer") {
        for preference in line.to_str().unwrap_or_default().split([',', ';']) {
            match preference.split_once('=') {
                Some((name, seconds)) if name.trim().eq_ignore_ascii_case("wait") => {
                    if let Ok(seconds) = seconds.trim().trim_matches('"').parse() {
                        return Duration::from_secs(seconds).min(REQUEST_TIMEOUT_MAX);
                    }
                }
                None if preference.trim().eq_ignore_ascii_case("respond-async") => wait = Duration::ZERO,
                _ => {}
            }
        }
    }
    wait
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_wait_is_understood() {
        for (header, wait) in [
            ("wait=5", Duration::from_secs(5)),
            ("handling=lenient; Wait = \"7\"", Duration::from_secs(7)),
            ("respond-async", Duration::ZERO),
            ("respond-async, wait=2", Duration::from_secs(2)),
            ("wait=99999999", REQUEST_TIMEOUT_MAX),
            ("wait=soon", ASYNC_WAIT_DEFAULT),
            ("", ASYNC_WAIT_DEFAULT),
        ] {
            let headers = HeaderMap::from_iter([("prefer".parse().unwrap(), header.parse().unwrap())]);
            assert_eq!(preferred_wait(&headers), wait, "{header}");
        }
    }
}
