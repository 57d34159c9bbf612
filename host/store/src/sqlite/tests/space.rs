//! What removed rows have left in the file.

use crate::sql::Transaction as _;
use crate::sqlite::space::give_back;
use crate::sqlite::{Options, SqliteStore};

/// Pages of the file, and how many of them are free.
async fn pages(store: &SqliteStore) -> (i64, i64) {
    let mut transaction = store.writer.begin().await.unwrap();
    let db = transaction.connection();
    let pages = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut *db).await.unwrap();
    let free = sqlx::query_scalar("PRAGMA freelist_count").fetch_one(&mut *db).await.unwrap();
    transaction.roll_back().await.unwrap();
    (pages, free)
}

#[tokio::test]
async fn some_of_much_free_space_is_given_back_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path(), Options::default()).await.unwrap();
    let mut transaction = store.writer.begin().await.unwrap();
    let text = "INSERT INTO journal (process_instance_key, entries) VALUES (1, zeroblob(18000000)); DELETE FROM journal";
    sqlx::raw_sql(text).execute(transaction.connection()).await.unwrap();
    transaction.commit().await.unwrap();

    let (before, free) = pages(&store).await;
    assert!(free > 4_096 + 256, "{free}");
    give_back(&store.writer).await.unwrap();
    let (after, _) = pages(&store).await;
    assert_eq!(before - after, 256);
    for _ in 0..free / 256 {
        give_back(&store.writer).await.unwrap();
    }
    let (_, left) = pages(&store).await;
    assert!((4_096 - 256..=4_096).contains(&left), "new rows take the rest: {left}");
}
