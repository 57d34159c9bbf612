//! `POST /v2/message-subscriptions/search`: what waits for messages.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::search::{MessageSubscriptionField, MessageSubscriptionRecord};
use types::{
    ElementInstanceKey, ProcessDefinitionKey, ProcessInstanceKey, SharedStr, SubscriptionKey, TenantId,
    Timestamp,
};

use crate::extract::OptionalJson;
use crate::instances::Surroundings;
use crate::problem::Problem;
use crate::search::{Field, Kind, SearchRequest, SearchResponse, Unkept};
use crate::state::ApiState;

const STATES: Kind = Kind::Enum(&[CREATED, "CORRELATED", "DELETED", "MIGRATED"]);
const CREATED: &str = "CREATED";
const STATES_OF_DONE: Unkept = Unkept {
    values: &["CORRELATED", "DELETED"],
    because: "subscriptions that are closed are not kept: search correlated-message-subscriptions, or the history of their instance",
};

const FIELDS: &[Field<MessageSubscriptionField>] = &[
    Field::stored("messageSubscriptionKey", Kind::Key, MessageSubscriptionField::MessageSubscriptionKey),
    Field::stored("processInstanceKey", Kind::Key, MessageSubscriptionField::ProcessInstanceKey),
    Field::stored("processDefinitionKey", Kind::Key, MessageSubscriptionField::ProcessDefinitionKey),
    Field::stored("processDefinitionId", Kind::Text, MessageSubscriptionField::ProcessDefinitionId),
    Field::stored("elementId", Kind::Text, MessageSubscriptionField::ElementId),
    Field::stored("elementInstanceKey", Kind::Key, MessageSubscriptionField::ElementInstanceKey),
    Field::stored("lastUpdatedDate", Kind::DateTime, MessageSubscriptionField::LastUpdatedDate),
    Field::stored("messageName", Kind::Text, MessageSubscriptionField::MessageName),
    Field::stored("correlationKey", Kind::Text, MessageSubscriptionField::CorrelationKey),
    Field::stored("tenantId", Kind::Text, MessageSubscriptionField::TenantId),
    Field::always("messageSubscriptionState", STATES, CREATED).unkept(STATES_OF_DONE),
];

/// What waits for a message.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageSubscription {
    message_subscription_key: SubscriptionKey,
    process_definition_id: SharedStr,
    process_definition_key: ProcessDefinitionKey,
    process_instance_key: ProcessInstanceKey,
    root_process_instance_key: ProcessInstanceKey,
    element_id: SharedStr,
    element_instance_key: ElementInstanceKey,
    message_subscription_state: &'static str,
    #[serde(serialize_with = "crate::time::serialize")]
    last_updated_date: Timestamp,
    message_name: SharedStr,
    correlation_key: SharedStr,
    tenant_id: TenantId,
}

pub(crate) async fn search(
    State(state): State<ApiState>,
    OptionalJson(request): OptionalJson<SearchRequest>,
) -> Result<Json<SearchResponse<MessageSubscription>>, Problem> {
    let page = state.handle.store().search_message_subscriptions(&request.into_search(FIELDS)?).await?;
    let surroundings = Surroundings::read(&state, page.items.iter().map(|record| &record.origin)).await?;
    Ok(Json(SearchResponse::new(page, |record| MessageSubscription::new(record, &surroundings))))
}

impl MessageSubscription {
    fn new(record: MessageSubscriptionRecord, surroundings: &Surroundings) -> Self {
        let origin = record.origin;
        Self {
            root_process_instance_key: surroundings.root(origin.instance),
            message_subscription_key: record.key,
            process_definition_id: origin.bpmn_process_id,
            process_definition_key: origin.definition,
            process_instance_key: origin.instance,
            element_id: record.element,
            element_instance_key: record.element_instance,
            message_subscription_state: CREATED,
            last_updated_date: record.since,
            message_name: record.name,
            correlation_key: record.correlation_key,
            tenant_id: origin.tenant,
        }
    }
}
