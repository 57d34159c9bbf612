//! Batch operations, process versions that are held, and business ids.

use engine::Event;
use fermata_store::search::{BatchOperationField, Operator};
use fermata_store::{BatchKind, BatchOperation, BatchProgress, BatchState, NewBatchOperation, Store};
use types::{Actor, PartitionId, TenantId};

use crate::scene::{Scene, at, tenant};
use crate::searched::{found_by, number, text};

fn new(kind: BatchKind, millis: i64) -> NewBatchOperation {
    NewBatchOperation {
        tenant: tenant(),
        kind,
        content: vec![1, 2, 3],
        actor: Actor::new(format!("operator-{millis}")),
        at: at(millis),
        expected: 7,
    }
}

pub(crate) async fn a_batch_operation_is_what_was_written(store: &dyn Store) {
    let first = store.begin_batch_operation(new(BatchKind::Migrate, 1)).await.unwrap();
    let second = store.begin_batch_operation(new(BatchKind::Cancel, 2)).await.unwrap();
    assert!(first < second);
    let begun = BatchOperation {
        key: first,
        new: new(BatchKind::Migrate, 1),
        state: BatchState::Active,
        progress: BatchProgress::default(),
        ended_at: None,
    };
    assert_eq!(store.batch_operation(first).await.unwrap().as_ref(), Some(&begun));
    let mut scene = Scene::new(store).await;
    let progress =
        BatchProgress { after: Some(scene.start()), completed: 5, failed: 1, failures: vec![9; 3] };
    store.advance_batch_operation(first, progress.clone()).await.unwrap();
    let change = async |from, to| store.change_batch_operation(first, from, to, at(50)).await.unwrap();
    assert!(!change(BatchState::Suspended, BatchState::Active).await);
    assert!(change(BatchState::Active, BatchState::Suspended).await);
    let held = BatchOperation { state: BatchState::Suspended, progress, ..begun };
    assert_eq!(store.batch_operation(first).await.unwrap().as_ref(), Some(&held));
    assert!(change(BatchState::Suspended, BatchState::Canceled).await);
    assert!(!change(BatchState::Suspended, BatchState::Canceled).await);
    let ended = BatchOperation { state: BatchState::Canceled, ended_at: Some(at(50)), ..held };
    assert_eq!(store.batch_operation(first).await.unwrap().as_ref(), Some(&ended));
    let unknown = fermata_store::BatchOperationKey(second.0 + 7);
    assert!(store.batch_operation(unknown).await.unwrap().is_none());

    use BatchOperationField as Field;
    for (field, operand) in [
        (Field::BatchOperationKey, number(first.0)),
        (Field::OperationType, text("MIGRATE_PROCESS_INSTANCE")),
        (Field::State, text("CANCELED")),
        (Field::StartDate, number(1)),
        (Field::EndDate, number(50)),
        (Field::ActorId, text("operator-1")),
    ] {
        assert_eq!(found_by(store, field, Operator::Eq(operand.clone())).await, [first.0], "{field:?}");
        assert_eq!(found_by(store, field, Operator::Neq(operand)).await, [second.0], "{field:?}");
    }
}

pub(crate) async fn held_definitions_are_held_until_they_are_released(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let definition = scene.deploy(&tenant(), 9).await;
    assert!(store.held_definitions().await.unwrap().is_empty());
    for _ in 0..2 {
        store.hold_definition(definition, Actor::default(), at(1)).await.unwrap();
        assert_eq!(store.held_definitions().await.unwrap(), [definition]);
    }
    store.release_definition(definition).await.unwrap();
    store.release_definition(definition).await.unwrap();
    assert!(store.held_definitions().await.unwrap().is_empty());
}

pub(crate) async fn a_business_id_finds_what_is_active(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let definition = scene.deploy(&tenant(), 3).await;
    let instance = scene.start_with(definition, 1, Some("B-1"), &[]);
    scene.start_with(definition, 1, Some("B-2"), &[]);
    scene.commit().await;
    let find = async |tenant: &TenantId, process: &str, id: &str| {
        store.active_with_business_id(PartitionId::FIRST, tenant, process, id).await.unwrap()
    };
    assert_eq!(find(&tenant(), "order", "B-1").await, Some(instance));
    assert_eq!(find(&tenant(), "order", "B-3").await, None);
    assert_eq!(find(&tenant(), "other", "B-1").await, None);
    assert_eq!(find(&TenantId::new("others"), "order", "B-1").await, None);
    scene.emit(instance, Event::InstanceCompleted { at: at(5) });
    scene.commit().await;
    assert_eq!(find(&tenant(), "order", "B-1").await, None);
}
