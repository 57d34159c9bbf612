//! `POST /v2/signals/broadcast`.

use axum::Json;
use axum::extract::State;
use runtime::BroadcastSignal;
use serde::{Deserialize, Serialize};
use types::{SharedStr, SignalKey, TenantId, Variables};

use crate::extract::{Caller, Json as Body, check_tenant};
use crate::limits::MESSAGE_TEXT_BYTES_MAX;
use crate::problem::Problem;
use crate::state::ApiState;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct BroadcastRequest {
    signal_name: SharedStr,
    #[serde(default)]
    variables: Option<Variables>,
    #[serde(default)]
    tenant_id: Option<String>,
}

/// A signal that everybody gets who waits for it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Broadcast {
    tenant_id: TenantId,
    signal_key: SignalKey,
}

/// A signal for which nobody waits is no error.
pub(crate) async fn broadcast(
    State(state): State<ApiState>,
    caller: Caller,
    Body(request): Body<BroadcastRequest>,
) -> Result<Json<Broadcast>, Problem> {
    check_tenant("tenantId", request.tenant_id.as_deref())?;
    if !(1..=MESSAGE_TEXT_BYTES_MAX).contains(&request.signal_name.len()) {
        return Err(Problem::invalid_argument(format!(
            "signalName: expected 1 to {MESSAGE_TEXT_BYTES_MAX} bytes"
        )));
    }
    let tenant_id = caller.tenant.clone();
    let broadcast = BroadcastSignal {
        name: request.signal_name,
        variables: request.variables.unwrap_or_default(),
        tenant: caller.tenant,
    };
    let signal_key = state.handle.broadcast_signal(broadcast).await?;
    Ok(Json(Broadcast { tenant_id, signal_key }))
}
