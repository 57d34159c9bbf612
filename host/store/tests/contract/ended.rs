//! Finding instances that have ended.

use engine::Event;
use fermata_store::{EndedInstance, Store};
use types::{PartitionId, ProcessDefinitionKey, ProcessInstanceKey};

use crate::scene::{Scene, at, tenant};

const PARTITION: PartitionId = PartitionId::FIRST;

fn end(scene: &mut Scene<'_>, instance: ProcessInstanceKey, millis: i64) -> EndedInstance {
    scene.emit(instance, Event::InstanceCompleted { at: at(millis) });
    EndedInstance { key: instance, ended_at: at(millis) }
}

pub(crate) async fn ended_instances_come_in_the_order_of_their_ends(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let first = scene.deploy(&tenant(), 2).await;
    let second = scene.deploy(&tenant(), 3).await;
    let keys = [(); 4].map(|()| scene.start_with(first, 10, None, &[]));
    let other = scene.start_with(second, 10, None, &[]);
    let _active = scene.start_with(first, 1, None, &[]);
    scene.commit().await;
    let late = end(&mut scene, keys[0], 300);
    let early = end(&mut scene, keys[1], 100);
    let ties = [end(&mut scene, keys[2], 200), end(&mut scene, keys[3], 200)];
    let of_other = end(&mut scene, other, 50);
    scene.commit().await;
    let ended = async |definition: ProcessDefinitionKey, after, limit| {
        store.ended_instances(PARTITION, definition, after, limit).await.unwrap()
    };
    assert_eq!(ended(first, None, 10).await, [early, ties[0], ties[1], late]);
    assert_eq!(ended(first, None, 2).await, [early, ties[0]]);
    assert_eq!(ended(first, Some(early), 10).await, [ties[0], ties[1], late]);
    assert_eq!(ended(first, Some(ties[0]), 10).await, [ties[1], late]);
    assert_eq!(ended(first, Some(late), 10).await, []);
    assert_eq!(ended(second, None, 10).await, [of_other]);
}

pub(crate) async fn process_versions_tell_their_oldest_end(store: &dyn Store) {
    let mut scene = Scene::empty(store, PARTITION);
    let first = scene.deploy(&tenant(), 1).await;
    let second = scene.deploy(&tenant(), 2).await;
    let idle = scene.deploy(&tenant(), 3).await;
    let keys = [first, first, second].map(|definition| scene.start_with(definition, 10, None, &[]));
    let _active = scene.start_with(idle, 10, None, &[]);
    end(&mut scene, keys[0], 300);
    end(&mut scene, keys[1], 100);
    scene.emit(keys[2], Event::InstanceTerminated { at: at(200) });
    scene.commit().await;
    let oldest = async |after, limit| {
        let ends = store.oldest_ends(PARTITION, after, limit).await.unwrap();
        assert!(ends.iter().all(|end| end.tenant == tenant() && &*end.bpmn_process_id == "order"));
        ends.into_iter().map(|end| (end.definition, end.ended_at)).collect::<Vec<_>>()
    };
    let all = [(first, Some(at(100))), (second, Some(at(200))), (idle, None)];
    assert_eq!(oldest(None, 10).await, all);
    assert_eq!(oldest(None, 2).await, all[..2]);
    assert_eq!(oldest(Some(first), 10).await, all[1..]);
    assert_eq!(oldest(Some(idle), 10).await, []);
}

pub(crate) async fn ended_instances_of_partitions_do_not_mix(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let definition = scene.deploy(&tenant(), 2).await;
    let here = scene.start_with(definition, 10, None, &[]);
    let ended_here = end(&mut scene, here, 100);
    scene.commit().await;
    let partition = PartitionId::new(2).unwrap();
    let mut scene = scene.leave().elsewhere(store, partition);
    let there = scene.start_with(definition, 10, None, &[]);
    let ended_there = end(&mut scene, there, 50);
    scene.commit().await;
    for (partition, ended) in [(PARTITION, ended_here), (partition, ended_there)] {
        assert_eq!(store.ended_instances(partition, definition, None, 10).await.unwrap(), [ended]);
        let ends = store.oldest_ends(partition, None, 10).await.unwrap();
        let found = ends.iter().find(|end| end.definition == definition).unwrap();
        assert_eq!(found.ended_at, Some(ended.ended_at));
    }
    let limit = crate::removal::WHOLE;
    let removed = store.remove_instances(PARTITION, &[here, there], limit).await.unwrap();
    assert_eq!(removed.instances, 1);
    assert!(store.process_instance(here).await.unwrap().is_none());
    assert!(store.process_instance(there).await.unwrap().is_some());
}
