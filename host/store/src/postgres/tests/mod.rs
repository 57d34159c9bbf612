//! What only the inside of the store can show.

mod plans;
mod shapes;

use crate::postgres::{Options, PostgresStore};

#[tokio::test]
async fn inside() {
    let Some(server) = harness::Server::find() else { return };
    let schema = server.schema().await.unwrap();
    let store = PostgresStore::connect(&schema.url(), Options::default()).await.unwrap();
    plans::what_is_due_comes_out_of_an_index(&store).await;
    plans::what_has_ended_comes_out_of_an_index(&store).await;
    plans::instances_are_loaded_and_rows_written_by_keys(&store).await;
    plans::common_searches_read_an_index_in_its_order(&store).await;
    shapes::parts_may_be_empty(&store).await;
    store.close().await.unwrap();
    schema.remove().await.unwrap();
}
