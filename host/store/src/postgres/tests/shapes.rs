//! Statements that commits are.

use types::PartitionId;

use crate::Store;
use crate::postgres::PostgresStore;
use crate::postgres::shape::{Action, FENCE, Parts, STATEMENTS_MAX, Statements};

fn fence(partition: i64, next_key_counter: i64, epoch: i64) -> Parts {
    let mut parts = Parts::new();
    parts
        .add(&FENCE, Action::Fence, [()], |values, ()| {
            values.integer(partition).integer(next_key_counter).integer(epoch);
        })
        .unwrap();
    parts
}

/// When there are many statements already, one with empty parts serves.
pub(super) async fn parts_may_be_empty(store: &PostgresStore) {
    store.claim(PartitionId::FIRST).await.unwrap();
    let mut lent = store.loop_readers.acquire().await.unwrap();
    let mut statements = Statements::default();
    let (small, _) = statements.of(fence(1, 5, 1)).unwrap();
    statements.fill_up();
    let (known, _) = statements.of(fence(1, 5, 1)).unwrap();
    assert_eq!(small.as_str(), known.as_str());
    let mut statements = Statements::default();
    statements.fill_up();
    let (whole, arguments) = statements.of(fence(1, 5, 1)).unwrap();
    assert!(whole.as_str().len() > 5 * small.as_str().len());
    sqlx::query_with(whole, arguments).execute(lent.connection()).await.unwrap();
    assert_eq!(store.next_key_counter(PartitionId::FIRST).await.unwrap(), 5);
    assert!(statements.count() <= STATEMENTS_MAX + 1);
}
