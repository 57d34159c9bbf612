//! What becomes due, and what has to go on.

use engine::Event;
use fermata_store::Store;
use types::{PartitionId, TimerKey};

use crate::scene::{Scene, at, tenant};

const PARTITION: PartitionId = PartitionId::FIRST;

pub(crate) async fn timers_are_due_in_order(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let instance = scene.start();
    let [late, first, second, tie] = [300, 100, 200, 200].map(|due| scene.timer(instance, due));
    scene.commit().await;
    let due = async |now, limit| -> Vec<TimerKey> {
        let due = store.due_timers(PARTITION, at(now), limit).await.unwrap();
        assert!(due.iter().all(|timer| timer.instance == instance && timer.due <= at(now)));
        due.into_iter().map(|timer| timer.timer).collect()
    };
    assert_eq!(due(99, 10).await, []);
    assert_eq!(due(100, 10).await, [first]);
    assert_eq!(due(299, 10).await, [first, second, tie]);
    assert_eq!(due(1_000, 2).await, [first, second]);
    scene.emit(instance, Event::TimerTriggered { key: first });
    scene.commit().await;
    assert_eq!(due(1_000, 10).await, [second, tie, late]);
}

pub(crate) async fn the_next_time_is_the_earliest_after_now(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let next = async |now| store.next_due(PARTITION, at(now)).await.unwrap().map(|time| time.as_millis());
    assert_eq!(next(0).await, None);
    let instance = scene.start();
    scene.timer(instance, 400);
    let [held, backing_off, running, stopped, fresh] = [(); 5].map(|()| scene.job(instance, "work"));
    let worker = || "w".into();
    let emit = |scene: &mut Scene<'_>, event| scene.emit(instance, event);
    emit(&mut scene, Event::JobActivated { job: held, attempt: 1, worker: worker(), deadline: at(300) });
    let message = || "m".into();
    let retry_at = at(200);
    emit(&mut scene, Event::JobFailed { job: backing_off, retries: 2, retry_at, message: message() });
    // A component's deadline is kept by its sandbox.
    emit(&mut scene, Event::JobStarted { job: running, attempt: 1, worker: worker(), deadline: at(100) });
    let retry_at = at(150);
    emit(&mut scene, Event::JobFailed { job: stopped, retries: 0, retry_at, message: message() });
    scene.commit().await;
    assert!(scene.state(instance).job(fresh).is_some());
    for (now, expected) in [(0, 200), (199, 200), (200, 300), (300, 400)] {
        assert_eq!(next(now).await, Some(expected), "at {now}");
    }
    assert_eq!(next(400).await, None);
}

pub(crate) async fn paused_instances_are_found(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let [first, second, _] = [(); 3].map(|()| scene.start());
    for instance in [first, second] {
        scene.emit(instance, Event::Paused {});
    }
    scene.commit().await;
    assert_eq!(store.paused_instances(PARTITION).await.unwrap(), [first, second]);
    scene.emit(first, Event::Resumed {});
    scene.emit(second, Event::InstanceTerminated { at: at(90) });
    scene.commit().await;
    assert_eq!(store.paused_instances(PARTITION).await.unwrap(), []);
}

pub(crate) async fn partitions_do_not_mix(store: &dyn Store) {
    let other = PartitionId::new(2).unwrap();
    for (partition, version) in [(PARTITION, 1), (other, 2)] {
        let mut scene = Scene::empty(store, partition);
        scene.deploy(&tenant(), version).await;
        let instance = scene.start();
        scene.timer(instance, 10);
        scene.timer(instance, 1_000 + i64::from(version));
        let [held, running, _waiting] = [(); 3].map(|()| scene.job(instance, "work"));
        let worker = || "w".into();
        scene
            .emit(instance, Event::JobActivated { job: held, attempt: 1, worker: worker(), deadline: at(1) });
        scene.emit(
            instance,
            Event::JobStarted { job: running, attempt: 1, worker: worker(), deadline: at(1) },
        );
        scene.emit(instance, Event::Paused {});
        scene.commit().await;
    }
    for (partition, next) in [(PARTITION, 1_001), (other, 1_002)] {
        let (now, tenants) = (at(100), [tenant()]);
        let jobs = store.activatable_jobs(partition, "work", &tenants, now, None, 10).await.unwrap();
        let due = [
            store.due_timers(partition, now, 10).await.unwrap()[..].iter().map(|due| due.timer.0).collect(),
            store.timed_out_jobs(partition, now, 10).await.unwrap().iter().map(|due| due.job.job.0).collect(),
            store.running_jobs(partition).await.unwrap().iter().map(|job| job.job.0).collect(),
            store.paused_instances(partition).await.unwrap().iter().map(|key| key.0).collect(),
            jobs.iter().map(|job| job.job.0).collect::<Vec<_>>(),
        ];
        for keys in due {
            assert_eq!(keys.len(), 1);
            assert_eq!(keys[0].partition(), Some(partition));
        }
        assert_eq!(store.next_due(partition, now).await.unwrap(), Some(at(next)));
    }
}
