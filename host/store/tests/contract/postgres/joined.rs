//! Commits of several partitions in one transaction.

use engine::Change;
use fermata_store::postgres::Options;
use fermata_store::{Error, Store};
use futures_util::future::{join, join_all};
use types::{JobKey, PartitionId};

use super::faults::{counter, until_somebody_waits};
use super::open;
use crate::scene::{Scene, tenant};
use harness::{Schema, Server};

fn partition(id: u16) -> PartitionId {
    PartitionId::new(id).unwrap()
}

/// How many transactions have written the partitions from 2 on.
async fn transactions(schema: &Schema) -> i64 {
    let text = "SELECT count(DISTINCT xmin::text) FROM partition WHERE id > 1";
    sqlx::query_scalar(text).fetch_one(&mut schema.connect().await.unwrap()).await.unwrap()
}

pub(super) async fn commits_of_several_partitions_share_transactions(_: &Server, schema: &Schema) {
    for writers in [1, 2] {
        let store = open(schema, Options { writers, ..Options::default() }).await;
        for id in 1..=9 {
            store.claim(partition(id)).await.unwrap();
        }
        let mut lock = schema.connect().await.unwrap();
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
    sqlx::raw_sql(text).execute(&mut schema.connect().await.unwrap()).await.unwrap();
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

pub(super) async fn a_commit_that_waits_is_none_of_the_partitions_next_life(_: &Server, schema: &Schema) {
    let store = open(schema, Options::default()).await;
    let mut lock = schema.connect().await.unwrap();
    let text = "BEGIN; SELECT FROM partition WHERE id = 1 FOR UPDATE";
    sqlx::raw_sql(text).execute(&mut lock).await.unwrap();
    let (first, second) = join(store.commit(counter(partition(1), 20)), async {
        until_somebody_waits(schema).await;
        let (waited, ()) = join(store.commit(counter(partition(2), 20)), async {
            store.claim(partition(2)).await.unwrap();
            sqlx::raw_sql("COMMIT").execute(&mut lock).await.unwrap();
        })
        .await;
        waited
    })
    .await;
    first.unwrap();
    assert!(matches!(second, Err(Error::Unavailable(_))), "{second:?}");
    assert_eq!(store.next_key_counter(partition(2)).await.unwrap(), 1);
    store.commit(counter(partition(2), 30)).await.unwrap();
}
