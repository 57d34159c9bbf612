//! Databases that came from a backup.

use engine::mailbox::{Entry, Message};
use engine::state::MailboxAddress;
use engine::{Change, Event};
use fermata_store::{
    Batch, Exchange, INSTALLATION_ID, JobsOfType, KEYS_SKIPPED, MailboxBatch, Outlook, StartTimer, Store,
};
use types::{Key, PartitionId, TenantId, Variables};

use crate::scene::{Scene, at};

fn partitions() -> [PartitionId; 2] {
    [1, 2].map(|id| PartitionId::new(id).unwrap())
}

/// Timers of start events due at 200, 201 and 300, and messages that expire then, and one at 100.
async fn put_start_timers_and_messages(store: &dyn Store) {
    let key = |counter| Key::new(PartitionId::FIRST, counter);
    let start_timer = |due: u64| {
        Change::Put(StartTimer {
            key: key(due).into(),
            definition: key(1).into(),
            tenant: TenantId::default(),
            bpmn_process_id: "order".into(),
            element: "every-day".into(),
            trigger: 0,
            text: "R/PT1S".into(),
            armed_at: at(1),
            due: at(due as i64),
            fired: 0,
        })
    };
    let message = |expires_at: u64| {
        Change::Put(Entry::Message(Message {
            key: key(expires_at).into(),
            message_id: None,
            variables: Variables::new(),
            expires_at: at(expires_at as i64),
            correlated_to: Vec::new(),
            starting: 0,
        }))
    };
    let address =
        MailboxAddress { tenant: TenantId::default(), name: "paid".into(), correlation_key: "1".into() };
    let exchange = Exchange {
        start_timers: [200, 201, 300].map(start_timer).to_vec(),
        mailboxes: vec![MailboxBatch { address, changes: [100, 200, 201, 300].map(message).to_vec() }],
        ..Exchange::default()
    };
    let partition = PartitionId::FIRST;
    let batch = Batch { partition, next_key_counter: 1, instances: Vec::new(), exchange };
    store.commit(batch).await.unwrap();
}

async fn give_out_keys(store: &dyn Store, partition: PartitionId, next_key_counter: u64) {
    store
        .commit(Batch { partition, next_key_counter, instances: Vec::new(), exchange: Default::default() })
        .await
        .unwrap();
}

async fn installation_id(store: &dyn Store) -> Option<String> {
    store.stored_installation_value(INSTALLATION_ID).await.unwrap().map(|id| id.to_string())
}

pub(crate) async fn what_was_restored_is_an_installation_of_its_own(store: &dyn Store) {
    let [first, second] = partitions();
    assert_eq!(store.restored_at().await.unwrap(), None);
    assert!(!store.end_restoration().await.unwrap());
    assert_eq!(&*store.installation_value(INSTALLATION_ID, "original").await.unwrap(), "original");
    give_out_keys(store, first, 100).await;
    give_out_keys(store, second, 200).await;

    store.mark_restored("copy", Some(at(7))).await.unwrap();
    assert_eq!(installation_id(store).await.as_deref(), Some("copy"));
    assert_eq!(&*store.installation_value(INSTALLATION_ID, "original").await.unwrap(), "copy");
    assert_eq!(store.restored_at().await.unwrap(), Some(at(7)));
    assert_eq!(store.next_key_counter(first).await.unwrap(), 100 + KEYS_SKIPPED);
    assert_eq!(store.next_key_counter(second).await.unwrap(), 200 + KEYS_SKIPPED);

    // A copy of the copy.
    store.mark_restored("again", Some(at(9))).await.unwrap();
    assert_eq!(installation_id(store).await.as_deref(), Some("again"));
    assert_eq!(store.restored_at().await.unwrap(), Some(at(9)));
    assert_eq!(store.next_key_counter(second).await.unwrap(), 200 + 2 * KEYS_SKIPPED);

    assert!(store.end_restoration().await.unwrap());
    assert!(!store.end_restoration().await.unwrap());
    assert_eq!(store.restored_at().await.unwrap(), None);
    assert_eq!(installation_id(store).await.as_deref(), Some("again"));
}

pub(crate) async fn what_was_restored_may_go_on_at_once(store: &dyn Store) {
    store.mark_restored("copy", Some(at(7))).await.unwrap();
    store.mark_restored("again", None).await.unwrap();
    assert_eq!(installation_id(store).await.as_deref(), Some("again"));
    assert_eq!(store.restored_at().await.unwrap(), None);
    assert!(!store.end_restoration().await.unwrap());
}

pub(crate) async fn keys_are_left_out_where_none_were_given_out(store: &dyn Store) {
    store.mark_restored("copy", None).await.unwrap();
    assert_eq!(store.next_key_counter(PartitionId::FIRST).await.unwrap(), 1 + KEYS_SKIPPED);
}

pub(crate) async fn keys_last_for_many_restorations(store: &dyn Store) {
    let [first, second] = partitions();
    let next = 1 << (types::COUNTER_BITS - 1);
    give_out_keys(store, first, next).await;
    give_out_keys(store, second, next - 1).await;
    store.mark_restored("copy", Some(at(7))).await.unwrap();
    assert_eq!(store.next_key_counter(first).await.unwrap(), next);
    assert_eq!(store.next_key_counter(second).await.unwrap(), next - 1 + KEYS_SKIPPED);
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
    put_start_timers_and_messages(store).await;
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
        start_timers: 3,
        start_timers_due: 1,
        messages_expired: 2,
    };
    assert_eq!(store.outlook(at(200)).await.unwrap(), expected);
}
