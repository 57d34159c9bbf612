//! What crosses instances.

use std::collections::BTreeMap;

use engine::mailbox::{Entry, EntryKey};
use engine::state::MailboxAddress;
use types::{PartitionId, ProcessDefinitionKey, SharedStr, TenantId, TimerKey, Timestamp};

use super::rows::{apply, lacks};
use crate::{Error, Exchange, Parcel, ParcelKey, ProcessStarts, StartEvent, StartTimer};

/// The rows of it.
#[derive(Debug, Default)]
pub(super) struct Crossing {
    pub(super) outbox: BTreeMap<ParcelKey, Parcel>,
    pub(super) mailboxes: BTreeMap<MailboxAddress, BTreeMap<EntryKey, Entry>>,
    pub(super) start_events: BTreeMap<(ProcessDefinitionKey, SharedStr, u16), StartEvent>,
    pub(super) start_timers: BTreeMap<TimerKey, StartTimer>,
}

impl Crossing {
    /// Whether all rows are there that `exchange` removes.
    pub(super) fn check(&self, exchange: &Exchange) -> Result<(), Error> {
        let empty = BTreeMap::new();
        let lacks_mail = exchange
            .mailboxes
            .iter()
            .any(|batch| lacks(self.mailboxes.get(&batch.address).unwrap_or(&empty), &batch.changes));
        let lacking = [
            ("outbox", lacks(&self.outbox, &exchange.outbox)),
            ("mailbox", lacks_mail),
            ("start_timer", lacks(&self.start_timers, &exchange.start_timers)),
        ];
        match lacking.into_iter().find(|(_, lacks)| *lacks) {
            None => Ok(()),
            Some((table, _)) => Err(Error::Damaged(format!("{table} did not take all rows of a commit"))),
        }
    }

    pub(super) fn apply(&mut self, exchange: Exchange) {
        apply(&mut self.outbox, exchange.outbox, |parcel| parcel.key);
        for batch in exchange.mailboxes {
            let entries = self.mailboxes.entry(batch.address.clone()).or_default();
            apply(entries, batch.changes, Entry::key);
            if entries.is_empty() {
                self.mailboxes.remove(&batch.address);
            }
        }
        apply(&mut self.start_timers, exchange.start_timers, |timer| timer.key);
    }

    pub(super) fn replace_starts(&mut self, tenant: &TenantId, starts: ProcessStarts) {
        let is_other =
            |other: &TenantId, process: &SharedStr| other != tenant || *process != starts.bpmn_process_id;
        self.start_events.retain(|_, event| is_other(&event.tenant, &event.bpmn_process_id));
        self.start_timers.retain(|_, timer| is_other(&timer.tenant, &timer.bpmn_process_id));
        for event in starts.events {
            self.start_events.insert((event.definition, event.element.clone(), event.trigger_index), event);
        }
        for timer in starts.timers {
            self.start_timers.insert(timer.key, timer);
        }
    }

    /// When the messages of a partition expire, each with its mailbox.
    pub(super) fn expiries(
        &self,
        partition: PartitionId,
    ) -> impl Iterator<Item = (Timestamp, &MailboxAddress)> {
        self.mailboxes.iter().flat_map(move |(address, entries)| {
            entries
                .values()
                .filter(move |entry| entry.key().key().partition() == Some(partition))
                .filter_map(move |entry| entry.expires_at().map(|time| (time, address)))
        })
    }

    /// How many messages have had their time at `now`.
    pub(super) fn messages_expired(&self, now: Timestamp) -> usize {
        let entries = self.mailboxes.values().flat_map(BTreeMap::values);
        entries.filter(|entry| entry.expires_at().is_some_and(|time| time <= now)).count()
    }

    pub(super) fn start_timers_of(&self, partition: PartitionId) -> impl Iterator<Item = &StartTimer> {
        self.start_timers.values().filter(move |timer| timer.key.0.partition() == Some(partition))
    }
}
