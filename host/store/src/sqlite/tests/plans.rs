//! Query plans: what the host asks all the time must go through an index and need no sorting, however much history there is.

use sqlx::{AssertSqlSafe, Row, SqliteConnection};

use crate::search::{
    Condition, Field, IncidentField, JobField, MessageCorrelationField, Operand, Operator, Order,
    PageRequest, PageStart, ProcessInstanceField, Search, Sorting, UserTaskField, VariableField,
};
use crate::sql::{Entity, removal_texts, statement_text};
use crate::sqlite::dialect::{DIALECT, LOAD};
use crate::sqlite::table::{
    COMPENSABLE, ELEMENT_INSTANCE, INCIDENT, JOB, JOB_ATTEMPT, LOOP_PROGRESS, LOOP_VALUE, MAILBOX, OUTBOX,
    START_TIMER, SUBSCRIPTION, TIMER, TOKEN, USER_TASK, VARIABLE,
};
use crate::sqlite::{Options, SqliteStore, due, ended, exchange};

async fn store() -> (tempfile::TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path(), Options::default()).await.unwrap();
    (folder, store)
}

/// One line for each step.
async fn plan(db: &mut SqliteConnection, text: &str) -> Vec<String> {
    let text = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {text}"));
    let rows = sqlx::query(text).fetch_all(db).await.unwrap();
    rows.iter().map(|row| row.get::<String, _>(3)).collect()
}

/// Steps that read a table or an index, without those that read what another step has made.
fn reads(plan: &[String]) -> Vec<&String> {
    let made = ["SCAN (", "SEARCH (", "CONSTANT ROW"];
    plan.iter()
        .filter(|step| step.starts_with("SCAN") || step.starts_with("SEARCH"))
        .filter(|step| !made.iter().any(|made| step.contains(made)))
        .collect()
}

#[tokio::test]
async fn what_is_due_comes_out_of_an_index() {
    let (_folder, store) = store().await;
    let mut reader = store.readers.acquire().await.unwrap();
    let db = &mut reader.connection().sqlite;
    for (query, indexes) in due::QUERIES.into_iter().chain(exchange::QUERIES) {
        let plan = plan(db, query).await;
        let reads = reads(&plan);
        assert_eq!(reads.len(), indexes.len(), "{query}\n{plan:#?}");
        for (read, index) in reads.iter().zip(indexes) {
            assert!(
                read.starts_with("SEARCH") && read.contains(&format!("INDEX {index} (")),
                "{query}\n{plan:#?}"
            );
        }
    }
    for query in [due::QUERIES[0].0, due::QUERIES[1].0, due::QUERIES[2].0, exchange::QUERIES[0].0] {
        let plan = plan(db, query).await;
        assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{query}\n{plan:#?}");
    }
}

#[tokio::test]
async fn what_has_ended_comes_out_of_an_index() {
    let (_folder, store) = store().await;
    let mut reader = store.readers.acquire().await.unwrap();
    let db = &mut reader.connection().sqlite;
    for (query, ways) in ended::QUERIES {
        let plan = plan(db, query).await;
        let reads = reads(&plan);
        assert_eq!(reads.len(), ways.len(), "{query}\n{plan:#?}");
        for (read, way) in reads.iter().zip(ways) {
            assert!(read.starts_with("SEARCH") && read.contains(&format!("{way} (")), "{query}\n{plan:#?}");
        }
        assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{query}\n{plan:#?}");
    }
}

#[tokio::test]
async fn what_instances_leave_is_removed_by_keys() {
    let (_folder, store) = store().await;
    let mut reader = store.readers.acquire().await.unwrap();
    let db = &mut reader.connection().sqlite;
    for text in removal_texts(&DIALECT) {
        let plan = plan(db, &text).await;
        let reads = reads(&plan);
        // What another step has made and measured is few rows.
        let tables: Vec<_> = reads.iter().filter(|step| !step.ends_with(" measured")).collect();
        assert!(
            tables.len() >= 2 && tables.iter().all(|step| step.starts_with("SEARCH")),
            "{text}\n{plan:#?}"
        );
    }
}

#[tokio::test]
async fn instances_are_loaded_and_rows_removed_by_keys() {
    let (_folder, store) = store().await;
    let mut reader = store.readers.acquire().await.unwrap();
    let db = &mut reader.connection().sqlite;
    let texts = [
        &*LOAD.text,
        &ELEMENT_INSTANCE.delete.sample(),
        &VARIABLE.delete.sample(),
        &TOKEN.delete.sample(),
        &JOB.delete.sample(),
        &TIMER.delete.sample(),
        &USER_TASK.delete.sample(),
        &INCIDENT.delete.sample(),
        &SUBSCRIPTION.delete.sample(),
        &COMPENSABLE.delete.sample(),
        &LOOP_PROGRESS.delete.sample(),
        &LOOP_VALUE.delete.sample(),
        &JOB_ATTEMPT[0].sample(),
        &OUTBOX[0].sample(),
        &MAILBOX[0].sample(),
        &START_TIMER[0].sample(),
    ];
    for text in texts {
        let plan = plan(db, text).await;
        let reads = reads(&plan);
        assert!(
            !reads.is_empty() && reads.iter().all(|step| step.starts_with("SEARCH")),
            "{text}\n{plan:#?}"
        );
    }
}

fn text(text: &str) -> Operand {
    Operand::Text(text.to_owned())
}

/// Asserts that the newest items, and the page after them, are read through `index` in its order.
async fn goes_through<F: Entity>(
    store: &SqliteStore,
    index: &str,
    conditions: &[(F, Operand)],
    newest_by: F,
) {
    let mut reader = store.readers.acquire().await.unwrap();
    let db = &mut reader.connection().sqlite;
    let conditions =
        conditions.iter().map(|(field, operand)| Condition::Field(*field, Operator::Eq(operand.clone())));
    let sort = [(newest_by, Order::Descending)];
    let sorting = Sorting::new(&sort);
    let values = sorting.fields.iter().map(|_| Some(Operand::Integer(1))).collect();
    let cursor = crate::search::Cursor { values, key: 1 }.encode(&sorting);
    for start in [PageStart::From(0), PageStart::After(cursor)] {
        let search = Search {
            conditions: conditions.clone().collect(),
            sort: sort.to_vec(),
            page: PageRequest { start, limit: 10 },
        };
        let text = statement_text(&DIALECT, &search).unwrap();
        let plan = plan(db, &text).await;
        let first = reads(&plan)[0];
        assert!(first.split_whitespace().any(|word| word == index), "{index}\n{text}\n{plan:#?}");
        assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{text}\n{plan:#?}");
    }
}

#[tokio::test]
async fn common_searches_read_an_index_in_its_order() {
    let (_folder, store) = store().await;

    use ProcessInstanceField as P;
    let (state, process) = ((P::State, text("ACTIVE")), (P::ProcessDefinitionId, text("order")));
    let key = P::KEY;
    goes_through(&store, "process_instance_active", std::slice::from_ref(&state), key).await;
    let both = [state, process.clone()];
    goes_through(&store, "process_instance_active_of_process", &both, key).await;
    goes_through(&store, "process_instance_of_process", &[process], key).await;
    let definition = [(P::ProcessDefinitionKey, Operand::Integer(1))];
    goes_through(&store, "process_instance_of_definition", &definition, key).await;
    let trouble = [(P::HasIncident, Operand::Integer(1))];
    goes_through(&store, "process_instance_in_trouble", &trouble, key).await;
    let business_id = [(P::BusinessId, text("B-1"))];
    goes_through(&store, "process_instance_of_business_id", &business_id, key).await;
    goes_through(&store, "process_instance_started", &[], P::StartDate).await;
    let completed = [(P::State, text("COMPLETED"))];
    goes_through(&store, "process_instance_ended", &completed, P::EndDate).await;

    use UserTaskField as U;
    let open = (U::State, text("CREATED"));
    let assigned = [open.clone(), (U::Assignee, text("anna"))];
    goes_through(&store, "user_task_open", std::slice::from_ref(&open), U::KEY).await;
    goes_through(&store, "user_task_open_created", &[open], U::CreationDate).await;
    goes_through(&store, "user_task_open_of_assignee", &assigned, U::CreationDate).await;
    let instance = [(U::ProcessInstanceKey, Operand::Integer(1))];
    goes_through(&store, "user_task_of_instance", &instance, U::KEY).await;

    use IncidentField as I;
    let open = [(I::State, text("ACTIVE"))];
    goes_through(&store, "incident_open", &open, I::KEY).await;
    goes_through(&store, "incident_open_created", &open, I::CreationTime).await;
    let instance = [(I::ProcessInstanceKey, Operand::Integer(1))];
    goes_through(&store, "incident_of_instance", &instance, I::KEY).await;

    let instance = [(JobField::ProcessInstanceKey, Operand::Integer(1))];
    goes_through(&store, "job_of_instance", &instance, JobField::KEY).await;

    use MessageCorrelationField as C;
    let instance = [(C::ProcessInstanceKey, Operand::Integer(1))];
    goes_through(&store, "message_correlation_of_instance", &instance, C::KEY).await;
    goes_through(&store, "message_correlation_of_message", &[(C::MessageKey, Operand::Integer(1))], C::KEY)
        .await;
    goes_through(&store, "message_correlation_of_key", &[(C::CorrelationKey, text("order-1"))], C::KEY).await;
    goes_through(&store, "message_correlation_time", &[], C::CorrelationTime).await;

    use VariableField as V;
    let instance = [(V::ProcessInstanceKey, Operand::Integer(1))];
    goes_through(&store, "variable_of_instance", &instance, V::KEY).await;
    let scope = [(V::ScopeKey, Operand::Integer(1)), (V::Name, text("total"))];
    goes_through(&store, "variable_of_scope", &scope, V::KEY).await;
}
