//! What is in a mailbox, each of which is one row of the store.

use minicbor::{Decode, Encode};
use types::{
    Key, MessageKey, ProcessDefinitionKey, ProcessInstanceKey, SharedStr, SubscriptionKey, Timestamp,
    Variables,
};

/// One row of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub enum Entry {
    /// A message.
    #[n(0)]
    Message(#[n(0)] Message),
    /// What waits for messages.
    #[n(1)]
    Subscription(#[n(0)] MailboxSubscription),
    /// A process that a message has started.
    #[n(2)]
    Started(#[n(0)] StartedProcess),
}

/// Names a row of a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKey {
    /// A message.
    Message(MessageKey),
    /// A subscription.
    Subscription(SubscriptionKey),
    /// A process version that a message has started.
    Started(ProcessDefinitionKey),
}

impl EntryKey {
    /// The row of a kind, as [`kind`](Self::kind) counts them, with a key; `None` when there is no such kind.
    pub fn of_kind(kind: i64, key: Key) -> Option<Self> {
        match kind {
            0 => Some(Self::Message(key.into())),
            1 => Some(Self::Subscription(key.into())),
            2 => Some(Self::Started(key.into())),
            _ => None,
        }
    }

    /// Which kind of row it is: 0 for messages, 1 for subscriptions, 2 for what was started.
    pub fn kind(self) -> u8 {
        match self {
            Self::Message(_) => 0,
            Self::Subscription(_) => 1,
            Self::Started(_) => 2,
        }
    }

    /// The key within its kind.
    pub fn key(self) -> Key {
        match self {
            Self::Message(key) => key.0,
            Self::Subscription(key) => key.0,
            Self::Started(key) => key.0,
        }
    }
}

impl Entry {
    /// Its name.
    pub fn key(&self) -> EntryKey {
        match self {
            Self::Message(message) => EntryKey::Message(message.key),
            Self::Subscription(subscription) => EntryKey::Subscription(subscription.key),
            Self::Started(started) => EntryKey::Started(started.definition),
        }
    }

    /// Until when it is kept; `None` for what has no time.
    pub fn expires_at(&self) -> Option<Timestamp> {
        match self {
            Self::Message(message) => Some(message.expires_at),
            Self::Subscription(_) | Self::Started(_) => None,
        }
    }
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Message {
    /// Its key; a later one came later.
    #[n(0)]
    pub key: MessageKey,
    /// The sender's own id for it.
    #[n(1)]
    pub message_id: Option<SharedStr>,
    /// Its variables.
    #[n(2)]
    pub variables: Variables,
    /// Until when it is kept for those who do not wait yet.
    #[n(3)]
    pub expires_at: Timestamp,
    /// The processes that have got it, or are being offered it.
    #[n(4)]
    pub correlated_to: Vec<SharedStr>,
    /// How many processes it is to start that have not come into being yet. Only with a correlation key.
    #[n(5)]
    #[cbor(default)]
    pub starting: u32,
}

/// Somebody who waits for messages.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MailboxSubscription {
    /// Its key, which is that of the instance's row.
    #[n(0)]
    pub key: SubscriptionKey,
    /// Whose it is.
    #[n(1)]
    pub instance: ProcessInstanceKey,
    /// The process that waits.
    #[n(2)]
    pub bpmn_process_id: SharedStr,
    /// Whether one message ends it.
    #[n(3)]
    pub once: bool,
    /// The message that it was offered and has not answered to.
    #[n(4)]
    pub offered: Option<MessageKey>,
    /// Nobody waits any longer; the row is there for the answer only.
    #[n(5)]
    pub closed: bool,
}

/// A process that a message with a key has started. Until its instance ends, the next message has to wait.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct StartedProcess {
    /// The version that was started.
    #[n(0)]
    pub definition: ProcessDefinitionKey,
    /// The process.
    #[n(1)]
    pub bpmn_process_id: SharedStr,
    /// The message.
    #[n(2)]
    pub message: MessageKey,
    /// The instance; `None` until it has come into being.
    #[n(3)]
    pub instance: Option<ProcessInstanceKey>,
}
