//! Query plans: what the host asks all the time must go through an index and need no sorting, however much history there is.

use sqlx::{AssertSqlSafe, PgConnection, Row};

use crate::postgres::dialect::{DIALECT, LOAD};
use crate::postgres::{PostgresStore, due, ended, exchange, shape};
use crate::search::{
    Condition, Field, IncidentField, JobField, MessageCorrelationField, Operand, Operator, Order,
    PageRequest, PageStart, ProcessInstanceField, Search, Sorting, UserTaskField, VariableField,
};
use crate::sql::{Entity, Lent, removal_texts, statement_text};

/// One line for each step of the plan that serves all values.
async fn plan(db: &mut PgConnection, text: &str) -> Vec<String> {
    let mut parameters = 0;
    while text.contains(&format!("${}", parameters + 1)) {
        parameters += 1;
    }
    let nulls = match parameters {
        0 => String::new(),
        count => format!("({})", vec!["NULL"; count].join(", ")),
    };
    let texts = [
        "SET plan_cache_mode = force_generic_plan".to_owned(),
        format!("PREPARE planned AS {text}"),
        format!("EXPLAIN (COSTS OFF) EXECUTE planned{nulls}"),
        "DEALLOCATE planned".to_owned(),
    ];
    let mut steps = Vec::new();
    for text in texts {
        let rows = sqlx::raw_sql(AssertSqlSafe(text)).fetch_all(&mut *db).await.unwrap();
        steps.extend(rows.iter().map(|row| row.get::<String, _>(0)));
    }
    steps
}

/// The tables that a plan reads from their beginning to their end.
fn scans(plan: &[String]) -> Vec<&String> {
    plan.iter().filter(|step| step.contains("Seq Scan")).collect()
}

/// The indexes that a plan reads.
fn indexes(plan: &[String]) -> Vec<&str> {
    plan.iter()
        .filter_map(|step| step.split("using ").nth(1))
        .map(|step| step.split(' ').next().unwrap_or_default())
        .collect()
}

fn sorts(plan: &[String]) -> bool {
    plan.iter().any(|step| step.trim_start_matches([' ', '-', '>']).ends_with("Sort"))
}

pub(super) async fn what_is_due_comes_out_of_an_index(store: &PostgresStore) {
    let mut lent = store.loop_readers.acquire().await.unwrap();
    let db = lent.connection();
    for (query, expected) in due::QUERIES.into_iter().chain(exchange::QUERIES) {
        let plan = plan(db, query).await;
        assert_eq!(indexes(&plan), expected, "{query}\n{plan:#?}");
        assert!(scans(&plan).is_empty(), "{query}\n{plan:#?}");
    }
    for query in [due::QUERIES[0].0, due::QUERIES[1].0, due::QUERIES[2].0, exchange::QUERIES[0].0] {
        let plan = plan(db, query).await;
        assert!(!sorts(&plan), "{query}\n{plan:#?}");
    }
}

pub(super) async fn what_has_ended_comes_out_of_an_index(store: &PostgresStore) {
    let mut lent = store.loop_readers.acquire().await.unwrap();
    let db = lent.connection();
    for (query, expected) in ended::QUERIES {
        let plan = plan(db, query).await;
        assert_eq!(indexes(&plan), expected, "{query}\n{plan:#?}");
        assert!(scans(&plan).is_empty() && !sorts(&plan), "{query}\n{plan:#?}");
    }
    for text in removal_texts(&DIALECT) {
        let plan = plan(db, &text).await;
        assert!(scans(&plan).is_empty(), "{text}\n{plan:#?}");
        assert!(
            !plan.iter().any(|step| step.contains(" Join") && !step.contains("Nested")),
            "{text}\n{plan:#?}"
        );
    }
}

pub(super) async fn instances_are_loaded_and_rows_written_by_keys(store: &PostgresStore) {
    let mut lent = store.loop_readers.acquire().await.unwrap();
    let db = lent.connection();
    for (text, indexes_expected) in [(&*LOAD.text, 13), (&shape::whole(), 13)] {
        let plan = plan(db, text).await;
        assert!(scans(&plan).is_empty(), "{text}\n{plan:#?}");
        assert!(indexes(&plan).len() >= indexes_expected, "{text}\n{plan:#?}");
        assert!(
            !plan.iter().any(|step| step.contains("Hash Join") || step.contains("Merge Join")),
            "{plan:#?}"
        );
    }
}

fn text(text: &str) -> Operand {
    Operand::Text(text.to_owned())
}

/// Asserts that the newest items, and the page after them, can be read through `index` in its order.
async fn goes_through<F: Entity>(
    db: &mut PgConnection,
    index: &str,
    conditions: &[(F, Operand)],
    newest_by: F,
) {
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
        assert!(indexes(&plan).contains(&index), "{index}\n{text}\n{plan:#?}");
        assert!(!sorts(&plan), "{index}\n{text}\n{plan:#?}");
    }
}

pub(super) async fn common_searches_read_an_index_in_its_order(store: &PostgresStore) {
    let mut lent: Lent<'_, _> = store.readers.acquire().await.unwrap();
    let db = lent.connection();
    // Empty tables would be read whole, and sorted.
    let settings = "SET enable_seqscan = off; SET enable_sort = off; SET enable_bitmapscan = off; \
         SET enable_hashjoin = off; SET enable_mergejoin = off";
    sqlx::raw_sql(settings).execute(&mut *db).await.unwrap();

    use ProcessInstanceField as P;
    let (state, process) = ((P::State, text("ACTIVE")), (P::ProcessDefinitionId, text("order")));
    let key = P::KEY;
    goes_through(db, "process_instance_active", std::slice::from_ref(&state), key).await;
    goes_through(db, "process_instance_active_of_process", &[state, process.clone()], key).await;
    goes_through(db, "process_instance_of_process", &[process], key).await;
    let definition = [(P::ProcessDefinitionKey, Operand::Integer(1))];
    goes_through(db, "process_instance_of_definition", &definition, key).await;
    goes_through(db, "process_instance_in_trouble", &[(P::HasIncident, Operand::Integer(1))], key).await;
    goes_through(db, "process_instance_of_business_id", &[(P::BusinessId, text("B-1"))], key).await;
    goes_through(db, "process_instance_started", &[], P::StartDate).await;
    goes_through(db, "process_instance_ended", &[(P::State, text("COMPLETED"))], P::EndDate).await;

    use UserTaskField as U;
    let open = (U::State, text("CREATED"));
    let assigned = [open.clone(), (U::Assignee, text("anna"))];
    goes_through(db, "user_task_open", std::slice::from_ref(&open), U::KEY).await;
    goes_through(db, "user_task_open_created", &[open], U::CreationDate).await;
    // Of empty tables, any index in the right order will do.
    sqlx::raw_sql("BEGIN; DROP INDEX user_task_open_created, user_task_created")
        .execute(&mut *db)
        .await
        .unwrap();
    goes_through(db, "user_task_open_of_assignee", &assigned, U::CreationDate).await;
    sqlx::raw_sql("ROLLBACK").execute(&mut *db).await.unwrap();
    goes_through(db, "user_task_of_instance", &[(U::ProcessInstanceKey, Operand::Integer(1))], U::KEY).await;

    use IncidentField as I;
    let open = [(I::State, text("ACTIVE"))];
    goes_through(db, "incident_open", &open, I::KEY).await;
    goes_through(db, "incident_open_created", &open, I::CreationTime).await;
    goes_through(db, "incident_of_instance", &[(I::ProcessInstanceKey, Operand::Integer(1))], I::KEY).await;

    let instance = [(JobField::ProcessInstanceKey, Operand::Integer(1))];
    goes_through(db, "job_of_instance", &instance, JobField::KEY).await;

    use MessageCorrelationField as C;
    let instance = [(C::ProcessInstanceKey, Operand::Integer(1))];
    goes_through(db, "message_correlation_of_instance", &instance, C::KEY).await;
    goes_through(db, "message_correlation_of_message", &[(C::MessageKey, Operand::Integer(1))], C::KEY).await;
    goes_through(db, "message_correlation_of_key", &[(C::CorrelationKey, text("order-1"))], C::KEY).await;
    goes_through(db, "message_correlation_time", &[], C::CorrelationTime).await;

    use VariableField as V;
    goes_through(db, "variable_of_instance", &[(V::ProcessInstanceKey, Operand::Integer(1))], V::KEY).await;
    let scope = [(V::ScopeKey, Operand::Integer(1)), (V::Name, text("total"))];
    let search = Search {
        conditions: scope.map(|(field, operand)| Condition::Field(field, Operator::Eq(operand))).to_vec(),
        ..Search::default()
    };
    // At most one: sorting costs nothing.
    sqlx::raw_sql("BEGIN; ALTER TABLE variable DROP CONSTRAINT variable_pkey")
        .execute(&mut *db)
        .await
        .unwrap();
    let plan = plan(db, &statement_text(&DIALECT, &search).unwrap()).await;
    sqlx::raw_sql("ROLLBACK").execute(&mut *db).await.unwrap();
    assert!(indexes(&plan).contains(&"variable_of_scope"), "{plan:#?}");
}
