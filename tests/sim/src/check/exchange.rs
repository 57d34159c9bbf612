//! What crosses instances arrives once: no message or signal is taken twice, nothing is left on its way, and no mailbox waits
//! for an instance that does not. Messages with one key start one instance of a process after the other.

use std::collections::{BTreeMap, BTreeSet};

use engine::Event;
use engine::mailbox::Entry;
use engine::state::{Awaited, InstanceStatus, MailboxAddress, Rows};
use types::{MessageKey, ProcessInstanceKey, SharedStr, SignalKey, SubscriptionKey, Timestamp};

use super::{Checker, Findings, events};
use crate::evidence::Evidence;

pub(super) fn check(evidence: &Evidence, found: &mut Findings) {
    taken_once(evidence, found);
    started_one_after_the_other(evidence, found);
    for parcel in &evidence.parcels {
        found.add(Checker::Exchange, None, format!("it is on its way for ever: {parcel:?}"));
    }
    for (address, entries) in &evidence.mailboxes {
        in_mailbox(address, entries, evidence, found);
    }
    waits_in_mailbox(evidence, found);
}

/// A message goes once to each process, and a signal once to each subscription.
fn taken_once(evidence: &Evidence, found: &mut Findings) {
    let mut messages = BTreeSet::<(MessageKey, SharedStr)>::new();
    let mut signals = BTreeSet::<(SignalKey, SubscriptionKey)>::new();
    for (key, instance) in &evidence.instances {
        let process = SharedStr::from(&instance.process.id);
        for written in events(instance) {
            let Event::SubscriptionTriggered { key: subscription, message, signal } = written.event else {
                continue;
            };
            if let Some(message) = message
                && !messages.insert((*message, process.clone()))
            {
                let what = format!("message {message} goes to process {process} a second time");
                found.add(Checker::Exchange, Some(*key), what);
            }
            if let Some(signal) = signal
                && !signals.insert((*signal, *subscription))
            {
                let what = format!("signal {signal} comes to subscription {subscription} a second time");
                found.add(Checker::Exchange, Some(*key), what);
            }
        }
    }
}

/// What messages with one key have started of a process is active one after the other, whatever the names of the messages.
fn started_one_after_the_other(evidence: &Evidence, found: &mut Findings) {
    /// When an instance was written first, and its end. What is written in one commit is so at the same time.
    struct Life {
        key: ProcessInstanceKey,
        begun: Timestamp,
        ended: Option<Timestamp>,
    }
    let mut lives = BTreeMap::<(SharedStr, SharedStr), Vec<Life>>::new();
    // All of one key are of one partition, where keys tell the order in which they were started.
    for (key, instance) in &evidence.instances {
        let mut begun = None;
        let mut ended = None;
        for written in events(instance) {
            match written.event {
                Event::InstanceCreated { started_by: Some(address), bpmn_process_id, .. } => {
                    begun = Some((bpmn_process_id.clone(), address.correlation_key.clone(), written.latest));
                }
                Event::InstanceCompleted { .. } | Event::InstanceTerminated { .. } => {
                    ended = Some(written.latest);
                }
                _ => {}
            }
        }
        if let Some((process, correlation_key, begun)) = begun {
            lives.entry((process, correlation_key)).or_default().push(Life { key: *key, begun, ended });
        }
    }
    for ((process, correlation_key), lives) in &lives {
        for (earlier, later) in lives.iter().zip(lives.iter().skip(1)) {
            if earlier.ended.is_none_or(|ended| ended > later.begun) {
                let what = format!(
                    "a message with the key {correlation_key} starts {process} while {} is active",
                    earlier.key
                );
                found.add(Checker::Exchange, Some(later.key), what);
            }
        }
    }
}

/// What a mailbox waits for is there.
fn in_mailbox(address: &MailboxAddress, entries: &[Entry], evidence: &Evidence, found: &mut Findings) {
    let rows_of = |key| evidence.instances.get(&key).and_then(|instance| instance.rows.as_ref());
    for entry in entries {
        let (instance, is_there) = match entry {
            Entry::Message(_) => continue,
            Entry::Subscription(row) => {
                let waits = |rows: &Rows| rows.subscriptions.iter().any(|open| open.key == row.key);
                (row.instance, rows_of(row.instance).is_some_and(waits) && row.offered.is_none())
            }
            Entry::Started(row) => match row.instance {
                Some(instance) => {
                    let is_active = |rows: &Rows| rows.instance.state == InstanceStatus::Active;
                    (instance, rows_of(instance).is_some_and(is_active))
                }
                None => {
                    found.add(Checker::Exchange, None, format!("{address:?} waits for a start: {row:?}"));
                    continue;
                }
            },
        };
        if !is_there {
            let what = format!("{address:?} waits for what is not there: {entry:?}");
            found.add(Checker::Exchange, Some(instance), what);
        }
    }
}

/// Who waits for a message is in its mailbox.
fn waits_in_mailbox(evidence: &Evidence, found: &mut Findings) {
    let mut waiting = BTreeMap::new();
    for entry in evidence.mailboxes.iter().flat_map(|(_, entries)| entries) {
        if let Entry::Subscription(row) = entry {
            waiting.insert(row.key, row.instance);
        }
    }
    for (key, instance) in &evidence.instances {
        for row in instance.rows.iter().flat_map(|rows| &rows.subscriptions) {
            if matches!(row.awaited, Awaited::Message { .. }) && !waiting.contains_key(&row.key) {
                found.add(
                    Checker::Exchange,
                    Some(*key),
                    format!("no mailbox knows of subscription {}", row.key),
                );
            }
        }
    }
}
