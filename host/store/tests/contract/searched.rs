//! Searches over any entity.

use async_trait::async_trait;
use fermata_store::search::{
    BatchOperationField, Condition, DecisionEvaluationField, DecisionField, DecisionListing,
    DecisionRequirementsField, ElementInstanceField, ElementInstanceRecord, EvaluationRecord, Field,
    IncidentField, IncidentRecord, JobField, JobRecord, MessageCorrelationField, MessageCorrelationRecord,
    MessageSubscriptionField, MessageSubscriptionRecord, Operand, Operator, Order, Page, PageRequest,
    PageStart, ProcessDefinitionField, ProcessInstanceField, ProcessInstanceRecord, Search, UserTaskField,
    UserTaskRecord, VariableField, VariableRecord,
};
use fermata_store::{BatchOperation, DecisionRequirementsRecord, DefinitionRecord, Error, Store};

/// An entity that can be searched, named by its fields.
#[async_trait]
pub(crate) trait Entity: Field {
    type Record: std::fmt::Debug + PartialEq + Send;

    async fn search(store: &dyn Store, search: &Search<Self>) -> Result<Page<Self::Record>, Error>
    where
        Self: Sized;

    fn key(record: &Self::Record) -> i64;
}

macro_rules! entities {
    ($($field:ident, $record:ident, $search:ident, $key:expr;)*) => {$(
        #[async_trait]
        impl Entity for $field {
            type Record = $record;

            async fn search(store: &dyn Store, search: &Search<Self>) -> Result<Page<$record>, Error> {
                store.$search(search).await
            }

            fn key(record: &$record) -> i64 {
                let key: fn(&$record) -> i64 = $key;
                key(record)
            }
        }
    )*};
}

entities! {
    ProcessInstanceField, ProcessInstanceRecord, search_process_instances, |record| record.key.get();
    ProcessDefinitionField, DefinitionRecord, search_process_definitions, |record| record.key.get();
    UserTaskField, UserTaskRecord, search_user_tasks, |record| record.task.key.get();
    IncidentField, IncidentRecord, search_incidents, |record| record.incident.key.get();
    JobField, JobRecord, search_jobs, |record| record.job.key.get();
    VariableField, VariableRecord, search_variables, |record| record.key.get();
    ElementInstanceField, ElementInstanceRecord, search_element_instances, |record| record.element.key.get();
    MessageSubscriptionField, MessageSubscriptionRecord, search_message_subscriptions, |record| record.key.get();
    MessageCorrelationField, MessageCorrelationRecord, search_message_correlations, |record| record.correlation.key.get();
    DecisionField, DecisionListing, search_decisions, |record| record.decision.key.get();
    DecisionRequirementsField, DecisionRequirementsRecord, search_decision_requirements, |record| record.key.get();
    DecisionEvaluationField, EvaluationRecord, search_decision_evaluations, |record| record.evaluation.key.get();
    BatchOperationField, BatchOperation, search_batch_operations, |record| record.key.0;
}

pub(crate) fn text(text: &str) -> Operand {
    Operand::Text(text.to_owned())
}

pub(crate) fn number(number: i64) -> Operand {
    Operand::Integer(number)
}

pub(crate) async fn page<F: Entity>(store: &dyn Store, search: &Search<F>) -> Page<F::Record> {
    F::search(store, search).await.unwrap()
}

pub(crate) fn keys<F: Entity>(page: &Page<F::Record>) -> Vec<i64> {
    page.items.iter().map(F::key).collect()
}

/// The keys of what meets all the conditions, in the order of the keys. A page and a count must agree.
pub(crate) async fn found<F: Entity>(store: &dyn Store, conditions: Vec<Condition<F>>) -> Vec<i64> {
    let page = page(store, &Search { conditions, ..Search::default() }).await;
    assert_eq!(page.total_items, page.items.len() as u64);
    assert!(!page.has_more_total_items);
    keys::<F>(&page)
}

/// The keys of what meets one condition.
pub(crate) async fn found_by<F: Entity>(store: &dyn Store, field: F, operator: Operator) -> Vec<i64> {
    found(store, vec![Condition::Field(field, operator)]).await
}

/// A search for everything.
pub(crate) fn sorted<F>(sort: &[(F, Order)], start: PageStart, limit: u32) -> Search<F>
where
    F: Copy,
{
    Search { conditions: Vec::new(), sort: sort.to_vec(), page: PageRequest { start, limit } }
}
