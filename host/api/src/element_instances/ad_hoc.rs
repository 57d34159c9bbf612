//! `POST /v2/element-instances/ad-hoc-activities/{key}/activation`.

use axum::extract::State;
use axum::http::StatusCode;
use engine::command::AdHocActivity;
use serde::Deserialize;
use types::{ElementInstanceKey, SharedStr, Variables};

use crate::extract::{Caller, Json as Body, KeyPath};
use crate::limits::INSTRUCTIONS_MAX;
use crate::problem::Problem;
use crate::state::ApiState;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ActivationRequest {
    elements: Vec<Activity>,
    #[serde(default)]
    cancel_remaining_instances: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Activity {
    element_id: SharedStr,
    #[serde(default)]
    variables: Option<Variables>,
}

pub(crate) async fn activate(
    State(state): State<ApiState>,
    caller: Caller,
    KeyPath(key): KeyPath<ElementInstanceKey>,
    Body(request): Body<ActivationRequest>,
) -> Result<StatusCode, Problem> {
    if !(1..=INSTRUCTIONS_MAX).contains(&request.elements.len()) {
        return Err(Problem::invalid_argument(format!("elements: expected 1 to {INSTRUCTIONS_MAX} of them")));
    }
    let activities = request.elements.into_iter().map(|activity| AdHocActivity {
        element: activity.element_id,
        variables: activity.variables.unwrap_or_default(),
    });
    let cancels_remaining = request.cancel_remaining_instances.unwrap_or(false);
    state.handle.activate_ad_hoc(key, activities.collect(), cancels_remaining, caller.actor).await?;
    Ok(StatusCode::NO_CONTENT)
}
