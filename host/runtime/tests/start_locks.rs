//! Messages with one key start one instance of a process after the other, whatever their names.

mod support;

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use engine::mailbox::{Entry, Message};
use engine::state::MailboxAddress;
use engine::{Change, Outgoing, Rejection};
use fermata_runtime::{Config, Error, PublishMessage};
use store::memory::MemoryStore;
use store::{Batch, Exchange, MailboxBatch, Parcel, ParcelContent, ParcelKey, Store as _};
use types::{Key, MessageKey, PartitionId, ProcessInstanceKey, SubscriptionKey, Variables};

use support::exchange::{
    all_delivered, config, correlate, deploy, instances, left_in, mailbox, message, publish, replace, until,
    variable,
};
use support::{ManualClock, World};

/// A process that begins with any of these messages, and waits for the message `close` then.
fn model(names: &[&str]) -> String {
    let mut xml = String::from(
        r#"<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="d" targetNamespace="http://fermata.example/offers">
          <bpmn:message id="close" name="close"><bpmn:extensionElements><zeebe:subscription correlationKey="=order" /></bpmn:extensionElements></bpmn:message>"#,
    );
    for name in names {
        xml += &format!(r#"<bpmn:message id="m-{name}" name="{name}" />"#);
    }
    xml += r#"<bpmn:process id="offer" isExecutable="true">"#;
    for name in names {
        xml += &format!(
            r#"<bpmn:startEvent id="{name}"><bpmn:messageEventDefinition messageRef="m-{name}" /></bpmn:startEvent>
               <bpmn:sequenceFlow id="{name}-closing" sourceRef="{name}" targetRef="closing" />"#
        );
    }
    xml + r#"<bpmn:intermediateCatchEvent id="closing"><bpmn:messageEventDefinition messageRef="close" /></bpmn:intermediateCatchEvent>
          <bpmn:endEvent id="end" />
          <bpmn:sequenceFlow id="closing-end" sourceRef="closing" targetRef="end" />
        </bpmn:process></bpmn:definitions>"#
}

async fn world_on(store: Arc<MemoryStore>, config: Config) -> anyhow::Result<World> {
    let world = World::start_on(store, ManualClock::new(), Arc::default(), config).await?;
    deploy(world.handle(), "offer.bpmn", &model(&["offered", "requested"])).await?;
    Ok(world)
}

/// A message for `key` with a number.
async fn send(world: &World, name: &str, key: &str, number: u32) -> anyhow::Result<()> {
    publish(world, name, key, 600, &format!("{{\"order\": \"{key}\", \"number\": {number}}}")).await?;
    Ok(())
}

/// The active instance of each key, by the number of the message that has started it.
async fn active(world: &World) -> anyhow::Result<Vec<(String, ProcessInstanceKey)>> {
    let mut found = Vec::new();
    for instance in instances(world, "offer", "ACTIVE").await? {
        let order = variable(world, instance, "order").await?.context("no order")?;
        let number = variable(world, instance, "number").await?.context("no number")?;
        found.push((format!("{order} {number}"), instance));
    }
    found.sort();
    Ok(found)
}

async fn becomes_active(world: &World, expected: &[&str]) -> anyhow::Result<()> {
    until(&format!("{expected:?}"), async || {
        let found = active(world).await?;
        Ok(found.iter().map(|(told, _)| told.replace('"', "")).eq(expected.iter().copied()))
    })
    .await
}

/// Ends the active instance of a key.
async fn close(world: &World, key: &str) -> anyhow::Result<()> {
    until("who waits for the end", async || Ok(correlate(world, "close", key).await.is_ok())).await
}

/// What is left of the locks of a key.
async fn locks_of(world: &World, key: &str) -> anyhow::Result<usize> {
    left_in(world, "", key).await
}

#[tokio::test]
async fn one_instance_at_a_time_is_active_whatever_the_name_of_its_message() -> anyhow::Result<()> {
    let world = world_on(Arc::default(), config()).await?;
    for key in ["1", "2", "3"] {
        for (name, number) in [("offered", 1), ("requested", 2), ("requested", 3), ("offered", 4)] {
            send(&world, name, key, number).await?;
        }
    }
    becomes_active(&world, &["1 1", "2 1", "3 1"]).await?;
    let waits = correlate(&world, "requested", "2").await;
    assert!(matches!(waits, Err(Error::Rejected(Rejection::UnknownName { .. }))), "{waits:?}");
    close(&world, "2").await?;
    becomes_active(&world, &["1 1", "2 2", "3 1"]).await?;
    close(&world, "2").await?;
    becomes_active(&world, &["1 1", "2 3", "3 1"]).await?;
    let waits = correlate(&world, "offered", "2").await;
    assert!(matches!(waits, Err(Error::Rejected(Rejection::UnknownName { .. }))), "{waits:?}");
    close(&world, "2").await?;
    becomes_active(&world, &["1 1", "2 4", "3 1"]).await?;
    close(&world, "2").await?;
    becomes_active(&world, &["1 1", "3 1"]).await?;
    all_delivered(&world).await?;
    assert_eq!((locks_of(&world, "1").await?, locks_of(&world, "2").await?), (1, 0));
    // All of them are kept for their time, and have gone to the process.
    assert_eq!((left_in(&world, "offered", "2").await?, left_in(&world, "requested", "2").await?), (2, 2));
    let next = correlate(&world, "requested", "2").await?;
    assert_eq!(instances(&world, "offer", "ACTIVE").await?.iter().filter(|key| **key == next).count(), 1);
    Ok(())
}

#[tokio::test]
async fn a_new_version_with_another_message_waits_for_an_instance_of_the_old_one() -> anyhow::Result<()> {
    let world = world_on(Arc::default(), config()).await?;
    send(&world, "offered", "1", 1).await?;
    becomes_active(&world, &["1 1"]).await?;
    deploy(world.handle(), "offer.bpmn", &model(&["asked"])).await?;
    send(&world, "offered", "1", 2).await?;
    send(&world, "asked", "1", 3).await?;
    send(&world, "asked", "2", 4).await?;
    becomes_active(&world, &["1 1", "2 4"]).await?;
    close(&world, "1").await?;
    // Nothing starts any longer with what the old version began with.
    becomes_active(&world, &["1 3", "2 4"]).await?;
    all_delivered(&world).await?;
    Ok(())
}

#[tokio::test]
async fn what_a_message_starts_is_one_commit_and_leaves_no_row_of_its_mailbox() -> anyhow::Result<()> {
    let world = world_on(Arc::default(), config()).await?;
    let before = world.store.faults().commits_tried();
    let variables = "{\"order\": \"1\", \"number\": 1}";
    let one = PublishMessage { time_to_live: Duration::ZERO, ..message("offered", "1", 0, variables)? };
    world.handle().publish_message(one).await?;
    assert_eq!(world.store.faults().commits_tried(), before + 1);
    assert_eq!(instances(&world, "offer", "ACTIVE").await?.len(), 1);
    assert_eq!((left_in(&world, "offered", "1").await?, locks_of(&world, "1").await?), (0, 1));
    Ok(())
}

/// Publishes as a client does that gets no answer: again, with the same id.
async fn send_surely(world: &World, name: &str, key: &str, number: u32) -> anyhow::Result<()> {
    let variables = format!("{{\"order\": \"{key}\", \"number\": {number}}}");
    let numbered = PublishMessage {
        message_id: Some(format!("{number}").into()),
        ..message(name, key, 600, &variables)?
    };
    loop {
        match world.handle().publish_message(numbered.clone()).await {
            Err(Error::Unavailable(_)) => {}
            Err(Error::Rejected(Rejection::AlreadyExists { .. })) => return Ok(()),
            other => return Ok(other.map(drop)?),
        }
    }
}

/// Messages of both names for two keys start instances, which are ended one after the other.
async fn story(world: &mut World, crashes: bool) -> anyhow::Result<()> {
    let sent = [("offered", 1), ("requested", 2), ("offered", 3), ("requested", 4)];
    for (name, number) in sent {
        for key in ["a", "b"] {
            send_surely(world, name, key, number).await?;
        }
    }
    if crashes {
        replace(world).await?;
    }
    for number in 1..=4 {
        let expected = [format!("a {number}"), format!("b {number}")];
        until("the next instances", async || {
            world.clock.advance(Duration::from_millis(100));
            let found = active(world).await?;
            let told: Vec<String> = found.iter().map(|(told, _)| told.replace('"', "")).collect();
            ensure!(told.len() <= 2, "{told:?} at a time");
            Ok(told == expected)
        })
        .await?;
        for (_, instance) in active(world).await? {
            until("its end", async || {
                world.clock.advance(Duration::from_millis(100));
                let actor = types::Actor::default();
                match world.handle().cancel_instance(instance, actor).await {
                    Err(Error::Unavailable(_)) => Ok(false),
                    // The answer to the first time was lost.
                    Ok(()) | Err(Error::Rejected(_)) => Ok(true),
                    Err(error) => Err(error.into()),
                }
            })
            .await?;
        }
    }
    until("nothing on its way", async || {
        world.clock.advance(Duration::from_millis(100));
        support::exchange::is_all_delivered(&world.store).await
    })
    .await?;
    ensure!(instances(world, "offer", "TERMINATED").await?.len() == 8, "each message starts one");
    for key in ["a", "b"] {
        ensure!(locks_of(world, key).await? == 0, "locks are left");
    }
    Ok(())
}

#[tokio::test]
async fn each_message_starts_once_when_commits_fail_answers_are_lost_and_hosts_crash() -> anyhow::Result<()> {
    let mut sound = world_on(Arc::default(), config()).await?;
    let first = sound.store.faults().commits_tried() + 1;
    story(&mut sound, false).await?;
    let last = sound.store.faults().commits_tried();
    let mut met = 0;
    for number in first..=last {
        for loses_answer in [false, true] {
            for crashes in [false, true] {
                let store = Arc::<MemoryStore>::default();
                let mut world = world_on(Arc::clone(&store), config()).await?;
                if loses_answer {
                    store.faults().lose_answer(number);
                } else {
                    store.faults().fail_commit(number);
                }
                let what = format!("commit {number}, answer lost: {loses_answer}, crash: {crashes}");
                story(&mut world, crashes).await.context(what)?;
                met += usize::from(store.faults().commits_tried() >= number);
            }
        }
    }
    assert!(met > 40, "{met} faults were met");
    Ok(())
}

/// The partition that is not the mailbox's.
fn elsewhere(address: &MailboxAddress, partitions: NonZeroU16) -> PartitionId {
    let home = address.partition(partitions);
    (1..=partitions.get()).filter_map(PartitionId::new).find(|id| *id != home).unwrap_or(home)
}

#[tokio::test]
async fn what_an_older_release_has_put_elsewhere_comes_to_its_mailbox() -> anyhow::Result<()> {
    let store = Arc::<MemoryStore>::default();
    let (home, address) = mailbox("offered", "1");
    let elsewhere = elsewhere(&address, config().partitions);
    assert_ne!(home, elsewhere);
    let clock = ManualClock::new();
    let now = fermata_runtime::Clock::now(&*clock);
    // A message that was taken in there, and a subscription on its way there.
    let kept = Entry::Message(Message {
        key: MessageKey(Key::new(elsewhere, 1)),
        message_id: None,
        variables: Variables::new(),
        expires_at: now + Duration::from_secs(60),
        correlated_to: Vec::new(),
        starting: 0,
    });
    let opened = Outgoing::OpenSubscription {
        mailbox: MailboxAddress { name: "close".into(), ..address.clone() },
        subscription: SubscriptionKey(Key::new(home, 7)),
        instance: ProcessInstanceKey(Key::new(home, 6)),
        bpmn_process_id: "offer".into(),
        once: true,
    };
    let key = ParcelKey { receiver: elsewhere, key: Key::new(home, 8) };
    let content = ParcelContent { outgoing: opened, last_subscription: None };
    let exchange = |mailboxes, outbox| Exchange { mailboxes, outbox, ..Exchange::default() };
    let batches = [
        (elsewhere, exchange(vec![MailboxBatch { address, changes: vec![Change::Put(kept)] }], vec![])),
        (home, exchange(vec![], vec![Change::Put(Parcel { key, content })])),
    ];
    for (partition, exchange) in batches {
        let batch = Batch { partition, next_key_counter: 100, instances: Vec::new(), exchange };
        store.commit(batch).await?;
    }
    let world = World::start_on(Arc::clone(&store), clock, Arc::default(), config()).await?;
    deploy(world.handle(), "offer.bpmn", &model(&["offered"])).await?;
    all_delivered(&world).await?;
    assert_eq!((left_in(&world, "close", "1").await?, left_in(&world, "offered", "1").await?), (1, 1));
    // It is one of the mailbox's messages: an id apart, another one joins it.
    publish(&world, "offered", "1", 30, "{\"order\": \"1\", \"number\": 2}").await?;
    assert_eq!(left_in(&world, "offered", "1").await?, 2);
    until("the end of their time", async || {
        world.clock.advance(Duration::from_secs(10));
        Ok(left_in(&world, "offered", "1").await? == 0)
    })
    .await?;
    all_delivered(&world).await?;
    Ok(())
}
