//! `POST /v2/correlated-message-subscriptions/search`: messages that instances have taken.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::search::{MessageCorrelationField, MessageCorrelationRecord};
use types::{
    ElementInstanceKey, MessageKey, PartitionId, ProcessDefinitionKey, ProcessInstanceKey, SharedStr,
    SubscriptionKey, TenantId, Timestamp,
};

use crate::extract::OptionalJson;
use crate::instances::Surroundings;
use crate::problem::Problem;
use crate::search::{Field, Kind, SearchRequest, SearchResponse};
use crate::state::ApiState;

const FIELDS: &[Field<MessageCorrelationField>] = &[
    Field::stored("correlationKey", Kind::Text, MessageCorrelationField::CorrelationKey),
    Field::stored("correlationTime", Kind::DateTime, MessageCorrelationField::CorrelationTime),
    Field::stored("elementId", Kind::Text, MessageCorrelationField::ElementId),
    Field::stored("elementInstanceKey", Kind::Key, MessageCorrelationField::ElementInstanceKey),
    Field::stored("messageKey", Kind::Key, MessageCorrelationField::MessageKey),
    Field::stored("messageName", Kind::Text, MessageCorrelationField::MessageName),
    Field::stored("partitionId", Kind::Integer, MessageCorrelationField::PartitionId),
    Field::stored("processDefinitionId", Kind::Text, MessageCorrelationField::ProcessDefinitionId),
    Field::stored("processDefinitionKey", Kind::Key, MessageCorrelationField::ProcessDefinitionKey),
    Field::stored("processInstanceKey", Kind::Key, MessageCorrelationField::ProcessInstanceKey),
    Field::stored("subscriptionKey", Kind::Key, MessageCorrelationField::SubscriptionKey),
    Field::stored("tenantId", Kind::Text, MessageCorrelationField::TenantId),
];

/// A message that an instance has taken.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CorrelatedMessageSubscription {
    /// Empty for messages without one.
    correlation_key: SharedStr,
    #[serde(serialize_with = "crate::time::serialize")]
    correlation_time: Timestamp,
    element_id: SharedStr,
    /// `None` for start events.
    element_instance_key: Option<ElementInstanceKey>,
    message_key: MessageKey,
    message_name: SharedStr,
    partition_id: u16,
    process_definition_id: SharedStr,
    process_definition_key: ProcessDefinitionKey,
    process_instance_key: ProcessInstanceKey,
    root_process_instance_key: ProcessInstanceKey,
    /// For start events the key of the process definition, which is what waits.
    subscription_key: SubscriptionKey,
    tenant_id: TenantId,
}

pub(crate) async fn search(
    State(state): State<ApiState>,
    OptionalJson(request): OptionalJson<SearchRequest>,
) -> Result<Json<SearchResponse<CorrelatedMessageSubscription>>, Problem> {
    let page = state.handle.store().search_message_correlations(&request.into_search(FIELDS)?).await?;
    let instances = page.items.iter().map(|record| record.correlation.instance).collect();
    let surroundings = Surroundings::of_instances(&state, instances).await?;
    Ok(Json(SearchResponse::new(page, |record| CorrelatedMessageSubscription::new(record, &surroundings))))
}

impl CorrelatedMessageSubscription {
    fn new(record: MessageCorrelationRecord, surroundings: &Surroundings) -> Self {
        let MessageCorrelationRecord { correlation, bpmn_process_id } = record;
        Self {
            correlation_key: correlation.correlation_key,
            correlation_time: correlation.at,
            element_id: correlation.element,
            element_instance_key: correlation.element_instance,
            message_key: correlation.message,
            message_name: correlation.name,
            partition_id: correlation.instance.0.partition().map_or(0, PartitionId::get),
            process_definition_id: bpmn_process_id,
            process_definition_key: correlation.definition,
            process_instance_key: correlation.instance,
            root_process_instance_key: surroundings.root(correlation.instance),
            subscription_key: correlation.subscription,
            tenant_id: correlation.tenant,
        }
    }
}
