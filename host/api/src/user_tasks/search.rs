//! `POST /v2/user-tasks/search`.

use axum::Json;
use axum::extract::State;
use store::search::UserTaskField;

use super::view::UserTask;
use crate::extract::OptionalJson;
use crate::instances::Surroundings;
use crate::problem::Problem;
use crate::search::{Field, Kind, SearchRequest, SearchResponse, Unkept};
use crate::state::ApiState;

const STATES: Kind = Kind::Enum(&[
    "CREATING",
    "CREATED",
    "ASSIGNING",
    "UPDATING",
    "COMPLETING",
    "COMPLETED",
    "CANCELING",
    "CANCELED",
    "FAILED",
]);

/// What listeners are looking at is not in the rows by name.
const STATES_OF_CHANGES: Unkept = Unkept {
    values: &["CREATING", "ASSIGNING", "UPDATING", "COMPLETING", "CANCELING"],
    because: "tasks whose listeners are at work are found as CREATED",
};

const FIELDS: &[Field<UserTaskField>] = &[
    Field::stored("userTaskKey", Kind::Key, UserTaskField::UserTaskKey),
    Field::stored("state", STATES, UserTaskField::State).unkept(STATES_OF_CHANGES),
    Field::stored("assignee", Kind::Text, UserTaskField::Assignee),
    Field::stored("candidateGroup", Kind::Text, UserTaskField::CandidateGroup).only_filtered(),
    Field::stored("candidateUser", Kind::Text, UserTaskField::CandidateUser).only_filtered(),
    Field::stored("priority", Kind::Integer, UserTaskField::Priority),
    Field::stored("elementId", Kind::Text, UserTaskField::ElementId),
    Field::stored("elementInstanceKey", Kind::Key, UserTaskField::ElementInstanceKey),
    Field::stored("processInstanceKey", Kind::Key, UserTaskField::ProcessInstanceKey),
    Field::stored("processDefinitionKey", Kind::Key, UserTaskField::ProcessDefinitionKey),
    Field::stored("processDefinitionId", Kind::Text, UserTaskField::ProcessDefinitionId),
    Field::stored("creationDate", Kind::DateTime, UserTaskField::CreationDate),
    Field::stored("completionDate", Kind::DateTime, UserTaskField::CompletionDate),
    Field::stored("dueDate", Kind::DateTime, UserTaskField::DueDate),
    Field::stored("followUpDate", Kind::DateTime, UserTaskField::FollowUpDate),
    Field::stored("tenantId", Kind::Text, UserTaskField::TenantId),
    Field::not_supported("name"),
    Field::not_supported("businessId"),
    Field::not_supported("tags"),
    Field::not_supported("processInstanceVariables"),
    Field::not_supported("localVariables"),
];

pub(crate) async fn search(
    State(state): State<ApiState>,
    OptionalJson(request): OptionalJson<SearchRequest>,
) -> Result<Json<SearchResponse<UserTask>>, Problem> {
    let search = request.into_search(FIELDS)?;
    let page = state.handle.store().search_user_tasks(&search).await?;
    let surroundings = Surroundings::read(&state, page.items.iter().map(|record| &record.origin)).await?;
    Ok(Json(SearchResponse::new(page, |record| UserTask::new(record, &surroundings))))
}
