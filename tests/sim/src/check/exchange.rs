//! What crosses instances arrives once: no message or signal is taken twice, nothing is left on its way, and no mailbox waits
//! for an instance that does not.

use std::collections::{BTreeMap, BTreeSet};

use engine::Event;
use engine::mailbox::Entry;
use engine::state::{Awaited, InstanceStatus, MailboxAddress, Rows};
use types::{MessageKey, SharedStr, SignalKey, SubscriptionKey};

use super::{Checker, Findings, events};
use crate::evidence::Evidence;

pub(super) fn check(evidence: &Evidence, found: &mut Findings) {
    taken_once(evidence, found);
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
