//! Commits that the store in memory lets fail.

use fermata_store::memory::MemoryStore;
use fermata_store::{Error, Store};
use types::PartitionId;

use crate::scene::Scene;

#[tokio::test]
async fn the_chosen_commit_fails_and_writes_nothing() {
    let store = MemoryStore::new();
    store.faults().fail_commit(2);
    let mut scene = Scene::new(&store).await;
    let first = scene.start();
    scene.commit().await;
    let counter = store.next_key_counter(PartitionId::FIRST).await.unwrap();
    let second = scene.start();
    match store.commit(scene.batch()).await {
        Err(Error::Unavailable(source)) => assert_eq!(source.to_string(), "commit 2 was made to fail"),
        other => panic!("{other:?}"),
    }
    assert!(store.process_instance(first).await.unwrap().is_some());
    assert!(store.process_instance(second).await.unwrap().is_none());
    assert_eq!(store.next_key_counter(PartitionId::FIRST).await.unwrap(), counter);
    let third = scene.start();
    store.commit(scene.batch()).await.unwrap();
    assert!(store.process_instance(third).await.unwrap().is_some());
    assert_eq!(store.faults().commits_tried(), 3);
}
