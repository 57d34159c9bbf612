//! What goes wrong with a server and the way to it.

use std::time::Duration;

use engine::Event;
use fermata_store::postgres::Options;
use fermata_store::search::{Operator, ProcessInstanceField, VariableField};
use fermata_store::{Batch, Error, Store};
use futures_util::future::join;
use types::PartitionId;

use super::open;
use crate::scene::{Scene, at, tenant};
use crate::searched::{Entity, found_by, text};
use harness::{Schema, Server};

const PARTITION: PartitionId = PartitionId::FIRST;

/// Fails when something does not happen.
pub(super) async fn within<T>(happens: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), happens).await.expect("it happens")
}

/// Returns when a connection of a store waits for a lock.
pub(super) async fn until_somebody_waits(schema: &Schema) {
    let mut db = schema.connect().await.unwrap();
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

pub(super) fn counter(partition: PartitionId, next_key_counter: u64) -> Batch {
    Batch { partition, next_key_counter, instances: Vec::new(), exchange: Default::default() }
}

pub(super) async fn a_connection_that_is_cut_costs_one_commit(_: &Server, schema: &Schema) {
    let store = open(schema, Options::default()).await;
    let mut scene = Scene::new(&store).await;
    for _ in 0..3 {
        let instance = scene.start();
        scene.commit().await;
        assert!(schema.cut_connections().await.unwrap() > 0);
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
    let mut lock = schema.connect().await.unwrap();
    let text = "BEGIN; SELECT FROM partition WHERE id = 1 FOR UPDATE";
    sqlx::raw_sql(text).execute(&mut lock).await.unwrap();
    let (cut, ()) = join(store.commit(counter(PARTITION, 20)), async {
        until_somebody_waits(schema).await;
        schema.cut_connections().await.unwrap();
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
        assert!(schema.cut_connections().await.unwrap() > 0);
        assert!(store.load_instance(instance).await.unwrap().is_some());
        assert!(store.process_instance(instance).await.unwrap().is_some());
        assert_eq!(found_by(&store, ProcessInstanceField::StartDate, Operator::Exists(true)).await.len(), 1);
        store.put_grant(grant(), "").await.unwrap();
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
    let mut lock = schema.connect().await.unwrap();
    sqlx::raw_sql("BEGIN; LOCK TABLE variable, job").execute(&mut lock).await.unwrap();
    for _ in 0..3 {
        let slow = VariableField::search(&store, &Default::default()).await;
        assert!(matches!(slow, Err(Error::SearchTooSlow { .. })), "{slow:?}");
        let slow = store.outlook(at(0)).await;
        assert!(matches!(slow, Err(Error::OutlookTooSlow { .. })), "{slow:?}");
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

pub(super) async fn garbled_rows_name_themselves(_: &Server, schema: &Schema) {
    let store = open(schema, Options::default()).await;
    crate::exchange::garbled_rows_name_themselves_on_postgres(&store, schema).await;
}

/// Stops the server, so that nothing else may run.
pub(super) async fn a_server_that_was_restarted_is_used_again(server: &Server, schema: &Schema) {
    let store = open(schema, Options::default()).await;
    let mut scene = Scene::new(&store).await;
    let instance = scene.start();
    scene.commit().await;
    scene.emit(instance, Event::Paused {});
    let batch = scene.batch();
    server.stop().unwrap();
    for _ in 0..2 {
        let down = store.commit(batch.clone()).await;
        assert!(matches!(down, Err(Error::Unavailable(_))), "{down:?}");
        let down = store.load_instance(instance).await;
        assert!(matches!(down, Err(Error::Unavailable(_))), "{down:?}");
        let down = VariableField::search(&store, &Default::default()).await;
        assert!(matches!(down, Err(Error::Unavailable(_))), "{down:?}");
    }
    server.start_again().unwrap();
    assert!(!store.load_instance(instance).await.unwrap().unwrap().instance.paused);
    store.commit(batch).await.unwrap();
    scene.compare_all().await;
    store.close().await.unwrap();
}
