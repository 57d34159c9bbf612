//! The state of a mailbox: its rows in memory, and which of them have changed.

use std::collections::BTreeMap;

use types::{MessageKey, ProcessDefinitionKey, SharedStr, SubscriptionKey, Timestamp};

use super::entry::{Entry, EntryKey, MailboxSubscription, Message, StartedProcess};
use crate::state::{Change, MailboxAddress, Touched};

/// Most messages that one mailbox keeps.
pub const MESSAGES_MAX: usize = 10_000;

/// What the messages that one mailbox keeps may take, in bytes of variables and ids.
pub const MESSAGES_BYTES_MAX: usize = 64 << 20;

/// What a message takes at least, in bytes, roughly.
const BYTES_PER_MESSAGE: usize = 200;

/// All that is in one mailbox.
#[derive(Clone, Debug)]
pub struct Mailbox {
    address: MailboxAddress,
    messages: BTreeMap<MessageKey, Message>,
    subscriptions: BTreeMap<SubscriptionKey, MailboxSubscription>,
    started: BTreeMap<ProcessDefinitionKey, StartedProcess>,
    /// What the messages take.
    bytes: usize,
    touched: Touched<EntryKey>,
}

impl Mailbox {
    /// A mailbox with these rows.
    pub fn load(address: MailboxAddress, entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut mailbox = Self {
            address,
            messages: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            started: BTreeMap::new(),
            bytes: 0,
            touched: Touched::default(),
        };
        for entry in entries {
            mailbox.insert(entry);
        }
        mailbox
    }

    /// Where it is.
    pub fn address(&self) -> &MailboxAddress {
        &self.address
    }

    /// Messages, the oldest first.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.values()
    }

    /// Those who wait.
    pub fn subscriptions(&self) -> impl Iterator<Item = &MailboxSubscription> {
        self.subscriptions.values()
    }

    /// Processes that messages have started and that have not ended: in a mailbox of locks, and in others that an older
    /// release has written.
    pub fn started(&self) -> impl Iterator<Item = &StartedProcess> {
        self.started.values()
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.subscriptions.is_empty() && self.started.is_empty()
    }

    /// What it takes in memory, in bytes, roughly.
    pub fn bytes(&self) -> usize {
        self.bytes + BYTES_PER_MESSAGE * (self.subscriptions.len() + self.started.len())
    }

    /// The rows that have changed since the last call, for the store.
    pub fn take_changes(&mut self) -> Vec<Change<EntryKey, Entry>> {
        let mut touched = std::mem::take(&mut self.touched);
        touched.take(|key| self.entry(*key))
    }

    pub(super) fn message(&self, key: MessageKey) -> Option<&Message> {
        self.messages.get(&key)
    }

    pub(super) fn subscription(&self, key: SubscriptionKey) -> Option<&MailboxSubscription> {
        self.subscriptions.get(&key)
    }

    /// What its messages take, in bytes.
    pub(super) fn message_bytes(&self) -> usize {
        self.bytes
    }

    /// The first subscription of a process that can be offered a message.
    pub(super) fn free_subscription(&self, process: &str) -> Option<SubscriptionKey> {
        self.subscriptions
            .values()
            .find(|row| *row.bpmn_process_id == *process && row.offered.is_none() && !row.closed)
            .map(|row| row.key)
    }

    /// The oldest message that is kept and has not gone to a process.
    pub(super) fn next_message(&self, process: &str, at: Timestamp) -> Option<MessageKey> {
        self.messages
            .values()
            .find(|message| message.expires_at > at && !has_gone_to(message, process))
            .map(|message| message.key)
    }

    /// Whether somebody has yet to say whether they take a message.
    pub(super) fn is_offered(&self, message: MessageKey) -> bool {
        self.subscriptions.values().any(|row| row.offered == Some(message))
            || self.message(message).is_some_and(|row| row.starting > 0)
            || self.started.values().any(|row| row.message == message && row.instance.is_none())
    }

    /// Whether an instance that a message has started is active, so that the next one has to wait.
    pub(super) fn is_locked(&self, process: &str) -> bool {
        self.started.values().any(|row| *row.bpmn_process_id == *process)
    }

    /// Adds or replaces a row.
    pub(super) fn put(&mut self, entry: Entry) {
        let key = entry.key();
        let exists = self.contains(key);
        self.touched.mark(&key, exists);
        self.insert(entry);
    }

    /// Takes a row away.
    pub(super) fn remove(&mut self, key: EntryKey) {
        if !self.contains(key) {
            return;
        }
        self.touched.mark(&key, true);
        match key {
            EntryKey::Message(key) => {
                if let Some(message) = self.messages.remove(&key) {
                    self.bytes -= size(&message);
                }
            }
            EntryKey::Subscription(key) => drop(self.subscriptions.remove(&key)),
            EntryKey::Started(key) => drop(self.started.remove(&key)),
        }
    }

    fn insert(&mut self, entry: Entry) {
        match entry {
            Entry::Message(message) => {
                self.bytes += size(&message);
                if let Some(replaced) = self.messages.insert(message.key, message) {
                    self.bytes -= size(&replaced);
                }
            }
            Entry::Subscription(subscription) => {
                self.subscriptions.insert(subscription.key, subscription);
            }
            Entry::Started(started) => {
                self.started.insert(started.definition, started);
            }
        }
    }

    fn contains(&self, key: EntryKey) -> bool {
        match key {
            EntryKey::Message(key) => self.messages.contains_key(&key),
            EntryKey::Subscription(key) => self.subscriptions.contains_key(&key),
            EntryKey::Started(key) => self.started.contains_key(&key),
        }
    }

    fn entry(&self, key: EntryKey) -> Option<Entry> {
        match key {
            EntryKey::Message(key) => self.messages.get(&key).cloned().map(Entry::Message),
            EntryKey::Subscription(key) => self.subscriptions.get(&key).cloned().map(Entry::Subscription),
            EntryKey::Started(key) => self.started.get(&key).cloned().map(Entry::Started),
        }
    }

    /// The processes that wait, in the order of their first subscriptions.
    pub(super) fn waiting_processes(&self) -> Vec<SharedStr> {
        let mut processes: Vec<SharedStr> = Vec::new();
        for row in self.subscriptions.values().filter(|row| row.offered.is_none() && !row.closed) {
            if !processes.contains(&row.bpmn_process_id) {
                processes.push(row.bpmn_process_id.clone());
            }
        }
        processes
    }
}

/// Two mailboxes are equal when their rows are.
impl PartialEq for Mailbox {
    fn eq(&self, other: &Self) -> bool {
        self.address == other.address
            && self.messages == other.messages
            && self.subscriptions == other.subscriptions
            && self.started == other.started
    }
}

/// What a message takes, in bytes.
pub(super) fn size(message: &Message) -> usize {
    BYTES_PER_MESSAGE + message.variables.bytes() + message.message_id.as_ref().map_or(0, |id| id.len())
}

/// Whether a process has got a message, or is being offered it.
pub(super) fn has_gone_to(message: &Message, process: &str) -> bool {
    message.correlated_to.iter().any(|other| **other == *process)
}
