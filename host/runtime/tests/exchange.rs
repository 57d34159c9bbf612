//! What crosses instances: messages, signals, calls, starts, in several partitions.

mod support;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use engine::mailbox::{Entry, Message};
use engine::state::MailboxAddress;
use engine::{Change, Outgoing, Rejection};
use fermata_runtime::{BroadcastSignal, Error, Overload, PublishMessage};
use store::memory::MemoryStore;
use store::{Batch, CrossingRow, Exchange, MailboxBatch, Parcel, ParcelContent, ParcelKey, Store as _};
use types::{Actor, JobOutcome, Key, PartitionId, ProcessInstanceKey, TenantId, Timestamp, Variables};

use support::exchange::{
    PARTITIONS, all_delivered, config, correlate, deploy, instances, is_all_delivered, left_in, mailbox,
    message, publish, publish_surely, replace, start, until, variable, version,
};
use support::{ManualClock, World};

const MODEL: &str = include_str!("exchange.bpmn");

async fn world_on(store: Arc<MemoryStore>) -> anyhow::Result<World> {
    let world = World::start_on(store, ManualClock::new(), Arc::default(), config()).await?;
    deploy(world.handle(), "exchange.bpmn", MODEL).await?;
    Ok(world)
}

async fn world() -> anyhow::Result<World> {
    world_on(Arc::default()).await
}

async fn broadcast(world: &World, name: &str) -> anyhow::Result<()> {
    let (name, tenant) = (name.into(), TenantId::default());
    let signal = BroadcastSignal { name, variables: Variables::parse("{\"heard\": true}")?, tenant };
    world.handle().broadcast_signal(signal).await?;
    Ok(())
}

#[tokio::test]
async fn a_message_finds_its_instance_in_whichever_partition() -> anyhow::Result<()> {
    let world = world().await?;
    let mut waiting = Vec::new();
    for number in 0..30 {
        waiting.push(start(&world, "waits", &format!("{{\"order\": \"{number}\"}}")).await?);
    }
    let mut crossings = 0;
    for (number, instance) in waiting.iter().enumerate() {
        let (partition, _) = mailbox("paid", &number.to_string());
        crossings += usize::from(instance.0.partition() != Some(partition));
        publish(&world, "paid", &number.to_string(), 60, &format!("{{\"amount\": {number}}}")).await?;
    }
    assert!((5..25).contains(&crossings), "{crossings} of 30 messages cross partitions");
    for (number, instance) in waiting.iter().enumerate() {
        assert_eq!(world.ended(*instance).await?, "COMPLETED");
        assert_eq!(variable(&world, *instance, "amount").await?, Some(number.to_string()));
    }
    all_delivered(&world).await?;
    // They are kept for others until their time is over.
    assert_eq!(left_in(&world, "paid", "7").await?, 1);
    world.clock.advance(Duration::from_secs(60));
    until("the end of its time", async || Ok(left_in(&world, "paid", "7").await? == 0)).await
}

#[tokio::test]
async fn messages_wait_in_their_order_for_their_time() -> anyhow::Result<()> {
    let world = world().await?;
    publish(&world, "paid", "1", 0, "{\"amount\": 0}").await?;
    let first =
        PublishMessage { message_id: Some("a".into()), ..message("paid", "1", 60, "{\"amount\": 1}")? };
    world.handle().publish_message(first.clone()).await?;
    publish(&world, "paid", "1", 90, "{\"amount\": 2}").await?;
    let again = world.handle().publish_message(first.clone()).await;
    assert!(matches!(again, Err(Error::Rejected(Rejection::AlreadyExists { .. }))), "{again:?}");
    let elsewhere = PublishMessage { correlation_key: "2".into(), ..first.clone() };
    world.handle().publish_message(elsewhere).await?;

    for expected in ["1", "2"] {
        let instance = start(&world, "waits", "{\"order\": 1}").await?;
        assert_eq!(world.ended(instance).await?, "COMPLETED");
        assert_eq!(variable(&world, instance, "amount").await?.as_deref(), Some(expected));
    }
    // Each goes once to each process.
    let third = start(&world, "waits", "{\"order\": 1}").await?;
    let other_process = start(&world, "waits-too", "{\"order\": 1}").await?;
    assert_eq!(world.ended(other_process).await?, "COMPLETED");
    assert_eq!(variable(&world, other_process, "amount").await?.as_deref(), Some("1"));
    world.clock.advance(Duration::from_secs(60));
    all_delivered(&world).await?;
    until("the end of its time", async || Ok(left_in(&world, "paid", "1").await? == 2)).await?;
    // Its id is free again.
    world.handle().publish_message(first).await?;
    assert_eq!(world.ended(third).await?, "COMPLETED");
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_read_is_set_aside_and_the_rest_goes_on() -> anyhow::Result<()> {
    let store: Arc<MemoryStore> = Arc::default();
    let (first, sender) = (PartitionId::FIRST, PartitionId::new(2).context("a partition")?);
    // Another host has sent this, and put that into mailboxes.
    let parcel = |counter, outgoing| {
        let key = ParcelKey { receiver: first, key: Key::new(sender, counter) };
        Parcel { key, content: ParcelContent { outgoing, last_subscription: None } }
    };
    let open = |counter, (_, address): (_, MailboxAddress)| {
        let outgoing = Outgoing::OpenSubscription {
            mailbox: address,
            subscription: Key::new(sender, counter).into(),
            instance: Key::new(sender, 90 + counter).into(),
            bpmn_process_id: "waits".into(),
            once: true,
        };
        parcel(counter, outgoing)
    };
    let key_here = |wanted: u32| {
        let keys = (0_u32..).map(|number| number.to_string());
        keys.filter(|key| mailbox("paid", key).0 == first).nth(wanted as usize).unwrap_or_default()
    };
    let keys = [0, 1].map(key_here);
    let parcels = [open(1, mailbox("paid", &keys[0])), open(2, mailbox("paid", &keys[1]))];
    let kept = |counter: u64| {
        Entry::Message(Message {
            key: Key::new(first, counter).into(),
            message_id: None,
            variables: Variables::new(),
            // Long ago: it is due at the start.
            expires_at: Timestamp::from_millis(1_000),
            correlated_to: Vec::new(),
            starting: 0,
        })
    };
    let messages = [kept(3), kept(4)];
    let exchange = Exchange {
        outbox: parcels.iter().cloned().map(Change::Put).collect(),
        mailboxes: vec![MailboxBatch {
            address: mailbox("paid", &keys[1]).1,
            changes: messages.iter().cloned().map(Change::Put).collect(),
        }],
        ..Exchange::default()
    };
    let batch = Batch { partition: first, next_key_counter: 10, instances: Vec::new(), exchange };
    store.commit(batch).await?;
    let garbled = [
        CrossingRow::Parcel(parcels[0].key),
        CrossingRow::Entry { mailbox: mailbox("paid", &keys[1]).1, key: messages[0].key() },
    ];
    garbled.iter().cloned().for_each(|row| store.faults().garble(row));

    let world = world_on(store).await?;
    all_delivered(&world).await?;
    // The second parcel has opened its subscription; the message that could be read was too late for it, and has gone.
    until("the end of its time", async || Ok(left_in(&world, "paid", &keys[1]).await? == 1)).await?;
    assert_eq!(left_in(&world, "paid", &keys[0]).await?, 0);
    let mut set_aside: Vec<CrossingRow> =
        world.store.rows_set_aside(None, 9).await?.into_iter().map(|row| row.row).collect();
    set_aside.sort_by_key(|row| matches!(row, CrossingRow::Entry { .. }));
    assert_eq!(set_aside, garbled);
    Ok(())
}

#[tokio::test]
async fn very_many_rows_that_cannot_be_read_are_set_aside_in_parts() -> anyhow::Result<()> {
    const ROWS: u64 = 100;
    const AT_ONCE: usize = 32;
    let store: Arc<MemoryStore> = Arc::default();
    let first = PartitionId::FIRST;
    let key = (0..).map(|number: u32| number.to_string()).find(|key| mailbox("paid", key).0 == first);
    let key = key.context("a mailbox of the partition")?;
    let address = mailbox("paid", &key).1;
    let rows: Vec<Entry> = (1..=ROWS)
        .map(|counter| {
            Entry::Message(Message {
                key: Key::new(first, counter).into(),
                message_id: None,
                variables: Variables::new(),
                // In a hundred years.
                expires_at: Timestamp::from_millis(4_900_000_000_000),
                correlated_to: Vec::new(),
                starting: 0,
            })
        })
        .collect();
    for row in &rows {
        store.faults().garble(CrossingRow::Entry { mailbox: address.clone(), key: row.key() });
    }
    let changes = rows.into_iter().map(Change::Put).collect();
    let exchange = Exchange { mailboxes: vec![MailboxBatch { address, changes }], ..Exchange::default() };
    store
        .commit(Batch { partition: first, next_key_counter: ROWS + 1, instances: Vec::new(), exchange })
        .await?;

    let world = world_on(store).await?;
    let set_aside =
        async || -> anyhow::Result<usize> { Ok(world.store.rows_set_aside(None, 1_000).await?.len()) };
    for expected in [AT_ONCE, 2 * AT_ONCE, 3 * AT_ONCE] {
        let answer = world.handle().publish_message(message("paid", &key, 60, "{}")?).await;
        assert!(matches!(answer, Err(Error::Overloaded(Overload::Unreadable(AT_ONCE)))), "{answer:?}");
        assert_eq!(set_aside().await?, expected);
    }
    world.handle().publish_message(message("paid", &key, 60, "{}")?).await?;
    assert_eq!((set_aside().await?, left_in(&world, "paid", &key).await?), (ROWS as usize, 1));
    Ok(())
}

#[tokio::test]
async fn messages_of_a_full_mailbox_do_not_hide_those_of_others_whose_time_is_over() -> anyhow::Result<()> {
    // More than the rows that are looked at together.
    const MESSAGES: usize = 1_100;
    let world = world().await?;
    let full = mailbox("paid", "full").0;
    let other = (0..).map(|number| format!("other-{number}")).find(|key| mailbox("paid", key).0 == full);
    let other = other.context("a mailbox in the same partition")?;
    for _ in 0..MESSAGES {
        publish(&world, "paid", "full", 60, "{}").await?;
    }
    publish(&world, "paid", &other, 61, "{}").await?;
    assert_eq!(left_in(&world, "paid", "full").await?, MESSAGES);
    world.clock.advance(Duration::from_secs(62));
    until("the end of their time", async || Ok(left_in(&world, "paid", "full").await? == 0)).await?;
    until("the end of the other's time", async || Ok(left_in(&world, "paid", &other).await? == 0)).await
}

#[tokio::test]
async fn a_message_that_is_correlated_tells_who_has_taken_it() -> anyhow::Result<()> {
    let world = world().await?;
    let nobody = correlate(&world, "paid", "1").await;
    assert!(matches!(nobody, Err(Error::Rejected(Rejection::UnknownName { .. }))), "{nobody:?}");
    for number in 0..9 {
        let order = format!("{{\"order\": \"{number}\"}}");
        let instance = start(&world, "waits", &order).await?;
        until("a subscription", async || Ok(left_in(&world, "paid", &number.to_string()).await? == 1))
            .await?;
        assert_eq!(correlate(&world, "paid", &number.to_string()).await?, instance);
        assert_eq!(world.ended(instance).await?, "COMPLETED");
        all_delivered(&world).await?;
        assert_eq!(left_in(&world, "paid", &number.to_string()).await?, 0, "it is never kept");
    }
    Ok(())
}

#[tokio::test]
async fn who_waits_no_longer_leaves_the_message_to_the_next() -> anyhow::Result<()> {
    let world = world().await?;
    for number in 0..9 {
        let (key, order) = (number.to_string(), format!("{{\"order\": \"{number}\"}}"));
        let [gone, next] = [start(&world, "waits", &order).await?, start(&world, "waits", &order).await?];
        until("both subscriptions", async || Ok(left_in(&world, "paid", &key).await? == 2)).await?;
        // Both at once: whether the first one still takes it is open, but somebody does.
        let publishing = message("paid", &key, 0, "{\"amount\": 1}")?;
        let (published, cancelled) = tokio::join!(
            world.handle().publish_message(publishing),
            world.handle().cancel_instance(gone, Actor::default())
        );
        published?;
        let is_cancelled = cancelled.is_ok();
        if !is_cancelled {
            assert_eq!(world.ended(gone).await?, "COMPLETED");
            continue;
        }
        assert_eq!(world.ended(gone).await?, "TERMINATED");
        all_delivered(&world).await?;
        // It may have been offered to nobody, when the subscription was closed first.
        if world.store.process_instance(next).await?.context("the next")?.ended_at.is_none() {
            assert_eq!(left_in(&world, "paid", &key).await?, 1, "it still waits");
            publish(&world, "paid", &key, 0, "{}").await?;
        }
        assert_eq!(world.ended(next).await?, "COMPLETED");
        all_delivered(&world).await?;
        assert_eq!(left_in(&world, "paid", &key).await?, 0);
    }
    Ok(())
}

#[tokio::test]
async fn an_event_that_can_happen_again_takes_one_message_after_the_other() -> anyhow::Result<()> {
    let world = world().await?;
    let counted = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = Arc::clone(&counted);
    world.workers.serve("count", "counter@1.0.0", move |job, _| {
        let amount = job.variables.get("amount").map(ToString::to_string);
        seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(amount.unwrap_or_default());
        async { Ok(JobOutcome::Completed(Variables::new())) }
    });
    world.handle().components_changed();
    let instance = start(&world, "counts", "{\"order\": \"1\"}").await?;
    for number in 0..20 {
        publish(&world, "paid", "1", 60, &format!("{{\"amount\": {number}}}")).await?;
    }
    let count = || counted.lock().unwrap_or_else(std::sync::PoisonError::into_inner).len();
    until("twenty events", async || Ok(count() == 20)).await?;
    all_delivered(&world).await?;
    publish(&world, "finish", "1", 0, "{}").await?;
    assert_eq!(world.ended(instance).await?, "COMPLETED");
    let mut amounts = counted.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
    amounts.sort_by_key(|amount| amount.parse::<u32>().unwrap_or(u32::MAX));
    assert_eq!(amounts, (0..20).map(|number| number.to_string()).collect::<Vec<_>>());
    all_delivered(&world).await?;
    assert_eq!(left_in(&world, "finish", "1").await?, 0, "no subscription is left");
    Ok(())
}

#[tokio::test]
async fn a_message_starts_one_instance_at_a_time_for_its_key() -> anyhow::Result<()> {
    let world = world().await?;
    for amount in 1..=3 {
        publish(&world, "created", "1", 600, &format!("{{\"order\": \"1\", \"amount\": {amount}}}")).await?;
    }
    for amount in 1..=3 {
        until("an instance", async || Ok(instances(&world, "starts", "ACTIVE").await?.len() == 1)).await?;
        let active = instances(&world, "starts", "ACTIVE").await?[0];
        assert_eq!(variable(&world, active, "amount").await?, Some(amount.to_string()));
        until("its subscription", async || Ok(left_in(&world, "finish", "1").await? == 1)).await?;
        assert_eq!(correlate(&world, "finish", "1").await?, active);
        assert_eq!(world.ended(active).await?, "COMPLETED");
    }
    all_delivered(&world).await?;
    assert!(instances(&world, "starts", "ACTIVE").await?.is_empty());

    // Without a key nothing has to wait, and a correlated message tells what it has started.
    let mut started = Vec::new();
    for _ in 0..3 {
        started.push(correlate(&world, "created", "").await?);
    }
    let mut active = instances(&world, "starts", "ACTIVE").await?;
    active.sort_unstable();
    started.sort_unstable();
    assert_eq!(active, started);
    Ok(())
}

#[tokio::test]
async fn a_signal_reaches_everybody_who_waits_by_then() -> anyhow::Result<()> {
    const LISTENERS: usize = 1_000;
    let world = world().await?;
    let mut listeners = Vec::new();
    for _ in 0..LISTENERS {
        listeners.push(start(&world, "listens", "{}").await?);
    }
    let commits = world.store.faults().commits_tried();
    broadcast(&world, "go").await?;
    for listener in &listeners {
        assert_eq!(world.ended(*listener).await?, "COMPLETED");
        assert_eq!(variable(&world, *listener, "heard").await?.as_deref(), Some("true"));
    }
    all_delivered(&world).await?;
    let slices = world.store.faults().commits_tried() - commits;
    assert!(slices >= 10, "{slices} commits for {LISTENERS} listeners");
    let late = start(&world, "listens", "{}").await?;
    let thrower = start(&world, "throws", "{}").await?;
    assert_eq!(world.ended(thrower).await?, "COMPLETED");
    assert_eq!(world.ended(late).await?, "COMPLETED", "it hears the one that came after it");
    all_delivered(&world).await?;
    let later = start(&world, "listens", "{}").await?;
    all_delivered(&world).await?;
    assert_eq!(instances(&world, "listens", "ACTIVE").await?, [later]);
    Ok(())
}

#[tokio::test]
async fn who_has_thrown_a_signal_waits_for_the_next_one() -> anyhow::Result<()> {
    let world = world().await?;
    let first = start(&world, "echoes", "{}").await?;
    all_delivered(&world).await?;
    assert_eq!(instances(&world, "echoes", "ACTIVE").await?, [first], "its own signal came before it waited");
    let second = start(&world, "echoes", "{}").await?;
    assert_eq!(world.ended(first).await?, "COMPLETED");
    all_delivered(&world).await?;
    assert_eq!(instances(&world, "echoes", "ACTIVE").await?, [second]);
    Ok(())
}

#[tokio::test]
async fn a_signal_with_large_variables_goes_in_smaller_slices() -> anyhow::Result<()> {
    const LISTENERS: usize = 45;
    const VARIABLES_BYTES: usize = 3 << 20;
    let world = world().await?;
    let mut listeners = Vec::new();
    for _ in 0..LISTENERS {
        listeners.push(start(&world, "listens", "{}").await?);
    }
    let commits = world.store.faults().commits_tried();
    let variables = Variables::parse(&format!("{{\"heard\": \"{}\"}}", "x".repeat(VARIABLES_BYTES)))?;
    let signal = BroadcastSignal { name: "go".into(), variables, tenant: TenantId::default() };
    world.handle().broadcast_signal(signal).await?;
    for listener in &listeners {
        assert_eq!(world.ended(*listener).await?, "COMPLETED");
    }
    all_delivered(&world).await?;
    // Journal and row of a variable take its bytes twice, and a commit takes 16 MiB.
    let slices = world.store.faults().commits_tried() - commits;
    assert!(slices >= LISTENERS as u64 / 3, "{slices} commits");
    Ok(())
}

#[tokio::test]
async fn a_signal_starts_a_process_once() -> anyhow::Result<()> {
    let world = world().await?;
    for _ in 0..4 {
        broadcast(&world, "begin").await?;
    }
    all_delivered(&world).await?;
    assert_eq!(instances(&world, "begins", "COMPLETED").await?.len(), 4);
    Ok(())
}

#[tokio::test]
async fn a_called_process_lives_beside_its_caller_and_ends_with_it() -> anyhow::Result<()> {
    let world = world().await?;
    for _ in 0..PARTITIONS {
        let passing = start(&world, "calls", "{\"called\": \"passes\", \"a\": 1}").await?;
        assert_eq!(world.ended(passing).await?, "COMPLETED");
    }
    let called = async |caller: ProcessInstanceKey| -> anyhow::Result<ProcessInstanceKey> {
        let works = instances(&world, "works", "ACTIVE").await?;
        for instance in works {
            let record = world.store.process_instance(instance).await?.context("the called instance")?;
            if record.caller.is_some_and(|by| by.instance == caller && by.root == caller && by.depth == 1) {
                assert_eq!(instance.0.partition(), caller.0.partition());
                return Ok(instance);
            }
        }
        anyhow::bail!("{caller} has called nothing")
    };
    let caller = start(&world, "calls", "{\"called\": \"works\"}").await?;
    let cancelled = start(&world, "calls", "{\"called\": \"works\"}").await?;
    let (working, doomed) = (called(caller).await?, called(cancelled).await?);
    world.handle().cancel_instance(cancelled, Actor::default()).await?;
    assert_eq!(world.ended(doomed).await?, "TERMINATED");
    world.workers.serve("work", "worker@1.0.0", |_, _| async {
        Ok(JobOutcome::Completed(Variables::parse("{\"done\": true}").expect("an object")))
    });
    world.handle().components_changed();
    assert_eq!(world.ended(working).await?, "COMPLETED");
    assert_eq!(world.ended(caller).await?, "COMPLETED");
    assert_eq!(variable(&world, caller, "done").await?.as_deref(), Some("true"));

    let lost = start(&world, "calls", "{\"called\": \"unknown\"}").await?;
    until("an incident", async || {
        let record = world.store.process_instance(lost).await?.context("the instance")?;
        Ok(record.has_incident)
    })
    .await
}

#[tokio::test]
async fn a_process_that_calls_itself_comes_to_its_end() -> anyhow::Result<()> {
    let world = world().await?;
    let first = start(&world, "calls", "{\"called\": \"calls\"}").await?;
    // The innermost one stops with an incident.
    until("the limit", async || {
        let search = store::search::IncidentSearch::default();
        Ok(!world.store.search_incidents(&search).await?.items.is_empty())
    })
    .await?;
    world.handle().cancel_instance(first, Actor::default()).await?;
    until("the end of all", async || Ok(instances(&world, "calls", "ACTIVE").await?.is_empty())).await
}

fn timer_model(cycle: &str, name: &str) -> String {
    format!(
        r#"<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="http://fermata.example/timers">
          <bpmn:process id="ticks" name="{name}" isExecutable="true">
            <bpmn:startEvent id="tick"><bpmn:timerEventDefinition><bpmn:timeCycle>{cycle}</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:startEvent>
            <bpmn:endEvent id="end" />
            <bpmn:sequenceFlow id="flow" sourceRef="tick" targetRef="end" />
          </bpmn:process>
        </bpmn:definitions>"#
    )
}

#[tokio::test]
async fn timers_start_instances_until_a_new_version_says_otherwise() -> anyhow::Result<()> {
    let world = world().await?;
    let ticks = async || Ok::<_, anyhow::Error>(instances(&world, "ticks", "COMPLETED").await?.len());
    deploy(world.handle(), "ticks.bpmn", &timer_model("R3/PT10S", "one")).await?;
    world.clock.advance(Duration::from_millis(9_999));
    world.clock.advance(Duration::from_millis(1));
    until("the first", async || Ok(ticks().await? == 1)).await?;
    world.clock.advance(Duration::from_secs(4));
    // The same timer keeps its schedule.
    deploy(world.handle(), "ticks.bpmn", &timer_model("R3/PT10S", "two")).await?;
    assert_eq!(ticks().await?, 1);
    world.clock.advance(Duration::from_secs(6));
    until("the second", async || Ok(ticks().await? == 2)).await?;
    world.clock.advance(Duration::from_secs(10));
    until("the third", async || Ok(ticks().await? == 3)).await?;
    assert!(world.store.start_timers(&TenantId::default(), "ticks").await?.is_empty(), "it was the last");

    deploy(world.handle(), "ticks.bpmn", &timer_model("0 0 * * * *", "three")).await?;
    world.clock.advance(Duration::from_secs(3_600));
    until("the full hour", async || Ok(ticks().await? == 4)).await?;
    let left = world.store.start_timers(&TenantId::default(), "ticks").await?;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].due.as_millis() % 3_600_000, 0);
    deploy(world.handle(), "ticks.bpmn", &timer_model("PT-1S", "broken")).await.expect_err("no cycle");
    let refused = deploy(world.handle(), "ticks.bpmn", &timer_model("=x", "broken")).await;
    assert!(refused.is_err(), "no variables when it is deployed");
    Ok(())
}

/// What a story comes to: instances by process that have completed, and what is left in mailboxes.
async fn outcome(world: &World) -> anyhow::Result<String> {
    let mut lines = Vec::new();
    for process in ["waits", "counts", "starts", "listens", "calls", "passes"] {
        let (ended, active) =
            (instances(world, process, "COMPLETED").await?, instances(world, process, "ACTIVE").await?);
        lines.push(format!("{process}: {} ended, {} active", ended.len(), active.len()));
    }
    for key in 0..3 {
        let (paid, finish) = (
            left_in(world, "paid", &key.to_string()).await?,
            left_in(world, "finish", &key.to_string()).await?,
        );
        lines.push(format!("{key}: {paid} paid, {finish} finish"));
    }
    Ok(lines.join("\n"))
}

/// Messages, signals and calls across partitions. `world` may meet a fault.
async fn story(world: &mut World, crashes: bool) -> anyhow::Result<()> {
    let mut begun = Vec::new();
    for process in ["waits", "listens", "calls"] {
        for key in 0..3 {
            let variables = format!("{{\"order\": \"{key}\", \"called\": \"passes\"}}");
            let request = World::request(version(world, process).await?, &variables)?;
            // A start that may have been carried out is not made again: what counts is what was started.
            match world.handle().start_instance(request).await {
                Ok(started) => begun.push((process, started.key)),
                Err(Error::Unavailable(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    for key in 0..3 {
        publish_surely(world, "paid", &key.to_string(), &format!("paid-{key}").into()).await?;
        publish_surely(world, "created", &format!("c{key}"), &format!("created-{key}").into()).await?;
    }
    if crashes {
        replace(world).await?;
    }
    until("the deliveries", async || {
        world.clock.advance(Duration::from_millis(100));
        is_all_delivered(&world.store).await
    })
    .await?;
    let mut heard = false;
    while !heard {
        heard = broadcast(world, "go").await.is_ok();
    }
    until("the signal", async || {
        world.clock.advance(Duration::from_millis(100));
        let listening = instances(world, "listens", "ACTIVE").await?.is_empty();
        Ok(listening && is_all_delivered(&world.store).await?)
    })
    .await?;
    for (process, key) in begun {
        let instance =
            world.store.process_instance(key).await?.with_context(|| format!("{process} {key}"))?;
        anyhow::ensure!(instance.state.name() == "COMPLETED", "{process} {key} is {}", instance.state.name());
    }
    Ok(())
}

#[tokio::test]
async fn nothing_is_lost_or_done_twice_when_a_commit_fails_or_its_answer_is_lost() -> anyhow::Result<()> {
    let mut sound = world().await?;
    let first = sound.store.faults().commits_tried() + 1;
    story(&mut sound, false).await?;
    let last = sound.store.faults().commits_tried();
    assert!(last - first > 20, "{} commits", last - first);
    let expected = outcome(&sound).await?;
    let mut met = 0;
    for number in first..=last {
        for loses_answer in [false, true] {
            for crashes in [false, true] {
                let store = Arc::<MemoryStore>::default();
                let mut world = world_on(Arc::clone(&store)).await?;
                if loses_answer {
                    store.faults().lose_answer(number)
                } else {
                    store.faults().fail_commit(number)
                }
                let what = format!("commit {number}, answer lost: {loses_answer}, crash: {crashes}");
                story(&mut world, crashes).await.with_context(|| what.clone())?;
                met += usize::from(store.faults().commits_tried() >= number);
                let found = outcome(&world).await?;
                check(&expected, &found).with_context(|| what)?;
            }
        }
    }
    assert!(met > 40, "{met} faults were met");
    Ok(())
}

/// Starts that were refused are missing, and nothing else is different.
fn check(expected: &str, found: &str) -> anyhow::Result<()> {
    for (expected_line, found_line) in expected.lines().zip(found.lines()) {
        let numbers = |line: &str| -> Vec<usize> {
            line.split(|letter: char| !letter.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect()
        };
        let (expected_numbers, found_numbers) = (numbers(expected_line), numbers(found_line));
        let is_start = expected_line.contains("ended");
        if is_start && !expected_line.starts_with("starts") {
            // Ended: up to as many; active: none of those that wait for nothing.
            anyhow::ensure!(
                found_numbers[0] + 1 >= expected_numbers[0] && found_numbers[0] <= expected_numbers[0],
                "{found}\ninstead of\n{expected}"
            );
            anyhow::ensure!(found_numbers[1] == expected_numbers[1], "{found}\ninstead of\n{expected}");
        } else {
            anyhow::ensure!(expected_line == found_line, "{found}\ninstead of\n{expected}");
        }
    }
    Ok(())
}
