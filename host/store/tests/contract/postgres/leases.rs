//! Partitions that several nodes want.

use std::time::Duration;

use engine::KeyRange;
use fermata_store::postgres::{Options, PostgresStore};
use fermata_store::{Batch, Error, INSTALLATION_ID, Store};
use futures_util::future::{join, join_all};
use sqlx::PgConnection;
use types::PartitionId;

use super::faults::{until_somebody_waits, within};
use crate::scene::{Scene, at, deployment, tenant};
use harness::{Schema, Server};

const PARTITION: PartitionId = PartitionId::FIRST;

/// A node whose lease does not run out while a test runs.
async fn node(schema: &Schema) -> PostgresStore {
    let options = Options { lease: Duration::from_secs(600), ..Options::default() };
    PostgresStore::connect(&schema.url(), options).await.unwrap()
}

/// Lets the leases run out.
async fn expire(schema: &Schema) {
    let text = "UPDATE partition SET lease_until = now() - interval '1 ms'";
    sqlx::raw_sql(text).execute(&mut schema.connect().await.unwrap()).await.unwrap();
}

fn counter(next_key_counter: u64) -> Batch {
    Batch { partition: PARTITION, next_key_counter, instances: Vec::new(), exchange: Default::default() }
}

fn assert_lost(result: Result<(), Error>) {
    assert!(matches!(result, Err(Error::LeaseLost { partition: PARTITION })), "{result:?}");
}

pub(super) async fn a_partition_is_one_nodes_until_its_lease_runs_out(_: &Server, schema: &Schema) {
    let (first, second) = (node(schema).await, node(schema).await);
    first.claim(PARTITION).await.unwrap();
    let error = second.claim(PARTITION).await.unwrap_err();
    match &error {
        Error::PartitionOwned { partition: PARTITION, owner, remaining } => {
            assert!(!owner.is_empty());
            assert!(*remaining > Duration::from_secs(500) && *remaining <= Duration::from_secs(600));
        }
        other => panic!("{other:?}"),
    }
    second.claim(PartitionId::new(2).unwrap()).await.unwrap();
    expire(schema).await;
    second.claim(PARTITION).await.unwrap();
    assert!(matches!(first.claim(PARTITION).await, Err(Error::PartitionOwned { .. })));
}

pub(super) async fn a_node_that_lost_its_lease_writes_nothing(_: &Server, schema: &Schema) {
    let (first, second) = (node(schema).await, node(schema).await);
    first.claim(PARTITION).await.unwrap();
    let mut scene = Scene::new(&first).await;
    let instance = scene.start();
    scene.commit().await;
    let counter_before = first.next_key_counter(PARTITION).await.unwrap();

    expire(schema).await;
    // Nobody else has taken it: the lease alone decides nothing.
    first.commit(counter(counter_before)).await.unwrap();
    expire(schema).await;
    second.claim(PARTITION).await.unwrap();

    let other = scene.start();
    let batch = scene.batch();
    for _ in 0..2 {
        assert_lost(first.commit(batch.clone()).await);
    }
    // Whoever has nothing to write hears of it too.
    first.partition_lost().await;
    let mut keys = KeyRange::new(PARTITION, counter_before);
    assert_lost(first.deploy(PARTITION, deployment(&mut keys, &tenant(), 2)).await);
    assert_eq!(second.next_key_counter(PARTITION).await.unwrap(), counter_before);
    assert!(second.process_instance(other).await.unwrap().is_none());
    assert!(second.process_instance(instance).await.unwrap().is_some());
    second.commit(batch).await.unwrap();
    assert!(second.process_instance(other).await.unwrap().is_some());
}

pub(super) async fn leases_are_renewed(_: &Server, schema: &Schema) {
    let options = Options { lease: Duration::from_millis(300), ..Options::default() };
    let store = PostgresStore::connect(&schema.url(), options).await.unwrap();
    store.claim(PARTITION).await.unwrap();
    let mut db = schema.connect().await.unwrap();
    let first = lease_until(&mut db).await;
    within(async {
        while lease_until(&mut db).await <= first {
            tokio::task::yield_now().await;
        }
    })
    .await;
    // The one that has taken it instead keeps it.
    sqlx::raw_sql("UPDATE partition SET owner = 'other/1', epoch = epoch + 1")
        .execute(&mut db)
        .await
        .unwrap();
    assert_lost(store.commit(counter(1)).await);
}

async fn lease_until(db: &mut PgConnection) -> f64 {
    let text = "SELECT extract(epoch FROM lease_until)::float8 FROM partition";
    sqlx::query_scalar(text).fetch_one(db).await.unwrap()
}

pub(super) async fn what_is_not_claimed_is_not_written(_: &Server, schema: &Schema) {
    let store = node(schema).await;
    assert_lost(store.commit(counter(2)).await);
    let mut keys = KeyRange::new(PARTITION, 1);
    assert_lost(store.deploy(PARTITION, deployment(&mut keys, &tenant(), 1)).await);
    assert_eq!(store.next_key_counter(PARTITION).await.unwrap(), 1);
}

pub(super) async fn a_closed_store_lets_go_of_its_partitions(_: &Server, schema: &Schema) {
    let (first, second) = (node(schema).await, node(schema).await);
    first.claim(PARTITION).await.unwrap();
    first.commit(counter(7)).await.unwrap();
    first.close().await.unwrap();
    second.claim(PARTITION).await.unwrap();
    assert_eq!(second.next_key_counter(PARTITION).await.unwrap(), 7);
    let closed = first.commit(counter(8)).await;
    assert!(matches!(closed, Err(Error::Unavailable(_))), "{closed:?}");
    assert!(matches!(first.next_key_counter(PARTITION).await, Err(Error::Unavailable(_))));
}

pub(super) async fn a_node_with_a_name_takes_what_it_held(_: &Server, schema: &Schema) {
    let options = Options { node: Some("node-1".to_owned()), ..Options::default() };
    let first = PostgresStore::connect(&schema.url(), options.clone()).await.unwrap();
    first.claim(PARTITION).await.unwrap();
    let other = Options { node: Some("node-11".to_owned()), ..Options::default() };
    let other = PostgresStore::connect(&schema.url(), other).await.unwrap();
    assert!(matches!(other.claim(PARTITION).await, Err(Error::PartitionOwned { .. })));
    // As after a crash: nobody has let go of it.
    let second = PostgresStore::connect(&schema.url(), options).await.unwrap();
    second.claim(PARTITION).await.unwrap();
    assert_lost(first.commit(counter(2)).await);
    second.commit(counter(3)).await.unwrap();
}

pub(super) async fn nodes_may_start_at_once(_: &Server, schema: &Schema) {
    let stores = join_all([(); 6].map(|()| node(schema))).await;
    let is_whole: bool = sqlx::query_scalar("SELECT max(version) = count(*) FROM fermata_schema")
        .fetch_one(&mut schema.connect().await.unwrap())
        .await
        .unwrap();
    assert!(is_whole, "each step once");
    let claims = join_all(stores.iter().map(|store| store.claim(PARTITION))).await;
    assert_eq!(claims.iter().filter(|claim| claim.is_ok()).count(), 1, "{claims:?}");
}

pub(super) async fn a_host_that_was_taken_over_neither_marks_nor_ends_a_restoration(
    _: &Server,
    schema: &Schema,
) {
    let other = PartitionId::new(2).unwrap();
    let (first, second) = (node(schema).await, node(schema).await);
    assert_lost(first.mark_restored("copy", Some(at(7))).await);
    for partition in [PARTITION, other] {
        first.claim(partition).await.unwrap();
    }
    first.mark_restored("copy", Some(at(7))).await.unwrap();
    expire(schema).await;
    second.claim(other).await.unwrap();
    // Whether it knows by now or not.
    for _ in 0..2 {
        for result in [first.end_restoration().await.map(drop), first.mark_restored("other", None).await] {
            assert!(
                matches!(result, Err(Error::LeaseLost { partition }) if partition == other),
                "{result:?}"
            );
        }
    }
    // Half of a database is not enough.
    assert_lost(second.end_restoration().await.map(drop));
    assert_eq!(second.restored_at().await.unwrap(), Some(at(7)));
    let id = second.stored_installation_value(INSTALLATION_ID).await.unwrap();
    assert_eq!(id.as_deref(), Some("copy"));
    second.claim(PARTITION).await.unwrap();
    assert!(second.end_restoration().await.unwrap());
}

pub(super) async fn taking_a_partition_waits_for_its_commit(_: &Server, schema: &Schema) {
    let (first, second) = (node(schema).await, node(schema).await);
    first.claim(PARTITION).await.unwrap();
    expire(schema).await;
    // Stands for a commit of the first that has found its epoch.
    let mut commit = schema.connect().await.unwrap();
    let text = "BEGIN; UPDATE partition SET next_key_counter = 50";
    sqlx::raw_sql(text).execute(&mut commit).await.unwrap();
    let (claimed, ()) = join(second.claim(PARTITION), async {
        until_somebody_waits(schema).await;
        sqlx::raw_sql("COMMIT").execute(&mut commit).await.unwrap();
    })
    .await;
    claimed.unwrap();
    assert_eq!(second.next_key_counter(PARTITION).await.unwrap(), 50);
    assert_lost(first.commit(counter(60)).await);
}
