//! Mailboxes of the partition.

use std::collections::BTreeMap;

use engine::mailbox::{Delivery, Mailbox, MailboxCommand, MailboxContext, MessageStart, deliver};
use engine::state::MailboxAddress;
use engine::{EntityKind, Rejection};
use tokio::sync::oneshot;
use types::{MessageKey, ProcessInstanceKey, SharedStr};

use super::Partition;
use super::pending::Pending;
use super::reply::Reply;
use super::set_aside::SET_ASIDE_AT_ONCE_MAX;
use crate::error::{Error, Overload};
use crate::requests::CorrelatedMessage;

/// Mailboxes that all partitions keep in memory at most, besides those of the batches at work.
const MAILBOXES_CACHED_MAX: usize = 4_096;

/// What they may take, in bytes, roughly.
const BYTES_CACHED_MAX: usize = 64 << 20;

/// Counting the bytes takes a look at every mailbox.
const USES_BETWEEN_COUNTS: u64 = 256;

/// Callers that went away are looked for when so many wait, and then at every doubling.
const SWEPT_FROM: usize = 1_024;

/// Mailboxes in memory: a bounded cache of rows.
pub(super) struct MailboxCache {
    /// How many caches share the bounds.
    share: usize,
    /// Each with when it was used last.
    mailboxes: BTreeMap<MailboxAddress, (Mailbox, u64)>,
    uses: u64,
    /// Uses after which the bytes are counted again.
    count_at: u64,
}

impl MailboxCache {
    pub(super) fn new(share: usize) -> Self {
        Self { share, mailboxes: BTreeMap::new(), uses: 0, count_at: 0 }
    }

    pub(super) fn get(&mut self, address: &MailboxAddress) -> Option<&mut Mailbox> {
        let (mailbox, last_use) = self.mailboxes.get_mut(address)?;
        self.uses += 1;
        *last_use = self.uses;
        Some(mailbox)
    }

    /// Looks at one without using it.
    pub(super) fn peek(&self, address: &MailboxAddress) -> Option<&Mailbox> {
        self.mailboxes.get(address).map(|(mailbox, _)| mailbox)
    }

    fn insert(&mut self, mailbox: Mailbox) {
        self.put_back(mailbox.address().clone(), mailbox);
    }

    /// Takes one out, so that it can be changed together with another one.
    fn take(&mut self, address: &MailboxAddress) -> Option<(MailboxAddress, Mailbox)> {
        let (address, (mailbox, _)) = self.mailboxes.remove_entry(address)?;
        Some((address, mailbox))
    }

    fn put_back(&mut self, address: MailboxAddress, mailbox: Mailbox) {
        self.uses += 1;
        self.mailboxes.insert(address, (mailbox, self.uses));
    }

    /// Drops empty ones, and those that were not used lately down to half the bounds, except what `keeps`.
    pub(super) fn trim(&mut self, keeps: impl Fn(&MailboxAddress) -> bool) {
        let (count_max, bytes_max) = (MAILBOXES_CACHED_MAX / self.share, BYTES_CACHED_MAX / self.share);
        if self.mailboxes.len() <= count_max && self.uses < self.count_at {
            return;
        }
        self.count_at = self.uses + USES_BETWEEN_COUNTS;
        let mut bytes: usize = self.mailboxes.values().map(|(mailbox, _)| mailbox.bytes()).sum();
        if self.mailboxes.len() <= count_max && bytes <= bytes_max {
            return;
        }
        self.mailboxes.retain(|address, (mailbox, _)| !mailbox.is_empty() || keeps(address));
        let mut by_use: Vec<(u64, MailboxAddress, usize)> = self
            .mailboxes
            .iter()
            .map(|(address, (mailbox, last_use))| (*last_use, address.clone(), mailbox.bytes()))
            .collect();
        by_use.sort_unstable();
        for (_, address, size) in by_use {
            if self.mailboxes.len() <= count_max / 2 && bytes <= bytes_max / 2 {
                break;
            }
            if !keeps(&address) {
                self.mailboxes.remove(&address);
                bytes -= size;
            }
        }
    }

    /// Drops everything: memory has moved on from what the rows say.
    pub(super) fn clear(&mut self) {
        self.mailboxes.clear();
    }
}

type CorrelationReply = oneshot::Sender<Result<CorrelatedMessage, Error>>;

/// Callers who wait to hear which instance takes their message.
pub(super) struct Correlations {
    waiting: BTreeMap<MessageKey, Waiting>,
    sweep_at: usize,
}

struct Waiting {
    reply: CorrelationReply,
    name: SharedStr,
    /// Whether the message is written.
    is_durable: bool,
}

impl Default for Correlations {
    fn default() -> Self {
        Self { waiting: BTreeMap::new(), sweep_at: SWEPT_FROM }
    }
}

impl Correlations {
    fn add(&mut self, message: MessageKey, name: SharedStr, reply: CorrelationReply) {
        if self.waiting.len() >= self.sweep_at {
            self.waiting.retain(|_, waiting| !waiting.reply.is_closed());
            self.sweep_at = SWEPT_FROM.max(2 * self.waiting.len());
        }
        self.waiting.insert(message, Waiting { reply, name, is_durable: false });
    }

    /// Messages are written.
    pub(super) fn written(&mut self, messages: &[MessageKey]) {
        for message in messages {
            if let Some(waiting) = self.waiting.get_mut(message) {
                waiting.is_durable = true;
            }
        }
    }

    /// What is not written is lost.
    pub(super) fn lost(&mut self, reason: &str) {
        for (_, waiting) in self.waiting.extract_if(.., |_, waiting| !waiting.is_durable) {
            let _ = waiting.reply.send(Err(Error::Unavailable(reason.to_owned())));
        }
    }
}

impl Partition {
    /// Takes in a message for those who wait, or will.
    pub(super) async fn publish(
        &mut self,
        address: &MailboxAddress,
        command: MailboxCommand,
        pending: &mut Pending,
    ) -> Result<MessageKey, Error> {
        let expires_at = match &command {
            MailboxCommand::Publish { expires_at, .. } => Some(*expires_at),
            _ => None,
        };
        let Delivery { message, .. } = self.deliver(address, command, pending).await?;
        // One that is not kept goes when those have answered whom it was offered to.
        if let Some(expires_at) = expires_at.filter(|expires_at| *expires_at > self.shared.clock.now()) {
            pending.arm(expires_at);
        }
        message.ok_or_else(|| Error::Damaged("a message has got no key".to_owned()))
    }

    /// Gives a message to those who wait now. The caller hears which instance has taken it, after that is written.
    pub(super) async fn correlate(
        &mut self,
        address: &MailboxAddress,
        command: MailboxCommand,
        reply: CorrelationReply,
        pending: &mut Pending,
    ) {
        match self.publish(address, command, pending).await {
            Ok(message) => {
                self.correlations.add(message, address.name.clone(), reply);
                pending.correlations.push(message);
            }
            Err(error) => pending.replies.push(Reply::Correlated(reply, Err(error))),
        }
    }

    /// Gives a command to a mailbox.
    ///
    /// # Errors
    /// The store does not answer.
    pub(super) async fn mail(
        &mut self,
        address: &MailboxAddress,
        command: MailboxCommand,
        pending: &mut Pending,
    ) -> Result<(), Error> {
        self.deliver(address, command, pending).await.map(drop)
    }

    /// How many messages are in a mailbox that is in memory.
    pub(super) fn mailbox_messages(&mut self, address: &MailboxAddress) -> Option<usize> {
        self.mailboxes.get(address).map(|mailbox| mailbox.messages().count())
    }

    async fn deliver(
        &mut self,
        address: &MailboxAddress,
        command: MailboxCommand,
        pending: &mut Pending,
    ) -> Result<Delivery, Error> {
        let starts: Vec<MessageStart> = if command.is_about_starts() {
            self.shared.definitions.message_starts(&address.tenant, &address.name).await?
        } else {
            Vec::new()
        };
        let mut needed = vec![address.clone()];
        needed.extend(address.locks().filter(|_| command.looks_at_locks(&starts)));
        self.load_mailboxes(&needed).await?;
        self.deliver_with(&starts, address, command, pending)
    }

    /// Makes sure that mailboxes are in memory.
    ///
    /// # Errors
    /// The store does not answer, or so many rows make no sense that the rest has to wait for the next try.
    pub(super) async fn load_mailboxes(&mut self, addresses: &[MailboxAddress]) -> Result<(), Error> {
        let missing: Vec<MailboxAddress> =
            addresses.iter().filter(|address| self.mailboxes.peek(address).is_none()).cloned().collect();
        if missing.is_empty() {
            return Ok(());
        }
        let mut set_aside = 0;
        let found = loop {
            if set_aside == SET_ASIDE_AT_ONCE_MAX {
                return Err(Overload::Unreadable(set_aside).into());
            }
            let read = self.shared.store.mailboxes(self.id, &missing).await;
            if let Some(found) = self.readable(read).await? {
                break found;
            }
            set_aside += 1;
        };
        for (address, entries) in missing.into_iter().zip(found) {
            self.mailboxes.insert(Mailbox::load(address, entries));
        }
        Ok(())
    }

    /// Gives a command to a mailbox that is in memory, as the locks are that it looks at: nothing has to be read.
    pub(super) fn deliver_with(
        &mut self,
        starts: &[MessageStart],
        address: &MailboxAddress,
        command: MailboxCommand,
        pending: &mut Pending,
    ) -> Result<Delivery, Error> {
        let not_loaded = || Error::Damaged("a mailbox that was read is not in memory".to_owned());
        let context = MailboxContext { starts, at: self.shared.clock.now() };
        let mut locks = match address.locks().filter(|_| command.looks_at_locks(starts)) {
            Some(locks) => Some(self.mailboxes.take(&locks).ok_or_else(not_loaded)?),
            None => None,
        };
        let delivered = match self.mailboxes.get(address) {
            Some(mailbox) => {
                let before = mailbox.bytes();
                let locks = locks.as_mut().map(|(_, locks)| locks);
                let delivered = deliver(context, mailbox, locks, &mut self.keys, command);
                pending.add_bytes(mailbox.bytes().saturating_sub(before));
                delivered.map_err(Error::from)
            }
            None => Err(not_loaded()),
        };
        if let Some((address, locks)) = locks {
            pending.mailboxes.insert(address.clone());
            self.mailboxes.put_back(address, locks);
        }
        let mut delivery = delivered?;
        pending.mailboxes.insert(address.clone());
        if let Some((message, instance)) = delivery.taken {
            self.answer_correlation(message, Some(instance), pending);
        }
        for message in &delivery.given_up {
            self.answer_correlation(*message, None, pending);
        }
        self.pass_on(std::mem::take(&mut delivery.outgoing), pending);
        Ok(delivery)
    }

    fn answer_correlation(
        &mut self,
        message: MessageKey,
        instance: Option<ProcessInstanceKey>,
        pending: &mut Pending,
    ) {
        let Some(waiting) = self.correlations.waiting.remove(&message) else { return };
        let answer = match instance {
            Some(instance) => Ok(CorrelatedMessage { message, instance }),
            None => {
                let name = waiting.name.to_string();
                Err(Rejection::UnknownName { kind: EntityKind::MessageSubscription, name }.into())
            }
        };
        pending.replies.push(Reply::Correlated(waiting.reply, answer));
    }
}
