//! What an instance has taken of messages is kept, once: a row for each, that says where it waited and what came.

use std::collections::BTreeMap;

use engine::Event;
use engine::state::{Awaited, MailboxAddress};
use store::MessageCorrelation;
use types::{ElementInstanceKey, MessageKey, ProcessInstanceKey, SharedStr, SubscriptionKey, TenantId};

use super::{Checker, Findings, events};
use crate::evidence::{Evidence, Instance};

/// A message that an instance has taken, as the journal tells it.
struct Took<'e> {
    message: MessageKey,
    subscription: SubscriptionKey,
    waited: Option<Waited<'e>>,
}

/// What was waited for, and where.
#[derive(Clone, Copy)]
struct Waited<'e> {
    element_instance: ElementInstanceKey,
    element: &'e SharedStr,
    name: &'e SharedStr,
    correlation_key: &'e SharedStr,
}

pub(super) fn check(evidence: &Evidence, found: &mut Findings) {
    let mut kept = BTreeMap::<ProcessInstanceKey, Vec<&MessageCorrelation>>::new();
    for record in &evidence.correlations {
        kept.entry(record.correlation.instance).or_default().push(&record.correlation);
    }
    for (key, instance) in &evidence.instances {
        of_instance(*key, instance, kept.remove(key).unwrap_or_default(), found);
    }
    for row in kept.into_values().flatten() {
        found.add(Checker::Correlations, None, format!("it belongs to no instance: {row:?}"));
    }
    started_once(evidence, found);
}

fn of_instance(
    key: ProcessInstanceKey,
    instance: &Instance,
    rows: Vec<&MessageCorrelation>,
    found: &mut Findings,
) {
    let (starts, mut rows): (Vec<_>, Vec<_>) =
        rows.into_iter().partition(|row| row.element_instance.is_none());
    let mut add = |what: String| found.add(Checker::Correlations, Some(key), what);
    // Messages of a history all have keys, and so what starts an instance has an address.
    match (started_by(instance), &*starts) {
        (None, []) => {}
        (Some(address), [row]) => {
            let is_address = row.tenant == address.tenant
                && row.name == address.name
                && row.correlation_key == address.correlation_key;
            if !is_address || row.subscription.0 != row.definition.0 {
                add(format!("it was started from {address:?}, and this is kept: {row:?}"));
            }
        }
        (address, rows) => add(format!("it was started from {address:?}, and this is kept: {rows:?}")),
    }
    for took in taken(instance) {
        let Took { message, subscription, waited } = took;
        let is_its = |row: &&MessageCorrelation| row.message == message && row.subscription == subscription;
        let Some(place) = rows.iter().position(is_its) else {
            add(format!("message {message} was taken for subscription {subscription}, and no row says so"));
            continue;
        };
        let row = rows.swap_remove(place);
        let is_so = waited.is_some_and(|waited| {
            row.element_instance == Some(waited.element_instance)
                && row.element == *waited.element
                && row.name == *waited.name
                && row.correlation_key == *waited.correlation_key
                && row.tenant == TenantId::default()
        });
        if !is_so {
            add(format!("what is kept of message {message} is not what it was taken for: {row:?}"));
        }
    }
    for row in rows {
        add(format!("it has not taken, or not so often, what is kept: {row:?}"));
    }
}

/// Messages that an instance has taken, in their order.
fn taken(instance: &Instance) -> Vec<Took<'_>> {
    let mut open = BTreeMap::new();
    let mut taken = Vec::new();
    for written in events(instance) {
        match written.event {
            Event::SubscriptionOpened {
                key,
                element_instance,
                element,
                awaited: Awaited::Message { name, correlation_key },
                ..
            } => {
                let element_instance = *element_instance;
                open.insert(*key, Waited { element_instance, element, name, correlation_key });
            }
            Event::SubscriptionTriggered { key, message: Some(message), .. } => {
                let (message, subscription) = (*message, *key);
                taken.push(Took { message, subscription, waited: open.get(key).copied() });
            }
            _ => {}
        }
    }
    taken
}

fn started_by(instance: &Instance) -> Option<&MailboxAddress> {
    events(instance).find_map(|written| match written.event {
        Event::InstanceCreated { started_by, .. } => started_by.as_ref(),
        _ => None,
    })
}

/// A message goes once to each process, whether it starts an instance or one has waited for it.
fn started_once(evidence: &Evidence, found: &mut Findings) {
    let mut messages = BTreeMap::<(MessageKey, &SharedStr), ProcessInstanceKey>::new();
    for record in &evidence.correlations {
        let row = &record.correlation;
        if let Some(other) = messages.insert((row.message, &record.bpmn_process_id), row.instance) {
            let what = format!(
                "message {} has come to {} before, and goes to process {} a second time",
                row.message, other, record.bpmn_process_id
            );
            found.add(Checker::Correlations, Some(row.instance), what);
        }
    }
}
