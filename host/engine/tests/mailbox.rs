//! The rules of mailboxes.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::num::NonZeroU16;

use fermata_engine::mailbox::{
    Delivery, Entry, MESSAGES_MAX, Mailbox, MailboxCommand, MailboxContext, MessageStart, NewMessage,
    StartedProcess, deliver, with_oldest_message,
};
use fermata_engine::state::MailboxAddress;
use fermata_engine::{Change, KeyRange, Outgoing, Rejection};
use types::{
    Key, MessageKey, PartitionId, ProcessInstanceKey, SubscriptionKey, TenantId, Timestamp, Variables,
};

/// A mailbox with the locks of its key, and another one with the same key.
struct World {
    mailbox: Mailbox,
    other: Mailbox,
    locks: Mailbox,
    keys: KeyRange,
    starts: Vec<MessageStart>,
    now: i64,
}

/// One of the mailboxes.
#[derive(Clone, Copy)]
enum Name {
    Paid,
    Asked,
}

/// What a mailbox asks for, told in few words.
#[derive(Debug, PartialEq, Eq)]
enum Asked {
    /// Offers a message to a subscription.
    Offer(MessageKey, i64),
    /// Starts a process version.
    Start(MessageKey, i64),
}

fn address(key: &str) -> MailboxAddress {
    named("paid", key)
}

fn named(name: &str, key: &str) -> MailboxAddress {
    MailboxAddress { tenant: TenantId::default(), name: name.into(), correlation_key: key.into() }
}

fn start_of(definition: i64, process: &str) -> MessageStart {
    MessageStart {
        definition: Key::from_i64(definition).into(),
        bpmn_process_id: process.into(),
        element: "start".into(),
    }
}

fn subscription(number: i64) -> SubscriptionKey {
    SubscriptionKey(Key::from_i64(number))
}

fn instance(number: i64) -> ProcessInstanceKey {
    ProcessInstanceKey(Key::from_i64(number))
}

impl World {
    fn new(key: &str) -> Self {
        Self {
            mailbox: Mailbox::load(address(key), []),
            other: Mailbox::load(named("asked", key), []),
            locks: Mailbox::load(named("", key), []),
            keys: KeyRange::new(PartitionId::FIRST, 1_000),
            starts: Vec::new(),
            now: 100,
        }
    }

    fn starting(key: &str, definitions: &[(i64, &str)]) -> Self {
        let start = |(definition, process): &(i64, &str)| start_of(*definition, process);
        Self { starts: definitions.iter().map(start).collect(), ..Self::new(key) }
    }

    fn give(&mut self, command: MailboxCommand) -> Result<Delivery, Rejection> {
        self.give_to(Name::Paid, command)
    }

    /// Gives a command to a mailbox, and then what may start to the one whose turn it is.
    fn give_to(&mut self, name: Name, command: MailboxCommand) -> Result<Delivery, Rejection> {
        let mut delivery = self.deliver(name, command)?;
        if let Some(bpmn_process_id) = delivery.freed.take() {
            let at = Timestamp::from_millis(self.now);
            let next = with_oldest_message([&self.mailbox, &self.other], &bpmn_process_id, at).cloned();
            if let Some(next) = next {
                let name = if next == *self.mailbox.address() { Name::Paid } else { Name::Asked };
                let started = self.deliver(name, MailboxCommand::StartNext { bpmn_process_id })?;
                delivery.outgoing.extend(started.outgoing);
            }
        }
        Ok(delivery)
    }

    fn deliver(&mut self, name: Name, command: MailboxCommand) -> Result<Delivery, Rejection> {
        let context = MailboxContext { starts: &self.starts, at: Timestamp::from_millis(self.now) };
        let mailbox = match name {
            Name::Paid => &mut self.mailbox,
            Name::Asked => &mut self.other,
        };
        let needs_locks = mailbox.address().locks().is_some() && command.looks_at_locks(&self.starts);
        let locks = needs_locks.then_some(&mut self.locks);
        let before = [mailbox.clone(), locks.as_deref().cloned().unwrap_or_else(|| mailbox.clone())];
        let delivery = deliver(context, mailbox, locks, &mut self.keys, command);
        if delivery.is_err() {
            assert!(*mailbox == before[0], "a refused command changes nothing");
            assert!(!needs_locks || self.locks == before[1], "a refused command changes nothing");
        }
        let [mailbox_before, locks_before] = before;
        written(mailbox_before, mailbox);
        if needs_locks {
            written(locks_before, &mut self.locks);
        }
        delivery
    }

    fn publish(&mut self, ttl: i64) -> (MessageKey, Vec<Asked>) {
        let expires_at = Timestamp::from_millis(self.now + ttl);
        let delivery =
            self.give(MailboxCommand::Publish { message: NewMessage::default(), expires_at }).unwrap();
        (delivery.message.unwrap(), asked(&delivery))
    }

    fn publish_with_id(&mut self, id: &str) -> Result<Delivery, Rejection> {
        let message = NewMessage { message_id: Some(id.into()), variables: Variables::new() };
        let expires_at = Timestamp::from_millis(self.now + 10);
        self.give(MailboxCommand::Publish { message, expires_at })
    }

    fn open(&mut self, number: i64, process: &str, once: bool) -> Vec<Asked> {
        let open = MailboxCommand::Open {
            subscription: subscription(number),
            instance: instance(number),
            bpmn_process_id: process.into(),
            once,
        };
        asked(&self.give(open).unwrap())
    }

    fn close(&mut self, number: i64) {
        let delivery = self.give(MailboxCommand::Close { subscription: subscription(number) }).unwrap();
        assert_eq!(asked(&delivery), []);
    }

    fn answer(&mut self, number: i64, message: MessageKey, taken: bool) -> Delivery {
        self.give(MailboxCommand::Correlated { subscription: subscription(number), message, taken }).unwrap()
    }

    fn started(&mut self, definition: i64, message: MessageKey, number: Option<i64>) -> Delivery {
        let definition = Key::from_i64(definition).into();
        self.give(MailboxCommand::Started { definition, message, instance: number.map(instance) }).unwrap()
    }

    fn messages(&self) -> Vec<MessageKey> {
        self.mailbox.messages().map(|message| message.key).collect()
    }
}

/// What is written is what is read again.
fn written(before: Mailbox, mailbox: &mut Mailbox) {
    let mut entries: Vec<Entry> = entries(&before);
    for change in mailbox.take_changes() {
        match change {
            Change::Put(entry) => {
                entries.retain(|other| other.key() != entry.key());
                let bytes = minicbor::to_vec(&entry).unwrap();
                entries.push(minicbor::decode(&bytes).unwrap());
            }
            Change::Delete(key) => {
                let before = entries.len();
                entries.retain(|other| other.key() != key);
                assert_eq!(entries.len() + 1, before, "{key:?} was there");
            }
        }
    }
    assert!(Mailbox::load(mailbox.address().clone(), entries) == *mailbox);
}

fn entries(mailbox: &Mailbox) -> Vec<Entry> {
    let messages = mailbox.messages().cloned().map(Entry::Message);
    let subscriptions = mailbox.subscriptions().cloned().map(Entry::Subscription);
    messages.chain(subscriptions).chain(mailbox.started().cloned().map(Entry::Started)).collect()
}

fn asked(delivery: &Delivery) -> Vec<Asked> {
    let asked = delivery.outgoing.iter().map(|outgoing| match outgoing {
        Outgoing::Correlate { message, subscription, .. } => Asked::Offer(*message, subscription.get()),
        Outgoing::StartByMessage { message, definition, .. } => Asked::Start(*message, definition.get()),
        other => panic!("a mailbox asks for {other:?}"),
    });
    asked.collect()
}

#[test]
fn a_message_without_time_is_for_those_who_wait() {
    let mut world = World::new("1");
    let (_, offers) = world.publish(0);
    assert_eq!((offers, world.messages()), (vec![], vec![]));
    assert_eq!(world.open(1, "a", true), []);
    let (message, offers) = world.publish(0);
    assert_eq!(offers, [Asked::Offer(message, 1)]);
    assert_eq!(world.messages(), [message], "it is kept until the answer");
    assert_eq!(world.answer(1, message, true).taken, Some((message, instance(1))));
    assert!(world.mailbox.is_empty());
}

#[test]
fn messages_are_kept_in_their_order_until_their_time_is_over() {
    let mut world = World::new("1");
    let [(first, _), (second, _), (third, _)] = [world.publish(50), world.publish(20), world.publish(90)];
    assert_eq!(world.open(1, "a", true), [Asked::Offer(first, 1)]);
    assert_eq!(world.open(2, "a", true), [Asked::Offer(second, 2)]);
    world.answer(1, first, true);
    world.answer(2, second, true);
    world.now += 20;
    world.give(MailboxCommand::Expire).unwrap();
    assert_eq!(world.messages(), [first, third]);
    // Another process gets them too.
    assert_eq!(world.open(3, "b", true), [Asked::Offer(first, 3)]);
    world.now += 30;
    world.give(MailboxCommand::Expire).unwrap();
    assert_eq!(world.messages(), [first, third], "somebody has yet to answer");
    world.answer(3, first, true);
    assert_eq!(world.messages(), [third]);
    world.now += 40;
    assert_eq!(world.open(4, "a", true), [], "its time is over");
}

#[test]
fn a_message_goes_once_to_each_process() {
    let mut world = World::new("1");
    for (number, process) in [(1, "a"), (2, "a"), (3, "b")] {
        world.open(number, process, true);
    }
    let (message, offers) = world.publish(50);
    assert_eq!(offers, [Asked::Offer(message, 1), Asked::Offer(message, 3)]);
    world.answer(1, message, true);
    world.answer(3, message, true);
    assert_eq!(world.open(4, "b", true), []);
    assert_eq!(world.mailbox.subscriptions().count(), 2);
}

#[test]
fn a_subscription_that_stays_gets_one_after_the_other() {
    let mut world = World::new("1");
    world.open(1, "a", false);
    let (first, offers) = world.publish(50);
    assert_eq!(offers, [Asked::Offer(first, 1)]);
    let ((second, offers), (third, _)) = (world.publish(50), world.publish(50));
    assert_eq!(offers, [], "it has not answered yet");
    assert_eq!(asked(&world.answer(1, first, true)), [Asked::Offer(second, 1)]);
    assert_eq!(asked(&world.answer(1, second, true)), [Asked::Offer(third, 1)]);
    assert_eq!(asked(&world.answer(1, third, true)), []);
    let (lost, offers) = world.publish(0);
    assert_eq!(offers, [Asked::Offer(lost, 1)]);
}

#[test]
fn what_is_not_taken_goes_to_the_next() {
    let mut world = World::new("1");
    world.open(1, "a", true);
    world.open(2, "a", true);
    let (message, _) = world.publish(0);
    assert_eq!(asked(&world.answer(1, message, false)), [Asked::Offer(message, 2)]);
    let delivery = world.answer(2, message, false);
    assert_eq!((delivery.given_up, world.mailbox.is_empty()), (vec![message], true));
    // With time it waits for somebody else.
    world.open(3, "a", true);
    let (kept, _) = world.publish(50);
    assert_eq!(world.answer(3, kept, false).given_up, []);
    assert_eq!(world.open(4, "a", true), [Asked::Offer(kept, 4)]);
}

#[test]
fn who_closes_while_a_message_is_on_its_way_has_still_to_answer() {
    let mut world = World::new("1");
    world.open(1, "a", false);
    let (message, _) = world.publish(50);
    world.close(1);
    assert_eq!(world.mailbox.subscriptions().count(), 1);
    assert_eq!(world.open(2, "a", true), [], "it may have been taken");
    assert_eq!(asked(&world.answer(1, message, false)), [Asked::Offer(message, 2)]);
    world.close(2);
    assert_eq!(asked(&world.answer(2, message, true)), []);
    assert_eq!(world.mailbox.subscriptions().count(), 0);
    world.open(3, "a", true);
    world.close(3);
    world.close(3);
    assert_eq!(world.mailbox.subscriptions().count(), 0);
    // An answer that nobody waits for changes nothing.
    assert_eq!(world.answer(3, message, true).taken, None);
}

#[test]
fn an_id_is_taken_as_long_as_its_message_is_kept() {
    let mut world = World::new("1");
    world.publish_with_id("x").unwrap();
    assert!(matches!(world.publish_with_id("x"), Err(Rejection::AlreadyExists { .. })));
    world.publish_with_id("y").unwrap();
    world.publish_with_id("").unwrap();
    world.publish_with_id("").unwrap();
    world.now += 10;
    world.publish_with_id("x").unwrap();
}

#[test]
fn a_start_waits_for_the_end_of_what_its_key_has_started() {
    let mut world = World::starting("1", &[(7, "a"), (8, "b")]);
    let (first, starts) = world.publish(50);
    assert_eq!(starts, [Asked::Start(first, 7), Asked::Start(first, 8)]);
    assert_eq!(world.started(7, first, Some(1)).taken, Some((first, instance(1))));
    world.started(8, first, Some(2));
    let ((second, starts), (third, _)) = (world.publish(50), world.publish(0));
    assert_eq!(starts, []);
    assert_eq!(world.messages(), [first, second], "{third} is not kept");
    let end = |number| MailboxCommand::StartedInstanceEnded { instance: instance(number) };
    assert_eq!(asked(&world.give(end(1)).unwrap()), [Asked::Start(second, 7)]);
    assert_eq!(asked(&world.give(end(1)).unwrap()), [], "it has ended already");
    // One that cannot be started makes way.
    assert_eq!(asked(&world.started(7, second, None)), []);
    assert_eq!(asked(&world.give(end(2)).unwrap()), [Asked::Start(second, 8)]);
    assert_eq!(world.locks.started().count(), 1);
    assert_eq!(world.mailbox.started().count(), 0);
    let (fourth, starts) = world.publish(0);
    assert_eq!(starts, [Asked::Start(fourth, 7)]);
}

#[test]
fn a_start_waits_whatever_the_name_of_the_message_that_came_before() {
    let mut world = World::starting("1", &[(7, "a")]);
    let publish = |ttl: i64, now: i64| MailboxCommand::Publish {
        message: NewMessage::default(),
        expires_at: Timestamp::from_millis(now + ttl),
    };
    let asking = world.give_to(Name::Asked, publish(0, 100)).unwrap();
    let first = asking.message.unwrap();
    assert_eq!(asked(&asking), [Asked::Start(first, 7)]);
    // Even before its instance has come into being.
    let (second, starts) = world.publish(50);
    assert_eq!(starts, []);
    let definition = Key::from_i64(7).into();
    let started = MailboxCommand::Started { definition, message: first, instance: Some(instance(1)) };
    world.give_to(Name::Asked, started).unwrap();
    let third = world.give_to(Name::Asked, publish(50, 100)).unwrap();
    assert_eq!(asked(&third), []);
    let nobody = world.give(MailboxCommand::Correlate { message: NewMessage::default() });
    assert!(matches!(nobody, Err(Rejection::UnknownName { .. })), "{nobody:?}");
    // Another process with the same key does not wait for it, nor does the next version of this one begin.
    world.starts = vec![start_of(8, "a"), start_of(9, "b")];
    let (fourth, starts) = world.publish(50);
    assert_eq!(starts, [Asked::Start(fourth, 9)]);
    world.started(9, fourth, Some(2));
    // The oldest is next, whatever its name.
    let end = MailboxCommand::StartedInstanceEnded { instance: instance(1) };
    assert_eq!(asked(&world.give_to(Name::Asked, end).unwrap()), [Asked::Start(second, 8)]);
    world.started(8, second, Some(3));
    let end = MailboxCommand::StartedInstanceEnded { instance: instance(3) };
    assert_eq!(asked(&world.give(end).unwrap()), [Asked::Start(third.message.unwrap(), 8)]);
    assert_eq!(world.locks.started().count(), 2);
}

#[test]
fn what_an_older_release_has_started_is_waited_for_too() {
    let mut world = World::starting("1", &[(7, "a")]);
    let row = StartedProcess {
        definition: Key::from_i64(6).into(),
        bpmn_process_id: "a".into(),
        message: MessageKey(Key::from_i64(5)),
        instance: Some(instance(1)),
    };
    world.mailbox = Mailbox::load(address("1"), [Entry::Started(row)]);
    let (first, starts) = world.publish(50);
    assert_eq!(starts, []);
    let end = MailboxCommand::StartedInstanceEnded { instance: instance(1) };
    assert_eq!(asked(&world.give(end).unwrap()), [Asked::Start(first, 7)]);
    assert_eq!((world.mailbox.started().count(), world.locks.started().count()), (0, 1));
    // A message as it was written then.
    let mut bytes = Vec::new();
    let mut encoder = minicbor::Encoder::new(&mut bytes);
    let message = entries(&world.mailbox).remove(0);
    encoder.array(2).unwrap().u32(0).unwrap().map(1).unwrap().u32(0).unwrap().map(4).unwrap();
    let Entry::Message(message) = message else { panic!("{message:?}") };
    encoder.u32(0).unwrap().encode(message.key).unwrap();
    encoder.u32(2).unwrap().encode(&message.variables).unwrap();
    encoder.u32(3).unwrap().encode(message.expires_at).unwrap();
    encoder.u32(4).unwrap().encode(&message.correlated_to).unwrap();
    let Entry::Message(read) = minicbor::decode(&bytes).unwrap() else { panic!("no message") };
    assert_eq!((read.key, read.starting), (message.key, 0));
}

#[test]
fn a_message_has_a_name() {
    let mut world = World::new("1");
    world.mailbox = Mailbox::load(named("", "1"), []);
    let publish =
        MailboxCommand::Publish { message: NewMessage::default(), expires_at: Timestamp::from_millis(900) };
    let refused = world.give(publish);
    assert!(matches!(refused, Err(Rejection::InvalidArgument { field: "name", .. })), "{refused:?}");
}

#[test]
fn without_a_key_nothing_has_to_wait() {
    let mut world = World::starting("", &[(7, "a")]);
    for _ in 0..3 {
        let (message, starts) = world.publish(0);
        assert_eq!(starts, [Asked::Start(message, 7)]);
    }
    assert!(world.mailbox.is_empty() && world.locks.is_empty());
}

#[test]
fn a_message_that_is_correlated_starts_a_process_first_and_is_never_kept() {
    let mut world = World::starting("1", &[(7, "a")]);
    let correlate = || MailboxCommand::Correlate { message: NewMessage::default() };
    world.open(1, "a", true);
    world.open(2, "b", true);
    let delivery = world.give(correlate()).unwrap();
    let message = delivery.message.unwrap();
    assert_eq!(asked(&delivery), [Asked::Start(message, 7), Asked::Offer(message, 2)]);
    world.started(7, message, Some(9));
    world.answer(2, message, true);
    assert_eq!(world.messages(), []);
    let delivery = world.give(correlate()).unwrap();
    assert_eq!(asked(&delivery), [Asked::Offer(delivery.message.unwrap(), 1)], "the start has to wait");
    assert!(matches!(world.give(correlate()), Err(Rejection::UnknownName { .. })));
}

#[test]
fn a_mailbox_keeps_so_many_messages_and_no_more() {
    let mut world = World::new("1");
    for _ in 0..MESSAGES_MAX {
        let context = MailboxContext { starts: &[], at: Timestamp::from_millis(1) };
        let expires_at = Timestamp::from_millis(9);
        let publish = MailboxCommand::Publish { message: NewMessage::default(), expires_at };
        deliver(context, &mut world.mailbox, None, &mut world.keys, publish).unwrap();
    }
    let context = MailboxContext { starts: &[], at: Timestamp::from_millis(1) };
    let publish =
        MailboxCommand::Publish { message: NewMessage::default(), expires_at: Timestamp::from_millis(9) };
    let refused = deliver(context, &mut world.mailbox, None, &mut world.keys, publish);
    assert!(matches!(refused, Err(Rejection::NoRoom { .. })), "{refused:?}");
}

#[test]
fn an_address_leads_to_the_same_partition_for_ever() {
    let partitions = NonZeroU16::new(4).unwrap();
    assert_eq!(address("1").digest(), address("1").digest());
    assert_ne!(named("ab", "c").digest(), named("a", "bc").digest());
    let spreads = |partition_of: &dyn Fn(&str) -> PartitionId| {
        let mut counts = [0; 4];
        for number in 0..400 {
            counts[usize::from(partition_of(&number.to_string()).get()) - 1] += 1;
        }
        assert!(counts.iter().all(|count| (60..140).contains(count)), "{counts:?}");
    };
    spreads(&|key| address(key).partition(partitions));
    spreads(&|name| named(name, "").partition(partitions));
    // What has the same key is in the same place.
    for number in 0..100 {
        let key = number.to_string();
        let place = named("a", &key).partition(partitions);
        assert_eq!(place, named("b", &key).partition(partitions));
        assert_eq!(named("a", &key).locks().unwrap().partition(partitions), place);
    }
    assert_eq!(named("a", "").locks(), None);
    assert_eq!(address("1").partition(NonZeroU16::MIN), PartitionId::FIRST);
    // What is stored is found again by every later release.
    let hex: String = address("42").digest().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "a2bddc6a29d705c0b417330473acb0ab");
}
