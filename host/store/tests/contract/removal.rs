//! Removing instances that have ended.

use engine::Event;
use fermata_store::search::{
    Condition, IncidentField, Operand, Operator, Search, UserTaskField, VariableField,
};
use fermata_store::{RemovalLimit, Store};
use types::{PartitionId, ProcessInstanceKey};

use crate::scene::{Scene, at};

const PARTITION: PartitionId = PartitionId::FIRST;

/// More than any instance here has.
pub(crate) const WHOLE: RemovalLimit = RemovalLimit { rows: 1_000, bytes: 1 << 20 };

/// What can still be found of an instance: its own row, variables, user tasks, incidents, journal rows.
async fn found(store: &dyn Store, instance: ProcessInstanceKey) -> [usize; 5] {
    fn of<F>(field: F, instance: ProcessInstanceKey) -> Search<F> {
        let conditions = vec![Condition::Field(field, Operator::Eq(Operand::Integer(instance.0.get())))];
        Search { conditions, ..Search::default() }
    }
    let variables = store.search_variables(&of(VariableField::ProcessInstanceKey, instance)).await.unwrap();
    let tasks = store.search_user_tasks(&of(UserTaskField::ProcessInstanceKey, instance)).await.unwrap();
    let incidents = store.search_incidents(&of(IncidentField::ProcessInstanceKey, instance)).await.unwrap();
    [
        usize::from(store.process_instance(instance).await.unwrap().is_some()),
        variables.items.len(),
        tasks.items.len(),
        incidents.items.len(),
        store.journal(instance, None, 1_000).await.unwrap().len(),
    ]
}

/// An instance with two variables, a user task and an incident, and three journal rows; ended if wanted.
async fn instance(scene: &mut Scene<'_>, ends: bool) -> ProcessInstanceKey {
    let instance = scene.start();
    let root = instance.root_scope();
    scene.variable(instance, root, "total", "1");
    scene.variable(instance, root, "name", "\"anna\"");
    let element = scene.enter(instance, "work");
    let incident = scene.incident(instance, element, "broken");
    let task = scene.user_task(instance, 20);
    let human = scene.state(instance).user_task(task).unwrap().element_instance;
    scene.commit().await;
    scene.emit(instance, Event::IncidentResolved { key: incident, at: at(40) });
    scene.emit(instance, Event::UserTaskCompleted { key: task, at: at(40) });
    for key in [element, human] {
        scene.emit(instance, Event::ElementCompleted { key, at: at(40) });
    }
    scene.commit().await;
    if ends {
        scene.emit(instance, Event::InstanceCompleted { at: at(50) });
    } else {
        scene.variable(instance, root, "total", "2");
    }
    scene.commit().await;
    instance
}

pub(crate) async fn a_removed_instance_is_as_if_it_had_never_been(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let gone = [instance(&mut scene, true).await, instance(&mut scene, true).await];
    let kept = instance(&mut scene, true).await;
    for key in [gone[0], gone[1], kept] {
        assert_eq!(found(store, key).await, [1, 2, 1, 1, 3]);
    }
    let removed = store.remove_instances(PARTITION, &gone, WHOLE).await.unwrap();
    assert_eq!((removed.instances, removed.rows), (2, 2 * (1 + 2 + 1 + 1 + 3)));
    for key in gone {
        assert_eq!(found(store, key).await, [0; 5]);
        assert!(store.load_instance(key).await.unwrap().is_none());
        assert_eq!(store.instance_of_element(key.root_scope()).await.unwrap(), None);
    }
    assert_eq!(found(store, kept).await, [1, 2, 1, 1, 3]);
    let again = store.remove_instances(PARTITION, &gone, WHOLE).await.unwrap();
    assert_eq!(again, fermata_store::Removed::default(), "what is gone is gone");
    assert_eq!(store.remove_instances(PARTITION, &[], WHOLE).await.unwrap(), again);
}

pub(crate) async fn what_is_active_stays(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let (active, ended) = (instance(&mut scene, false).await, instance(&mut scene, true).await);
    let job = scene.job(active, "work");
    scene.commit().await;
    let before = found(store, active).await;
    let removed = store.remove_instances(PARTITION, &[active, ended], WHOLE).await.unwrap();
    assert_eq!(removed.instances, 1);
    assert_eq!(found(store, active).await, before);
    assert_eq!(store.instance_of_job(job).await.unwrap(), Some(active));
    // It goes on as if nothing had happened.
    scene.emit(active, Event::JobCompleted { job });
    assert_eq!(scene.state(active).jobs().count(), 0);
    scene.commit().await;
}

pub(crate) async fn a_large_instance_goes_in_parts_and_its_row_last(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let keys = [instance(&mut scene, true).await, instance(&mut scene, true).await];
    let limit = RemovalLimit { rows: 3, ..WHOLE };
    let (mut removals, mut instances, mut rows) = (0, 0, 0);
    loop {
        let removed = store.remove_instances(PARTITION, &keys, limit).await.unwrap();
        if removed.rows == 0 {
            break;
        }
        assert!(removed.rows - removed.instances <= 3, "{removed:?}");
        removals += 1;
        instances += removed.instances;
        rows += removed.rows;
        for key in keys {
            let [own, others @ ..] = found(store, key).await;
            assert!(own == 1 || others == [0; 4], "rows without their instance: {others:?}");
        }
    }
    assert_eq!((instances, rows), (2, 16));
    assert_eq!(removals, 5, "14 rows, 3 at a time");
}

pub(crate) async fn removal_stops_at_its_measure_of_bytes(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let key = scene.start();
    let large = format!("\"{}\"", "x".repeat(1_000));
    for name in ["a", "b", "c"] {
        scene.variable(key, key.root_scope(), name, &large);
        scene.commit().await;
    }
    scene.emit(key, Event::InstanceCompleted { at: at(50) });
    scene.commit().await;
    assert_eq!(found(store, key).await, [1, 3, 0, 0, 4]);
    let limit = RemovalLimit { bytes: 1_500, ..WHOLE };
    store.remove_instances(PARTITION, &[key], limit).await.unwrap();
    let [own, variables, _, _, journal] = found(store, key).await;
    assert_eq!((own, variables), (1, 1), "two reach the measure");
    assert!((1..=2).contains(&journal), "{journal}");
    let limit = RemovalLimit { bytes: 1, ..WHOLE };
    let mut last = 0;
    for _ in 0..=journal {
        last = store.remove_instances(PARTITION, &[key], limit).await.unwrap().instances;
        if last > 0 {
            break;
        }
    }
    assert_eq!((last, found(store, key).await), (1, [0; 5]), "a row goes however large it is");
}

pub(crate) async fn keys_of_removed_instances_do_not_come_back(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let key = instance(&mut scene, true).await;
    let next = store.next_key_counter(PARTITION).await.unwrap();
    let position = store.journal(key, None, 10).await.unwrap().last().unwrap().position;
    store.remove_instances(PARTITION, &[key], WHOLE).await.unwrap();
    assert_eq!(store.next_key_counter(PARTITION).await.unwrap(), next);
    let another = instance(&mut scene, true).await;
    assert!(store.journal(another, None, 10).await.unwrap()[0].position > position);
}
