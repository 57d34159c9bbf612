//! Commits that do not come to their end.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};

use types::PartitionId;

use crate::sql::Transaction;
use crate::sqlite::{Options, SqliteStore};
use crate::{Batch, ComponentRecord, ComponentSummary, Error, Store};

fn component(name: &str, bytes: usize) -> ComponentRecord {
    ComponentRecord {
        summary: ComponentSummary {
            tenant: types::TenantId::default(),
            name: name.into(),
            version: "1.0.0".into(),
            digest: "d".into(),
            size_bytes: bytes as u64,
            manifest: "{}".to_owned(),
            signature: None,
            sequence: 0,
            uploaded_at: types::Timestamp::default(),
            uploaded_by: types::Actor::host(),
        },
        bytes: vec![7; bytes],
    }
}

fn counter(next_key_counter: u64) -> Batch {
    Batch {
        partition: PartitionId::FIRST,
        next_key_counter,
        instances: Vec::new(),
        exchange: Default::default(),
    }
}

#[tokio::test]
async fn a_full_disk_is_unavailable_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path(), Options::default()).await.unwrap();
    store.commit(counter(10)).await.unwrap();
    let mut transaction = store.writer.begin().await.unwrap();
    // Room for what is there, and no more. Holds for this connection only.
    sqlx::raw_sql("PRAGMA max_page_count = 1").execute(transaction.connection()).await.unwrap();
    transaction.commit().await.unwrap();

    let error =
        store.put_component(component("large", 1 << 20), crate::ServingChange::default()).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    assert_eq!(store.components().await.unwrap(), []);
    assert_eq!(store.next_key_counter(PartitionId::FIRST).await.unwrap(), 10);

    store.put_component(component("large", 1 << 20), crate::ServingChange::default()).await.unwrap();
    store.commit(counter(20)).await.unwrap();
    assert_eq!(store.next_key_counter(PartitionId::FIRST).await.unwrap(), 20);
}

#[tokio::test]
async fn a_dropped_commit_is_carried_out_or_not_and_the_next_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path(), Options::default()).await.unwrap();
    let mut next = 1;
    for polls in 0..8 {
        next += 1;
        {
            let mut commit = pin!(store.commit(counter(next)));
            for _ in 0..polls {
                let polled = commit.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                if polled.is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        next += 1;
        store.commit(counter(next)).await.unwrap();
        assert_eq!(store.next_key_counter(PartitionId::FIRST).await.unwrap(), next);
    }
}

#[tokio::test]
async fn a_transaction_that_is_dropped_is_rolled_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path(), Options::default()).await.unwrap();
    store.commit(counter(10)).await.unwrap();
    let mut transaction = store.writer.begin().await.unwrap();
    sqlx::raw_sql("UPDATE partition SET next_key_counter = 99")
        .execute(transaction.connection())
        .await
        .unwrap();
    drop(transaction);
    assert_eq!(store.next_key_counter(PartitionId::FIRST).await.unwrap(), 10);
    store.commit(counter(11)).await.unwrap();
    assert_eq!(store.next_key_counter(PartitionId::FIRST).await.unwrap(), 11);
}
