//! Databases that came from a backup.

use engine::Event;
use fermata_store::{Batch, INSTALLATION_ID, JobsOfType, KEYS_SKIPPED, Outlook, Store};
use types::PartitionId;

use crate::scene::{Scene, at};

pub(crate) async fn what_was_restored_is_an_installation_of_its_own(store: &dyn Store) {
    assert_eq!(store.restored_at().await.unwrap(), None);
    assert!(!store.end_restoration().await.unwrap());
    assert_eq!(&*store.installation_value(INSTALLATION_ID, "original").await.unwrap(), "original");
    store
        .commit(Batch { partition: PartitionId::FIRST, next_key_counter: 100, instances: Vec::new() })
        .await
        .unwrap();

    store.mark_restored("copy", at(7)).await.unwrap();
    assert_eq!(&*store.installation_value(INSTALLATION_ID, "original").await.unwrap(), "copy");
    assert_eq!(store.restored_at().await.unwrap(), Some(at(7)));
    assert_eq!(store.next_key_counter(PartitionId::FIRST).await.unwrap(), 100 + KEYS_SKIPPED);

    // A copy of the copy.
    store.mark_restored("again", at(9)).await.unwrap();
    assert_eq!(&*store.installation_value(INSTALLATION_ID, "original").await.unwrap(), "again");
    assert_eq!(store.restored_at().await.unwrap(), Some(at(9)));

    assert!(store.end_restoration().await.unwrap());
    assert!(!store.end_restoration().await.unwrap());
    assert_eq!(store.restored_at().await.unwrap(), None);
    assert_eq!(&*store.installation_value(INSTALLATION_ID, "original").await.unwrap(), "again");
}

pub(crate) async fn keys_last_for_many_restorations(store: &dyn Store) {
    let next = 1 << (types::COUNTER_BITS - 1);
    store
        .commit(Batch { partition: PartitionId::FIRST, next_key_counter: next, instances: Vec::new() })
        .await
        .unwrap();
    store.mark_restored("copy", at(7)).await.unwrap();
    assert_eq!(store.next_key_counter(PartitionId::FIRST).await.unwrap(), next);
}

pub(crate) async fn what_a_host_has_before_it_is_counted(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    assert_eq!(store.outlook(at(0)).await.unwrap(), Outlook::default());
    let instance = scene.start();
    for due in [100, 200, 300] {
        scene.timer(instance, due);
    }
    let [held, running, stopped] = [(); 3].map(|()| scene.job(instance, "charge"));
    for _ in 0..2 {
        scene.job(instance, "charge");
    }
    scene.job(instance, "mail");
    let only_stopped = scene.job(instance, "ship");
    let worker = || "w".into();
    scene.emit(instance, Event::JobActivated { job: held, attempt: 1, worker: worker(), deadline: at(300) });
    scene.emit(instance, Event::JobStarted { job: running, attempt: 1, worker: worker(), deadline: at(100) });
    for job in [stopped, only_stopped] {
        let message = "m".into();
        scene.emit(instance, Event::JobFailed { job, retries: 0, retry_at: at(150), message });
    }
    scene.start();
    scene.commit().await;
    let jobs = |job_type: &str, waiting, held, running| JobsOfType {
        job_type: job_type.to_owned(),
        waiting,
        held,
        running,
    };
    let expected = Outlook {
        active_instances: 2,
        jobs: vec![jobs("charge", 2, 1, 1), jobs("mail", 1, 0, 0)],
        timers: 3,
        timers_due: 2,
    };
    assert_eq!(store.outlook(at(200)).await.unwrap(), expected);
}
