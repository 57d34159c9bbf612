//! Jobs to take, jobs that are held, jobs that run.

use engine::Event;
use fermata_store::{JobPlace, Store};
use types::{JobKey, PartitionId, TenantId, Timestamp};

use crate::scene::{Scene, at, tenant};

const PARTITION: PartitionId = PartitionId::FIRST;

async fn activatable(
    store: &dyn Store,
    job_type: &str,
    tenants: &[TenantId],
    now: Timestamp,
    after: Option<JobPlace>,
    limit: u32,
) -> Vec<JobKey> {
    let jobs = store.activatable_jobs(PARTITION, job_type, tenants, now, after, limit).await.unwrap();
    jobs.into_iter().map(|job| job.job).collect()
}

fn place(priority: i32, job: JobKey) -> JobPlace {
    JobPlace { priority, job }
}

pub(crate) async fn jobs_with_a_higher_priority_come_first(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let instance = scene.start();
    let [low, middle, other, high, failed] = [Some(-5), None, None, Some(80), Some(70)]
        .map(|priority| scene.job_with_priority(instance, "work", priority));
    let (retry_at, message) = (at(10), "m".into());
    scene.emit(instance, Event::JobFailed { job: failed, retries: 2, retry_at, message });
    scene.commit().await;
    let take = async |after, limit| activatable(store, "work", &[tenant()], at(10), after, limit).await;
    assert_eq!(take(None, 10).await, [high, failed, middle, other, low]);
    assert_eq!(take(None, 3).await, [high, failed, middle]);
    assert_eq!(take(Some(place(80, high)), 10).await, [failed, middle, other, low]);
    assert_eq!(take(Some(place(70, failed)), 1).await, [middle]);
    assert_eq!(take(Some(place(0, middle)), 10).await, [other, low]);
    assert_eq!(take(Some(place(0, other)), 10).await, [low]);
    assert_eq!(take(Some(place(-5, low)), 10).await, []);
}

pub(crate) async fn what_an_operator_holds_is_neither_taken_nor_due(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let (held, free) = (scene.start(), scene.start());
    let jobs = [held, free].map(|instance| scene.job(instance, "work"));
    let timers = [held, free].map(|instance| scene.timer(instance, 5));
    let backing_off = scene.job(held, "work");
    let (retry_at, message) = (at(4), "m".into());
    scene.emit(held, Event::JobFailed { job: backing_off, retries: 2, retry_at, message });
    for instance in [held, free] {
        scene.emit(instance, Event::Paused {});
    }
    scene.emit(held, Event::Suspended {});
    scene.commit().await;
    let due = async || -> Vec<_> {
        let timers = store.due_timers(PARTITION, at(9), 9).await.unwrap();
        timers.into_iter().map(|timer| timer.timer).collect()
    };
    assert_eq!(activatable(store, "work", &[tenant()], at(9), None, 9).await, [jobs[1]]);
    assert_eq!(due().await, [timers[1]]);
    assert_eq!(store.next_due(PARTITION, at(0)).await.unwrap(), Some(at(5)));
    assert_eq!(store.next_due(PARTITION, at(5)).await.unwrap(), None);
    assert_eq!(store.paused_instances(PARTITION).await.unwrap(), [free]);
    assert!(store.process_instance(held).await.unwrap().unwrap().suspended);
    scene.emit(held, Event::Unsuspended {});
    scene.commit().await;
    assert_eq!(
        activatable(store, "work", &[tenant()], at(9), None, 9).await,
        [jobs[0], jobs[1], backing_off]
    );
    assert_eq!(due().await, timers);
    assert_eq!(store.paused_instances(PARTITION).await.unwrap(), [held, free]);
}

pub(crate) async fn jobs_are_taken_oldest_first(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let instances = [scene.start(), scene.start()];
    let jobs = [0, 1, 0, 1].map(|index: usize| scene.job(instances[index], "work"));
    scene.commit().await;
    let take = async |after, limit| activatable(store, "work", &[tenant()], at(0), after, limit).await;
    assert_eq!(take(None, 10).await, jobs);
    assert_eq!(take(None, 2).await, jobs[..2]);
    assert_eq!(take(None, 0).await, []);
    assert_eq!(take(Some(place(0, jobs[1])), 10).await, jobs[2..]);
    assert_eq!(take(Some(place(0, jobs[3])), 10).await, []);
    let found = store.activatable_jobs(PARTITION, "work", &[tenant()], at(0), None, 1).await.unwrap();
    assert_eq!(found[0].instance, instances[0]);
}

pub(crate) async fn jobs_of_other_tenants_and_types_are_not_taken(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let others = TenantId::new("others");
    let mine = scene.start();
    scene.deploy(&others, 1).await;
    let theirs = scene.start();
    let [first, third] = [(mine, "work"), (mine, "Work")].map(|(instance, kind)| scene.job(instance, kind));
    let second = scene.job(theirs, "work");
    let fourth = scene.job(mine, "work");
    scene.commit().await;
    let take = async |kind, tenants: &[TenantId]| activatable(store, kind, tenants, at(0), None, 10).await;
    assert_eq!(take("work", &[tenant()]).await, [first, fourth]);
    assert_eq!(take("work", std::slice::from_ref(&others)).await, [second]);
    assert_eq!(take("work", &[others.clone(), tenant(), others.clone()]).await, [first, second, fourth]);
    assert_eq!(take("Work", &[tenant()]).await, [third]);
    assert_eq!(take("work", &[]).await, []);
    assert_eq!(take("", &[tenant()]).await, []);
}

pub(crate) async fn a_job_that_backs_off_is_not_taken_before_its_time(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let instance = scene.start();
    let [failed, fresh, postponed] = [(); 3].map(|()| scene.job(instance, "work"));
    let (retry_at, message) = (at(100), "m".into());
    scene.emit(instance, Event::JobFailed { job: failed, retries: 2, retry_at, message });
    scene.emit(instance, Event::JobPostponed { job: postponed, retry_at: at(50) });
    scene.commit().await;
    let take = async |now, limit| activatable(store, "work", &[tenant()], at(now), None, limit).await;
    assert_eq!(take(49, 10).await, [fresh]);
    assert_eq!(take(50, 10).await, [fresh, postponed]);
    assert_eq!(take(100, 10).await, [failed, fresh, postponed]);
    assert_eq!(take(100, 1).await, [failed]);
}

pub(crate) async fn a_held_job_is_due_at_its_deadline(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let instance = scene.start();
    let jobs = [300, 100, 200].map(|deadline| {
        let job = scene.job(instance, "work");
        let (worker, deadline) = ("w".into(), at(deadline));
        scene.emit(instance, Event::JobActivated { job, attempt: 1, worker, deadline });
        job
    });
    scene.commit().await;
    assert_eq!(activatable(store, "work", &[tenant()], at(9_999), None, 10).await, []);
    let due = async |now, limit| -> Vec<JobKey> {
        let due = store.timed_out_jobs(PARTITION, at(now), limit).await.unwrap();
        assert!(due.iter().all(|job| job.job.instance == instance && job.due <= at(now)));
        due.into_iter().map(|job| job.job.job).collect()
    };
    assert_eq!(due(99, 10).await, []);
    assert_eq!(due(100, 10).await, [jobs[1]]);
    assert_eq!(due(9_999, 2).await, [jobs[1], jobs[2]]);
    scene.emit(instance, Event::JobDeadlineUpdated { job: jobs[1], deadline: at(10_000) });
    scene.emit(instance, Event::JobTimedOut { job: jobs[2], retries: 2 });
    scene.commit().await;
    assert_eq!(due(9_999, 10).await, [jobs[0]]);
    assert_eq!(activatable(store, "work", &[tenant()], at(0), None, 10).await, [jobs[2]]);
}

pub(crate) async fn running_jobs_are_found(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let instance = scene.start();
    let [first, second, _] = [(); 3].map(|()| scene.job(instance, "work"));
    for job in [second, first] {
        let (worker, deadline) = ("w".into(), at(1));
        scene.emit(instance, Event::JobStarted { job, attempt: 1, worker, deadline });
    }
    scene.commit().await;
    let running = async || -> Vec<JobKey> {
        store.running_jobs(PARTITION).await.unwrap().into_iter().map(|job| job.job).collect()
    };
    assert_eq!(running().await, [first, second]);
    assert_eq!(store.timed_out_jobs(PARTITION, at(9_999), 10).await.unwrap(), []);
    scene.emit(instance, Event::JobInterrupted { job: first, retries: 2 });
    scene.emit(instance, Event::JobCompleted { job: second });
    scene.commit().await;
    assert_eq!(running().await, []);
}
