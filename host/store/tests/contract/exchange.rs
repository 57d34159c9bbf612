//! What crosses instances: parcels, mailboxes, signals, start events.

use engine::mailbox::{Entry, EntryKey, MailboxSubscription, Message, StartedProcess};
use engine::state::{Awaited, MailboxAddress};
use engine::{Change, Event, KeyRange, Outgoing};
use fermata_store::{
    Batch, CrossingRow, Error, Exchange, MailboxBatch, Parcel, ParcelContent, ParcelKey, ProcessStarts,
    StartEvent, StartTimer, StartTrigger, Store, VersionChoice,
};
use types::{
    ElementInstanceKey, Key, MessageKey, PartitionId, ProcessInstanceKey, SubscriptionKey, TenantId,
    TimerKey, Timestamp, Variables,
};

use crate::scene::{Scene, at, deployment, tenant};

const FIRST: PartitionId = PartitionId::FIRST;

fn second() -> PartitionId {
    PartitionId::new(2).unwrap()
}

fn batch(partition: PartitionId, exchange: Exchange) -> Batch {
    Batch { partition, next_key_counter: 1, instances: vec![], exchange }
}

fn parcel(receiver: PartitionId, sender: PartitionId, counter: u64) -> Parcel {
    let key = Key::new(sender, counter);
    let outgoing = Outgoing::CancelCalled { instance: ProcessInstanceKey(key) };
    let content = ParcelContent { outgoing, last_subscription: None };
    Parcel { key: ParcelKey { receiver, key }, content }
}

async fn send(store: &dyn Store, outbox: Vec<Change<ParcelKey, Parcel>>) -> Result<(), Error> {
    store.commit(batch(FIRST, Exchange { outbox, ..Exchange::default() })).await
}

pub(crate) async fn parcels_come_in_order_and_go_once(store: &dyn Store) {
    let (there, back) = (parcel(second(), FIRST, 9), parcel(FIRST, second(), 3));
    let parcels = [there.clone(), parcel(second(), FIRST, 8), back.clone(), parcel(FIRST, FIRST, 7)];
    send(store, parcels.map(Change::Put).to_vec()).await.unwrap();
    let read = async |receiver, sender, after, limit| {
        let parcels = store.outbox(receiver, sender, after, limit).await.unwrap();
        parcels.iter().map(|parcel| parcel.key.key.counter()).collect::<Vec<_>>()
    };
    assert_eq!(read(second(), FIRST, None, 9).await, [8, 9]);
    assert_eq!(read(second(), FIRST, None, 1).await, [8]);
    assert_eq!(read(second(), FIRST, Some(Key::new(FIRST, 8)), 9).await, [9]);
    assert_eq!(read(FIRST, second(), None, 9).await, [3]);
    assert_eq!(read(FIRST, FIRST, None, 9).await, [7]);
    assert!(read(second(), second(), None, 9).await.is_empty());
    assert_eq!(store.outbox(FIRST, second(), None, 9).await.unwrap(), std::slice::from_ref(&back));

    // One that is carried out in parts keeps its place.
    let signal = Outgoing::BroadcastSignal {
        tenant: tenant(),
        name: "all".into(),
        signal: Key::new(FIRST, 9).into(),
        variables: Variables::parse("{\"a\": [1, \"ü\"]}").unwrap(),
        after: Some(Key::new(second(), 4).into()),
    };
    let content = ParcelContent { outgoing: signal, last_subscription: Some(Key::new(second(), 40).into()) };
    let in_parts = Parcel { content, ..there.clone() };
    let removed = parcel(second(), FIRST, 8).key;
    send(store, vec![Change::Put(in_parts.clone()), Change::Delete(removed)]).await.unwrap();
    assert_eq!(store.outbox(second(), FIRST, None, 9).await.unwrap(), [in_parts]);
    send(store, vec![Change::Delete(there.key), Change::Delete(back.key)]).await.unwrap();
    assert!(read(second(), FIRST, None, 9).await.is_empty());
    assert_eq!(read(FIRST, FIRST, None, 9).await, [7]);
}

pub(crate) async fn a_parcel_that_is_gone_fails_the_whole_batch(store: &dyn Store) {
    let (one, other) = (parcel(FIRST, second(), 1), parcel(FIRST, second(), 2));
    send(store, vec![Change::Put(one.clone())]).await.unwrap();
    send(store, vec![Change::Delete(one.key)]).await.unwrap();
    let refused = send(store, vec![Change::Put(other), Change::Delete(one.key)]).await;
    assert!(matches!(refused, Err(Error::Damaged(_))), "{refused:?}");
    assert!(store.outbox(FIRST, second(), None, 9).await.unwrap().is_empty());
}

fn address(key: &str) -> MailboxAddress {
    MailboxAddress { tenant: tenant(), name: "paid".into(), correlation_key: key.into() }
}

fn message(counter: u64, expires_at: i64) -> Entry {
    Entry::Message(Message {
        key: MessageKey(Key::new(FIRST, counter)),
        message_id: Some("id \"1\"".into()),
        variables: Variables::parse("{\"total\": 1.10}").unwrap(),
        expires_at: at(expires_at),
        correlated_to: vec!["order".into()],
        starting: 1,
    })
}

async fn put(store: &dyn Store, address: &MailboxAddress, changes: Vec<Change<EntryKey, Entry>>) {
    let mailboxes = vec![MailboxBatch { address: address.clone(), changes }];
    store.commit(batch(FIRST, Exchange { mailboxes, ..Exchange::default() })).await.unwrap();
}

pub(crate) async fn mailboxes_are_what_was_written(store: &dyn Store) {
    let long = "k".repeat(5_000);
    let waiting = MailboxSubscription {
        key: SubscriptionKey(Key::new(second(), 5)),
        instance: ProcessInstanceKey(Key::new(second(), 1)),
        bpmn_process_id: "order".into(),
        once: true,
        offered: None,
        closed: false,
    };
    let started = Entry::Started(StartedProcess {
        definition: Key::new(FIRST, 2).into(),
        bpmn_process_id: "order".into(),
        message: MessageKey(Key::new(FIRST, 8)),
        instance: None,
    });
    let subscription = Entry::Subscription(waiting.clone());
    for address in [address("1"), address(&long), address("")] {
        let entries = vec![message(8, 10), message(9, 20), subscription.clone(), started.clone()];
        put(store, &address, entries.iter().cloned().map(Change::Put).collect()).await;
        assert_eq!(store.mailbox(FIRST, &address).await.unwrap(), entries);
    }
    let offered =
        Entry::Subscription(MailboxSubscription { offered: Some(Key::new(FIRST, 9).into()), ..waiting });
    let changes = vec![
        Change::Put(offered.clone()),
        Change::Delete(message(8, 10).key()),
        Change::Delete(started.key()),
    ];
    put(store, &address("1"), changes).await;
    assert_eq!(store.mailbox(FIRST, &address("1")).await.unwrap(), [message(9, 20), offered]);
    assert_eq!(store.mailbox(FIRST, &address("")).await.unwrap().len(), 4);
    let others = MailboxAddress { tenant: TenantId::new("others"), ..address("1") };
    assert!(store.mailbox(FIRST, &others).await.unwrap().is_empty());
    assert!(store.mailbox(FIRST, &address("2")).await.unwrap().is_empty());

    // Several at once, more than one statement reads, in the order in which they were asked for.
    let mut addresses: Vec<MailboxAddress> = (0..150).map(|number| address(&format!("n{number}"))).collect();
    addresses.splice(70..70, [address(&long), address("1"), others.clone()]);
    addresses.push(address(""));
    let sizes = store.mailboxes(FIRST, &addresses).await.unwrap();
    let sizes: Vec<usize> = sizes.iter().map(Vec::len).collect();
    let mut expected = vec![0; 154];
    (expected[70], expected[71], expected[153]) = (4, 2, 4);
    assert_eq!(sizes, expected);
    assert!(store.mailboxes(FIRST, &[]).await.unwrap().is_empty());
}

pub(crate) async fn messages_expire(store: &dyn Store) {
    let (early, late) = (address("early"), address("late"));
    put(store, &early, vec![Change::Put(message(1, 10)), Change::Put(message(2, 11))]).await;
    put(store, &late, vec![Change::Put(message(3, 30))]).await;
    let expired =
        async |partition, now, limit| store.expired_mailboxes(partition, at(now), limit).await.unwrap();
    assert_eq!(expired(FIRST, 9, 9).await, []);
    assert_eq!(expired(FIRST, 11, 9).await, std::slice::from_ref(&early));
    assert_eq!(expired(FIRST, 30, 9).await, [early.clone(), late.clone()]);
    assert_eq!(expired(FIRST, 30, 1).await, [early]);
    assert_eq!(expired(second(), 30, 9).await, []);
    assert_eq!(store.next_due(FIRST, at(11)).await.unwrap(), Some(at(30)));
    assert_eq!(store.next_due(second(), at(0)).await.unwrap(), None);
    put(store, &late, vec![Change::Delete(message(3, 30).key())]).await;
    assert_eq!(store.next_due(FIRST, at(11)).await.unwrap(), None);
}

pub(crate) async fn a_row_that_is_set_aside_is_out_of_the_way(store: &dyn Store) {
    let (held_up, next) = (parcel(second(), FIRST, 8), parcel(second(), FIRST, 9));
    send(store, vec![Change::Put(held_up.clone()), Change::Put(next.clone())]).await.unwrap();
    let mailbox = address("1");
    put(store, &mailbox, vec![Change::Put(message(8, 10)), Change::Put(message(9, 20))]).await;
    let rows = [
        (second(), CrossingRow::Parcel(held_up.key)),
        (FIRST, CrossingRow::Entry { mailbox: mailbox.clone(), key: message(8, 10).key() }),
    ];
    for (number, (partition, row)) in (5..).zip(&rows) {
        store.set_aside(*partition, row, "it is \"odd\"", at(number)).await.unwrap();
        let again = store.set_aside(*partition, row, "it is gone", at(9)).await;
        assert!(matches!(again, Err(Error::Damaged(_))), "{again:?}");
    }
    assert_eq!(store.outbox(second(), FIRST, None, 9).await.unwrap(), [next]);
    assert_eq!(store.mailbox(FIRST, &mailbox).await.unwrap(), [message(9, 20)]);
    assert!(store.expired_mailboxes(FIRST, at(15), 9).await.unwrap().is_empty());

    let listed = store.rows_set_aside(None, 9).await.unwrap();
    assert!(listed.iter().all(|row| row.content_bytes > 0), "{listed:?}");
    let told: Vec<_> =
        listed.iter().map(|row| (row.partition, row.row.clone(), &*row.reason, row.at)).collect();
    let [(there, parcel), (here, entry)] = rows;
    let reason = "it is \"odd\"";
    assert_eq!(told, [(there, parcel, reason, at(5)), (here, entry, reason, at(6))]);
    assert_eq!(store.rows_set_aside(None, 1).await.unwrap(), listed[..1]);
    assert_eq!(store.rows_set_aside(Some(listed[0].number), 9).await.unwrap(), listed[1..]);
}

/// Rows that were garbled in the database by `garble`, which executes a statement.
async fn garbled_rows_name_themselves(store: &dyn Store, garble: impl AsyncFn(&'static str)) {
    let (one, other) = (parcel(FIRST, FIRST, 8), parcel(FIRST, FIRST, 9));
    send(store, vec![Change::Put(one.clone()), Change::Put(other.clone())]).await.unwrap();
    let mailbox = address("1");
    put(store, &mailbox, vec![Change::Put(message(8, 10)), Change::Put(message(9, 20))]).await;
    // All that is in a row is lost, and what is in another is that of a third.
    garble("UPDATE outbox SET content = substr(content, 1, 1) WHERE key % 2 = 0").await;
    garble("UPDATE mailbox SET content = (SELECT m.content FROM mailbox m WHERE m.key % 2 = 1) WHERE key % 2 = 0")
        .await;
    let set_aside = async |refused: Error, expected: CrossingRow| {
        let Error::Unreadable { row, reason } = refused else { panic!("{refused:?}") };
        assert_eq!(row, expected);
        assert!(!reason.is_empty());
        store.set_aside(FIRST, &row, &reason, at(7)).await.unwrap();
    };
    let refused = store.outbox(FIRST, FIRST, None, 9).await.unwrap_err();
    set_aside(refused, CrossingRow::Parcel(one.key)).await;
    assert_eq!(store.outbox(FIRST, FIRST, None, 9).await.unwrap(), [other]);
    let refused = store.mailbox(FIRST, &mailbox).await.unwrap_err();
    let entry = CrossingRow::Entry { mailbox: mailbox.clone(), key: message(8, 10).key() };
    set_aside(refused, entry).await;
    assert_eq!(store.mailbox(FIRST, &mailbox).await.unwrap(), [message(9, 20)]);
    assert_eq!(store.rows_set_aside(None, 9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn garbled_rows_name_themselves_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let store = crate::folder::open(folder.path()).await;
    garbled_rows_name_themselves(&store, async |text| {
        let mut connection = crate::folder::connect(folder.path()).await;
        sqlx::raw_sql(text).execute(&mut connection).await.unwrap();
    })
    .await;
}

pub(crate) async fn garbled_rows_name_themselves_on_postgres(store: &dyn Store, schema: &harness::Schema) {
    garbled_rows_name_themselves(store, async |text| {
        let mut connection = schema.connect().await.unwrap();
        sqlx::raw_sql(text).execute(&mut connection).await.unwrap();
    })
    .await;
}

fn subscribe(scene: &mut Scene<'_>, instance: ProcessInstanceKey, signal: &str) -> SubscriptionKey {
    let element_instance: ElementInstanceKey = scene.enter(instance, "human");
    let key = scene.key();
    let awaited = Awaited::Signal { name: signal.into() };
    scene.emit(
        instance,
        Event::SubscriptionOpened { key, element_instance, element: "late".into(), trigger: 1, awaited },
    );
    key
}

pub(crate) async fn signals_find_the_subscriptions_of_their_partition(store: &dyn Store) {
    let mut scene = Scene::new(store).await;
    let instance = scene.start();
    let other = scene.start();
    let keys: Vec<_> = [instance, other, instance]
        .map(|instance| subscribe(&mut scene, instance, "all"))
        .into_iter()
        .collect();
    let others = subscribe(&mut scene, instance, "others");
    scene.commit().await;
    let mut elsewhere = scene.fork().elsewhere(store, second());
    let there = elsewhere.start();
    let far = subscribe(&mut elsewhere, there, "all");
    elsewhere.commit().await;

    let find = async |name: &str, after, last, limit| {
        let found = store.signal_subscriptions(&tenant(), name, after, last, limit).await.unwrap();
        found.iter().map(|found| found.subscription).collect::<Vec<_>>()
    };
    let last = SubscriptionKey(Key::new(FIRST, 1_000));
    assert_eq!(find("all", None, last, 9).await, keys);
    assert_eq!(find("all", None, last, 2).await, keys[..2]);
    assert_eq!(find("all", Some(keys[0]), last, 9).await, keys[1..]);
    assert_eq!(find("all", None, keys[1], 9).await, keys[..2]);
    assert_eq!(find("others", None, last, 9).await, [others]);
    assert_eq!(find("none", None, last, 9).await, []);
    assert_eq!(find("all", None, SubscriptionKey(Key::new(second(), 1_000)), 9).await, [far]);
    let found = store.signal_subscriptions(&tenant(), "all", Some(keys[0]), last, 1).await.unwrap();
    assert_eq!(found[0].instance, other);
    let found = store.signal_subscriptions(&TenantId::new("others"), "all", None, last, 9).await.unwrap();
    assert!(found.is_empty());

    scene.emit(instance, Event::SubscriptionTriggered { key: keys[0], message: None, signal: None });
    scene.emit(instance, Event::SubscriptionClosed { key: keys[0] });
    scene.commit().await;
    assert_eq!(find("all", None, last, 9).await, keys[1..]);
}

fn starts(
    new: &fermata_store::NewDeployment,
    events: &[StartTrigger],
    timers: &[(u64, &str, i64)],
) -> ProcessStarts {
    let definition = &new.definitions[0];
    let (tenant, bpmn_process_id) = (definition.tenant.clone(), definition.bpmn_process_id.clone());
    let event = |(index, trigger): (usize, &StartTrigger)| StartEvent {
        definition: definition.key,
        tenant: tenant.clone(),
        bpmn_process_id: bpmn_process_id.clone(),
        element: format!("start-{index}").into(),
        trigger_index: 0,
        trigger: trigger.clone(),
    };
    let timer = |(counter, text, due): &(u64, &str, i64)| StartTimer {
        key: TimerKey(Key::new(FIRST, *counter)),
        definition: definition.key,
        tenant: tenant.clone(),
        bpmn_process_id: bpmn_process_id.clone(),
        element: "every-day".into(),
        trigger: 1,
        text: (*text).into(),
        armed_at: at(1),
        due: at(*due),
        fired: 3,
    };
    ProcessStarts {
        bpmn_process_id: bpmn_process_id.clone(),
        events: events.iter().enumerate().map(event).collect(),
        timers: timers.iter().map(timer).collect(),
    }
}

pub(crate) async fn a_new_version_takes_the_place_of_start_events(store: &dyn Store) {
    let mut keys = KeyRange::new(FIRST, 1);
    let triggers = [
        StartTrigger::Message("paid".into()),
        StartTrigger::Signal("paid".into()),
        StartTrigger::Condition,
        StartTrigger::Message("n".repeat(5_000).into()),
    ];
    let others = TenantId::new("others");
    let mut theirs = deployment(&mut keys, &others, 1);
    theirs.starts = vec![starts(&theirs, &triggers, &[(91, "R/PT1S", 50)])];
    store.deploy(FIRST, theirs).await.unwrap();
    let mut first = deployment(&mut keys, &tenant(), 1);
    first.starts = vec![starts(&first, &triggers, &[(92, "R/PT1S", 50), (93, "R/PT2S", 60)])];
    store.deploy(FIRST, first.clone()).await.unwrap();
    for trigger in &triggers {
        let found = store.start_events(&tenant(), trigger).await.unwrap();
        assert_eq!(found.len(), 1, "{trigger:?}");
        assert_eq!((found[0].definition, &found[0].trigger), (first.definitions[0].key, trigger));
    }
    assert_eq!(store.start_timers(&tenant(), "order").await.unwrap(), first.starts[0].timers);

    let mut second = deployment(&mut keys, &tenant(), 2);
    second.starts = vec![starts(&second, &triggers[1..2], &[(92, "R/PT1S", 50)])];
    store.deploy(FIRST, second.clone()).await.unwrap();
    assert_eq!(store.start_events(&tenant(), &triggers[0]).await.unwrap(), []);
    assert_eq!(store.start_events(&tenant(), &triggers[1]).await.unwrap(), second.starts[0].events);
    assert_eq!(store.start_events(&others, &triggers[0]).await.unwrap().len(), 1);
    assert_eq!(store.start_timers(&tenant(), "order").await.unwrap(), second.starts[0].timers);
    assert_eq!(store.start_timers(&others, "order").await.unwrap().len(), 1);
}

pub(crate) async fn start_timers_are_due_and_armed_again(store: &dyn Store) {
    let mut keys = KeyRange::new(FIRST, 1);
    let mut new = deployment(&mut keys, &tenant(), 1);
    new.starts = vec![starts(&new, &[], &[(92, "R/PT1S", 50), (93, "R/PT2S", 40)])];
    let timers = new.starts[0].timers.clone();
    store.deploy(FIRST, new).await.unwrap();
    let due = async |now| store.due_start_timers(FIRST, at(now), 9).await.unwrap();
    assert_eq!(due(39).await, []);
    assert_eq!(due(40).await, timers[1..]);
    assert_eq!(due(50).await, [timers[1].clone(), timers[0].clone()]);
    assert_eq!(store.due_start_timers(FIRST, at(50), 1).await.unwrap(), timers[1..]);
    assert_eq!(store.due_start_timers(second(), at(50), 9).await.unwrap(), []);
    assert_eq!(store.next_due(FIRST, at(0)).await.unwrap(), Some(at(40)));
    let again = StartTimer { due: at(80), fired: 4, ..timers[1].clone() };
    let start_timers = vec![Change::Put(again.clone()), Change::Delete(timers[0].key)];
    store.commit(batch(FIRST, Exchange { start_timers, ..Exchange::default() })).await.unwrap();
    assert_eq!(due(79).await, []);
    assert_eq!(due(80).await, [again]);
    assert_eq!(store.next_due(FIRST, Timestamp::default()).await.unwrap(), Some(at(80)));
}

pub(crate) async fn versions_are_chosen(store: &dyn Store) {
    let mut keys = KeyRange::new(FIRST, 1);
    let mut deployments = Vec::new();
    for version in 1..=3 {
        let mut new = deployment(&mut keys, &tenant(), version);
        // The second and the third have the same tag.
        new.definitions[0].version_tag = (version > 1).then(|| "stable".into());
        store.deploy(FIRST, new.clone()).await.unwrap();
        deployments.push(new.deployment.key);
    }
    let version = async |choice| {
        let found = store.definition_of(&tenant(), "order", choice).await.unwrap();
        found.map(|definition| definition.version)
    };
    assert_eq!(version(VersionChoice::Latest).await, Some(3));
    assert_eq!(version(VersionChoice::Number(2)).await, Some(2));
    assert_eq!(version(VersionChoice::Tag("stable")).await, Some(3));
    assert_eq!(version(VersionChoice::Tag("other")).await, None);
    assert_eq!(version(VersionChoice::Deployment(deployments[0])).await, Some(1));
    assert_eq!(version(VersionChoice::Deployment(Key::new(FIRST, 999).into())).await, None);
}
