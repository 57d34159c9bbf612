//! What goes wrong with a server, and with commits that are joined.

use std::time::Duration;

use engine::{Change, Event};
use fermata_store::postgres::{Options, PostgresStore};
use fermata_store::search::{Operator, ProcessInstanceField, VariableField};
use fermata_store::{Batch, Error, Store};
use futures_util::future::{join, join_all};
use types::{JobKey, PartitionId};

use super::open;
use super::server::{Schema, Server};
use crate::scene::{Scene, at, tenant};
use crate::searched::{Entity, found_by, text};

const PARTITION: PartitionId = PartitionId::FIRST;

/// Fails when something does not happen.
pub(super) async fn within<T>(happens: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), happens).await.expect("it happens")
}

/// Returns when a connection of a store waits for a lock.
pub(super) async fn until_somebody_waits(schema: &Schema) {
    let mut db = schema.connect().await;
    let name = schema.name();
    within(async {
        loop {
            let waiting: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'",
            )
            .bind(name)
            .fetch_one(&mut db)
            .await
            .unwrap();
            if waiting > 0 {
                break;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn connect_error(url: &str) -> Error {
    PostgresStore::connect(url, Options::default()).await.unwrap_err()
}

fn counter(partition: PartitionId, next_key_counter: u64) -> Batch {
    Batch { partition, next_key_counter, instances: Vec::new() }
}

pub(super) async fn a_newer_schema_is_refused(_: &Server, schema: &Schema) {
    open(schema, Options::default()).await.close().await.unwrap();
    let text = "INSERT INTO fermata_schema VALUES (1000)";
    sqlx::raw_sql(text).execute(&mut schema.connect().await).await.unwrap();
    match connect_error(&schema.url()).await {
        Error::NewerSchema { found: 1000, known } => assert!(known >= 1),
        other => panic!("{other:?}"),
    }
}

pub(super) async fn a_database_of_another_program_is_refused(_: &Server, schema: &Schema) {
    let mut db = schema.connect().await;
    sqlx::raw_sql("CREATE TABLE theirs (x int)").execute(&mut db).await.unwrap();
    assert!(matches!(connect_error(&schema.url()).await, Error::Damaged(_)));
    let tables: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace",
    )
    .fetch_one(&mut db)
    .await
    .unwrap();
    assert_eq!(tables, 1);
}

pub(super) async fn a_url_that_leads_nowhere_is_one_clear_line(server: &Server, _: &Schema) {
    let nobody = server.url().replacen("://", "://nobody:secret@", 1).replacen("fermata@", "", 1);
    for (url, expected) in [
        (
            "mysql://root:secret@localhost/x",
            "it is no URL of a PostgreSQL database; it looks like postgres://",
        ),
        ("postgres://user:secret@local host/x", "it looks like postgres://"),
        ("postgres://user:secret@127.0.0.1:1/x", "at 127.0.0.1:1/x: Connection refused"),
        ("postgres://user:secret@localhost/x?host=/nowhere", "at /nowhere/x: "),
        (&nobody, "nobody"),
        (&server.url().replacen("/postgres?", "/no_such?", 1), "database \"no_such\" does not exist"),
    ] {
        let error = connect_error(url).await;
        assert!(matches!(error, Error::Connect { .. }), "{error:?}");
        let line = error.to_string();
        assert!(line.contains(expected), "{line}");
        assert!(!line.contains('\n') && !line.contains("secret"), "{line}");
    }
}

pub(super) async fn a_connection_that_is_cut_costs_one_commit(_: &Server, schema: &Schema) {
    let store = open(schema, Options::default()).await;
    let mut scene = Scene::new(&store).await;
    for _ in 0..3 {
        let instance = scene.start();
        scene.commit().await;
        assert!(schema.cut_connections().await > 0);
        scene.emit(instance, Event::Paused {});
        let batch = scene.batch();
        let cut = store.commit(batch.clone()).await;
        assert!(matches!(cut, Err(Error::Unavailable(_))), "{cut:?}");
        assert!(!store.load_instance(instance).await.unwrap().unwrap().instance.paused);
        store.commit(batch).await.unwrap();
        scene.compare_all().await;
    }
}

pub(super) async fn a_commit_whose_answer_is_lost_is_over_before_anything_is_read(
    _: &Server,
    schema: &Schema,
) {
    let store = open(schema, Options::default()).await;
    store.commit(counter(PARTITION, 10)).await.unwrap();
    let mut lock = schema.connect().await;
    let text = "BEGIN; SELECT FROM partition WHERE id = 1 FOR UPDATE";
    sqlx::raw_sql(text).execute(&mut lock).await.unwrap();
    let (cut, ()) = join(store.commit(counter(PARTITION, 20)), async {
        until_somebody_waits(schema).await;
        schema.cut_connections().await;
    })
    .await;
    assert!(matches!(cut, Err(Error::Unavailable(_))), "{cut:?}");
    // As if the cut connection's commit still had the lock: what is read has to wait for it.
    let (read, ()) = join(store.next_key_counter(PARTITION), async {
        until_somebody_waits(schema).await;
        let text = "UPDATE partition SET next_key_counter = 20 WHERE id = 1; COMMIT";
        sqlx::raw_sql(text).execute(&mut lock).await.unwrap();
    })
    .await;
    assert_eq!(read.unwrap(), 20);
    store.commit(counter(PARTITION, 30)).await.unwrap();
    assert_eq!(store.next_key_counter(PARTITION).await.unwrap(), 30);
}

pub(super) async fn reads_survive_connections_that_were_cut(_: &Server, schema: &Schema) {
    let store = open(schema, Options::default()).await;
    let mut scene = Scene::new(&store).await;
    let instance = scene.start();
    scene.commit().await;
    for _ in 0..3 {
        assert!(schema.cut_connections().await > 0);
        assert!(store.load_instance(instance).await.unwrap().is_some());
        assert!(store.process_instance(instance).await.unwrap().is_some());
        assert_eq!(found_by(&store, ProcessInstanceField::StartDate, Operator::Exists(true)).await.len(), 1);
        store.put_grant(grant()).await.unwrap();
    }
}

fn grant() -> fermata_store::GrantRecord {
    fermata_store::GrantRecord {
        tenant: tenant(),
        component: "mailer".into(),
        policy: "{}".to_owned(),
        changed_at: at(1),
        changed_by: types::Actor::new("operator"),
    }
}

pub(super) async fn a_search_that_takes_too_long_is_given_up(_: &Server, schema: &Schema) {
    let options = Options { search_time_max: Duration::from_millis(100), readers: 2, ..Options::default() };
    let store = open(schema, options).await;
    let mut scene = Scene::new(&store).await;
    let instance = scene.start();
    scene.commit().await;
    let mut lock = schema.connect().await;
    sqlx::raw_sql("BEGIN; LOCK TABLE variable").execute(&mut lock).await.unwrap();
    for _ in 0..3 {
        let slow = VariableField::search(&store, &Default::default()).await;
        assert!(matches!(slow, Err(Error::SearchTooSlow { .. })), "{slow:?}");
    }
    // Searches do not keep the partition loop's connections.
    assert_eq!(store.next_key_counter(PARTITION).await.unwrap(), scene.batch().next_key_counter);
    sqlx::raw_sql("COMMIT").execute(&mut lock).await.unwrap();
    scene.variable(instance, instance.root_scope(), "v", "1");
    scene.commit().await;
    for _ in 0..3 {
        assert_eq!(found_by(&store, VariableField::Name, Operator::Eq(text("v"))).await.len(), 1);
    }
}

fn partition(id: u16) -> PartitionId {
    PartitionId::new(id).unwrap()
}

/// How many transactions have written the partitions from 2 on.
async fn transactions(schema: &Schema) -> i64 {
    let text = "SELECT count(DISTINCT xmin::text) FROM partition WHERE id > 1";
    sqlx::query_scalar(text).fetch_one(&mut schema.connect().await).await.unwrap()
}

pub(super) async fn commits_of_several_partitions_share_transactions(_: &Server, schema: &Schema) {
    for writers in [1, 2] {
        let store = open(schema, Options { writers, ..Options::default() }).await;
        for id in 1..=9 {
            store.claim(partition(id)).await.unwrap();
        }
        let mut lock = schema.connect().await;
        let text = "BEGIN; SELECT FROM partition WHERE id IN (1, 2) FOR UPDATE";
        sqlx::raw_sql(text).execute(&mut lock).await.unwrap();
        let busy = join(store.commit(counter(partition(1), 7)), store.commit(counter(partition(2), 7)));
        let (outcomes, ()) =
            join(join(busy, join_all((3..=9).map(|id| store.commit(counter(partition(id), 7))))), async {
                until_somebody_waits(schema).await;
                sqlx::raw_sql("COMMIT").execute(&mut lock).await.unwrap();
            })
            .await;
        let ((first, second), others) = outcomes;
        [first, second].into_iter().chain(others).for_each(|outcome| outcome.unwrap());
        let transactions = transactions(schema).await;
        assert!(transactions <= 2 * i64::from(writers), "{transactions} with {writers} writers");
        for id in 1..=9 {
            assert_eq!(store.next_key_counter(partition(id)).await.unwrap(), 7);
        }
        store.close().await.unwrap();
    }
}

pub(super) async fn a_bad_commit_does_not_fail_others(_: &Server, schema: &Schema) {
    let store = open(schema, Options::default()).await;
    let mut scene = Scene::new(&store).await;
    let definition = store.definition_by_id(&tenant(), "order", None).await.unwrap().unwrap().key;
    for id in 2..=5 {
        store.claim(partition(id)).await.unwrap();
    }
    let good = scene.start_with(definition, 10, None, &[]);
    let mut bad = scene.batch();
    bad.partition = partition(2);
    bad.instances[0].changes.jobs.push(Change::Delete(JobKey::from_i64(17)));
    let missing = bad.instances[0].identity.key;
    let sound = scene.start();
    let mut other = scene.batch();
    other.partition = partition(3);
    // Another node has taken partition 4.
    let text = "UPDATE partition SET epoch = epoch + 1 WHERE id = 4";
    sqlx::raw_sql(text).execute(&mut schema.connect().await).await.unwrap();
    let batches = [bad, other, counter(partition(4), 7), counter(partition(5), 7)];
    let outcomes = join_all(batches.map(|batch| store.commit(batch))).await;
    match &outcomes[..] {
        [
            Err(Error::RowsMissing { instance, table: "job" }),
            Ok(()),
            Err(Error::LeaseLost { partition }),
            Ok(()),
        ] => {
            assert_eq!((*instance, partition.get()), (missing, 4));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(missing, good);
    assert!(store.load_instance(good).await.unwrap().is_none());
    assert!(store.load_instance(sound).await.unwrap().is_some());
    assert_eq!(store.next_key_counter(partition(4)).await.unwrap(), 1);
    assert_eq!(store.next_key_counter(partition(5)).await.unwrap(), 7);
}

pub(super) async fn texts_may_hold_any_character(_: &Server, schema: &Schema) {
    let store = open(schema, Options::default()).await;
    let mut scene = Scene::new(&store).await;
    let definition = scene.deploy(&tenant(), 2).await;
    let odd = "a\0b\u{1}\u{2}\"\\{},\u{10ffff}";
    let instance = scene.start_with(definition, 10, Some(odd), &[odd, "", "NULL", "{}"]);
    scene.variable(instance, instance.root_scope(), odd, "\"\\u0000\"");
    let long: String = (0..3_000_u32).filter_map(|number| char::from_u32(number * 7 + 33)).collect();
    let job = scene.job(instance, &long);
    scene.commit().await;
    let record = store.process_instance(instance).await.unwrap().unwrap();
    assert_eq!(record.business_id.as_deref(), Some(odd));
    assert_eq!(record.tags.iter().map(|tag| tag.as_str()).collect::<Vec<_>>(), [odd, "", "NULL", "{}"]);
    for field in [ProcessInstanceField::BusinessId, ProcessInstanceField::Tag] {
        assert_eq!(found_by(&store, field, Operator::Eq(text(odd))).await, [instance.get()]);
    }
    let jobs = store.activatable_jobs(PARTITION, &long, &[tenant()], at(0), None, 9).await.unwrap();
    assert_eq!(jobs.iter().map(|found| found.job).collect::<Vec<_>>(), [job]);
}

pub(super) async fn everything_survives_another_connection(_: &Server, schema: &Schema) {
    let store = open(schema, Options::default()).await;
    let mut scene = Scene::new(&store).await;
    let instance = scene.start();
    let job = scene.job(instance, "work");
    scene.commit().await;
    let id = store.installation_value("id", "x").await.unwrap();
    let counter = store.next_key_counter(PARTITION).await.unwrap();
    let memory = scene.leave();
    store.close().await.unwrap();

    let store = open(schema, Options::default()).await;
    assert_eq!(store.installation_value("id", "y").await.unwrap(), id);
    assert_eq!(store.next_key_counter(PARTITION).await.unwrap(), counter);
    let mut scene = memory.on(&store);
    scene.compare_all().await;
    scene.emit(instance, Event::JobCompleted { job });
    scene.commit().await;
}

/// Stops the server, so that nothing else may run.
pub(super) async fn a_server_that_was_restarted_is_used_again(server: &Server, schema: &Schema) {
    let store = open(schema, Options::default()).await;
    let mut scene = Scene::new(&store).await;
    let instance = scene.start();
    scene.commit().await;
    scene.emit(instance, Event::Paused {});
    let batch = scene.batch();
    server.stop();
    for _ in 0..2 {
        let down = store.commit(batch.clone()).await;
        assert!(matches!(down, Err(Error::Unavailable(_))), "{down:?}");
        let down = store.load_instance(instance).await;
        assert!(matches!(down, Err(Error::Unavailable(_))), "{down:?}");
        let down = VariableField::search(&store, &Default::default()).await;
        assert!(matches!(down, Err(Error::Unavailable(_))), "{down:?}");
    }
    server.start_again();
    assert!(!store.load_instance(instance).await.unwrap().unwrap().instance.paused);
    store.commit(batch).await.unwrap();
    scene.compare_all().await;
    store.close().await.unwrap();
}
