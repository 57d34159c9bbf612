//! Messages: publication, which may wait for a receiver, and correlation, which does not.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use runtime::{CorrelateMessage, PublishMessage};
use serde::{Deserialize, Serialize};
use types::{MessageKey, ProcessInstanceKey, SharedStr, TenantId, Variables};

use crate::extract::{Caller, Closing, Json as Body, check_tenant};
use crate::limits::{MESSAGE_TEXT_BYTES_MAX, TIME_TO_LIVE_MAX};
use crate::problem::Problem;
use crate::state::ApiState;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PublicationRequest {
    name: SharedStr,
    #[serde(default)]
    correlation_key: Option<SharedStr>,
    #[serde(default)]
    time_to_live: Option<i64>,
    #[serde(default)]
    message_id: Option<SharedStr>,
    #[serde(default)]
    variables: Option<Variables>,
    #[serde(default)]
    tenant_id: Option<String>,
}

/// A message that was published.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Published {
    tenant_id: TenantId,
    message_key: MessageKey,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CorrelationRequest {
    name: SharedStr,
    #[serde(default)]
    correlation_key: Option<SharedStr>,
    #[serde(default)]
    variables: Option<Variables>,
    #[serde(default)]
    tenant_id: Option<String>,
}

/// A message that an instance has taken, or that has started one.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Correlated {
    tenant_id: TenantId,
    message_key: MessageKey,
    process_instance_key: ProcessInstanceKey,
}

/// Without `timeToLive` a message is for those who wait already.
pub(crate) async fn publish(
    State(state): State<ApiState>,
    caller: Caller,
    Body(request): Body<PublicationRequest>,
) -> Result<Json<Published>, Problem> {
    check(&request.name, request.correlation_key.as_deref(), request.tenant_id.as_deref())?;
    check_text("messageId", request.message_id.as_deref())?;
    let tenant_id = caller.tenant.clone();
    let publish = PublishMessage {
        name: request.name,
        correlation_key: request.correlation_key.unwrap_or_default(),
        time_to_live: time_to_live(request.time_to_live)?,
        message_id: request.message_id.filter(|id| !id.is_empty()),
        variables: request.variables.unwrap_or_default(),
        tenant: caller.tenant,
    };
    let message_key = state.handle.publish_message(publish).await?;
    Ok(Json(Published { tenant_id, message_key }))
}

/// 404 when nobody waits for the message and no process starts with it.
pub(crate) async fn correlate(
    State(state): State<ApiState>,
    caller: Caller,
    mut closing: Closing,
    Body(request): Body<CorrelationRequest>,
) -> Result<Json<Correlated>, Problem> {
    check(&request.name, request.correlation_key.as_deref(), request.tenant_id.as_deref())?;
    let tenant_id = caller.tenant.clone();
    let correlate = CorrelateMessage {
        name: request.name,
        correlation_key: request.correlation_key.unwrap_or_default(),
        variables: request.variables.unwrap_or_default(),
        tenant: caller.tenant,
    };
    let correlated = tokio::select! {
        correlated = state.handle.correlate_message(correlate) => correlated?,
        () = closing.begun() => {
            return Err(Problem::unavailable("the host is shutting down: the message may be taken when it is back"));
        }
    };
    Ok(Json(Correlated {
        tenant_id,
        message_key: correlated.message,
        process_instance_key: correlated.instance,
    }))
}

fn check(name: &str, correlation_key: Option<&str>, tenant: Option<&str>) -> Result<(), Problem> {
    check_tenant("tenantId", tenant)?;
    if name.is_empty() {
        return Err(Problem::invalid_argument("name: expected the message's name, found nothing"));
    }
    check_text("name", Some(name))?;
    check_text("correlationKey", correlation_key)
}

fn check_text(field: &str, text: Option<&str>) -> Result<(), Problem> {
    match text {
        Some(text) if text.len() > MESSAGE_TEXT_BYTES_MAX => Err(Problem::invalid_argument(format!(
            "{field}: at most {MESSAGE_TEXT_BYTES_MAX} bytes are allowed"
        ))),
        _ => Ok(()),
    }
}

fn time_to_live(millis: Option<i64>) -> Result<Duration, Problem> {
    let given = millis.unwrap_or(0);
    let millis = u64::try_from(given)
        .map_err(|_| Problem::invalid_argument(format!("timeToLive: {given} milliseconds is less than 0")))?;
    Ok(Duration::from_millis(millis).min(TIME_TO_LIVE_MAX))
}
