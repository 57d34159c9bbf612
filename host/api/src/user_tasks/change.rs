//! Giving user tasks to people, changing and completing them.

use axum::extract::State;
use axum::http::StatusCode;
use engine::command::{AssignUserTask, UpdateUserTask};
use serde::Deserialize;
use serde::de::IgnoredAny;
use types::{SharedStr, Timestamp, UserTaskKey, Variables};

use crate::extract::{Caller, Closing, Json, KeyPath, OptionalJson};
use crate::limits::{LISTENERS_WAIT, TASK_PRIORITY_MAX};
use crate::problem::Problem;
use crate::state::ApiState;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Assignment {
    assignee: SharedStr,
    #[serde(default)]
    allow_override: Option<bool>,
    #[serde(default, rename = "action")]
    _action: IgnoredAny,
}

pub(crate) async fn assign(
    State(state): State<ApiState>,
    caller: Caller,
    closing: Closing,
    KeyPath(task): KeyPath<UserTaskKey>,
    Json(assignment): Json<Assignment>,
) -> Result<StatusCode, Problem> {
    let assign = AssignUserTask {
        task,
        assignee: assignment.assignee,
        allow_override: assignment.allow_override.unwrap_or(true),
    };
    let assigned = state.handle.assign_user_task(assign, caller.actor, LISTENERS_WAIT);
    decided(closing, assigned).await
}

pub(crate) async fn unassign(
    State(state): State<ApiState>,
    caller: Caller,
    closing: Closing,
    KeyPath(task): KeyPath<UserTaskKey>,
) -> Result<StatusCode, Problem> {
    let unassigned = state.handle.unassign_user_task(task, caller.actor, LISTENERS_WAIT);
    decided(closing, unassigned).await
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Completion {
    variables: Option<Variables>,
    #[serde(rename = "action")]
    _action: IgnoredAny,
}

pub(crate) async fn complete(
    State(state): State<ApiState>,
    caller: Caller,
    closing: Closing,
    KeyPath(task): KeyPath<UserTaskKey>,
    OptionalJson(completion): OptionalJson<Completion>,
) -> Result<StatusCode, Problem> {
    let variables = completion.variables.unwrap_or_default();
    let completed = state.handle.complete_user_task(task, variables, caller.actor, LISTENERS_WAIT);
    decided(closing, completed).await
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct UpdateRequest {
    changeset: Option<Changeset>,
    #[serde(rename = "action")]
    _action: IgnoredAny,
}

/// What is missing or `null` stays as it is; an empty text clears a date, an empty list the candidates.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Changeset {
    due_date: Option<String>,
    follow_up_date: Option<String>,
    candidate_users: Option<Vec<SharedStr>>,
    candidate_groups: Option<Vec<SharedStr>>,
    priority: Option<i64>,
}

pub(crate) async fn update(
    State(state): State<ApiState>,
    caller: Caller,
    closing: Closing,
    KeyPath(task): KeyPath<UserTaskKey>,
    OptionalJson(request): OptionalJson<UpdateRequest>,
) -> Result<StatusCode, Problem> {
    let update = request.changeset.unwrap_or_default().into_command(task)?;
    let updated = state.handle.update_user_task(update, caller.actor, LISTENERS_WAIT);
    decided(closing, updated).await
}

/// Waits for a change of a user task, and for the task listeners that are asked about it.
pub(crate) async fn decided(
    mut closing: Closing,
    change: impl Future<Output = Result<(), runtime::Error>>,
) -> Result<StatusCode, Problem> {
    tokio::select! {
        decided = change => decided?,
        () = closing.begun() => {
            return Err(Problem::unavailable(
                "the host is shutting down: what listeners are asked about waits for them when it is back",
            ));
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

impl Changeset {
    fn into_command(self, task: UserTaskKey) -> Result<UpdateUserTask, Problem> {
        let update = UpdateUserTask {
            task,
            candidate_groups: self.candidate_groups,
            candidate_users: self.candidate_users,
            due_date: date("changeset.dueDate", self.due_date)?,
            follow_up_date: date("changeset.followUpDate", self.follow_up_date)?,
            priority: priority(self.priority)?,
        };
        let changes_nothing = update.candidate_groups.is_none()
            && update.candidate_users.is_none()
            && update.due_date.is_none()
            && update.follow_up_date.is_none()
            && update.priority.is_none();
        if changes_nothing {
            return Err(Problem::invalid_argument(
                "changeset: expected one of dueDate, followUpDate, candidateUsers, candidateGroups, priority",
            ));
        }
        Ok(update)
    }
}

fn date(field: &str, text: Option<String>) -> Result<Option<Option<Timestamp>>, Problem> {
    match text.as_deref() {
        None => Ok(None),
        Some("") => Ok(Some(None)),
        Some(text) => match crate::time::parse(text) {
            Ok(time) => Ok(Some(Some(time))),
            Err(error) => Err(Problem::invalid_argument(format!("{field}: {error}"))),
        },
    }
}

fn priority(priority: Option<i64>) -> Result<Option<u8>, Problem> {
    let Some(priority) = priority else { return Ok(None) };
    u8::try_from(priority).ok().filter(|priority| *priority <= TASK_PRIORITY_MAX).map(Some).ok_or_else(|| {
        Problem::invalid_argument(format!(
            "changeset.priority: {priority} is not between 0 and {TASK_PRIORITY_MAX}"
        ))
    })
}
