//! `POST /v2/batch-operation-items/search`: the instances that have refused what a batch operation asks of them.
//!
//! How far an operation is, is one row: which instances have done what was asked is not kept, and of those that have refused the
//! first are. Only what is known can be asked for, so that no answer looks as if there were nothing else.

use axum::Json;
use axum::extract::State;
use runtime::BatchFailure;
use serde::Serialize;
use store::BatchOperationKey;
use store::search::{Condition, Operand, Operator, Order, Page, PageStart, Search};
use types::{ProcessInstanceKey, SharedStr, TenantId};

use super::missing;
use crate::extract::{Caller, OptionalJson};
use crate::problem::Problem;
use crate::search::{Field, Kind, SearchRequest, SearchResponse, Unkept};
use crate::state::ApiState;

/// The only state of which items are kept.
const FAILED: &str = "FAILED";

const STATES: Kind = Kind::Enum(&["ACTIVE", "COMPLETED", "CANCELED", FAILED]);

const NOT_KEPT: Unkept = Unkept {
    values: &["ACTIVE", "COMPLETED", "CANCELED"],
    because: "of a batch operation only the instances are kept that have refused: histories tell of the others",
};

const FIELDS: &[Field<ItemField>] = &[
    Field::stored("batchOperationKey", Kind::Key, ItemField::BatchOperation),
    Field::stored("itemKey", Kind::Key, ItemField::Instance),
    Field::stored("processInstanceKey", Kind::Key, ItemField::Instance),
    Field::stored("state", STATES, ItemField::State).unkept(NOT_KEPT),
    Field::not_supported("operationType"),
];

/// What items are searched by. Each is about an instance, so its key is the instance's.
#[derive(Clone, Copy)]
enum ItemField {
    BatchOperation,
    Instance,
    State,
}

/// An instance that has refused.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Item {
    batch_operation_key: String,
    operation_type: &'static str,
    item_key: ProcessInstanceKey,
    process_instance_key: ProcessInstanceKey,
    state: &'static str,
    /// When it has refused is not kept.
    processed_date: Option<()>,
    error_message: SharedStr,
}

/// What is asked for.
struct Wanted {
    operation: BatchOperationKey,
    /// All of them have to be its instance.
    instances: Vec<ProcessInstanceKey>,
}

pub(crate) async fn search(
    State(state): State<ApiState>,
    caller: Caller,
    OptionalJson(request): OptionalJson<SearchRequest>,
) -> Result<Json<SearchResponse<Item>>, Problem> {
    let search = request.into_search(FIELDS)?;
    let Wanted { operation: key, instances } = Wanted::read(&search.conditions)?;
    let is_theirs = |tenant: &TenantId| *tenant == caller.tenant;
    let view = state.handle.batch(key).await?.filter(|view| is_theirs(&view.operation.new.tenant));
    let view = view.ok_or_else(|| missing(key))?;
    let operation = view.operation;
    // Of one instance it is not known whether it is among those that were not kept.
    let has_more = operation.progress.failed > view.failures.len() as u64;
    let mut failures = view.failures;
    failures.retain(|failure| instances.iter().all(|instance| failure.instance == *instance));
    let page = page(failures, has_more, &search)?;
    Ok(Json(SearchResponse::new(page, |BatchFailure { instance, message }| Item {
        batch_operation_key: key.to_string(),
        operation_type: operation.new.kind.name(),
        item_key: instance,
        process_instance_key: instance,
        state: FAILED,
        processed_date: None,
        error_message: message,
    })))
}

impl Wanted {
    fn read(conditions: &[Condition<ItemField>]) -> Result<Self, Problem> {
        let (mut operation, mut instances, mut is_failed) = (None, Vec::new(), false);
        for condition in conditions {
            match condition {
                Condition::Field(ItemField::BatchOperation, Operator::Eq(Operand::Integer(key))) => {
                    operation = Some(BatchOperationKey(*key));
                }
                Condition::Field(ItemField::Instance, Operator::Eq(Operand::Integer(key))) => {
                    instances.push(ProcessInstanceKey::from_i64(*key));
                }
                Condition::Field(ItemField::State, Operator::Eq(Operand::Text(state))) if state == FAILED => {
                    is_failed = true;
                }
                _ => {
                    return Err(Problem::invalid_argument(
                        "filter: items of batch operations are found by equality, without `$or`",
                    ));
                }
            }
        }
        let Some(operation) = operation else {
            return Err(Problem::invalid_argument(
                "filter.batchOperationKey: items are found of one batch operation: give its key",
            ));
        };
        if !is_failed {
            return Err(Problem::invalid_argument(format!(
                "filter.state: give `{FAILED}`: {}",
                NOT_KEPT.because
            )));
        }
        Ok(Self { operation, instances })
    }
}

fn page(
    mut failures: Vec<BatchFailure>,
    has_more_total_items: bool,
    search: &Search<ItemField>,
) -> Result<Page<BatchFailure>, Problem> {
    let PageStart::From(skip) = search.page.start else {
        return Err(Problem::invalid_argument(
            "page: items of batch operations have no cursors: give `from` instead",
        ));
    };
    failures.sort_by_key(|failure| failure.instance);
    // Operation and state are the same for all.
    let by_instance = search.sort.iter().find(|(field, _)| matches!(field, ItemField::Instance));
    if by_instance.is_some_and(|(_, order)| *order == Order::Descending) {
        failures.reverse();
    }
    let total_items = failures.len() as u64;
    let skip = usize::try_from(skip).unwrap_or(usize::MAX);
    let items = failures.into_iter().skip(skip).take(search.page.limit as usize).collect();
    Ok(Page { items, total_items, has_more_total_items, start_cursor: None, end_cursor: None })
}
