//! What crosses instances: on its way between partitions, in mailboxes, in start events.

use engine::mailbox::{Entry, EntryKey};
use engine::state::MailboxAddress;
use engine::{Change, Outgoing};
use minicbor::{Decode, Encode};
use types::{
    Key, PartitionId, ProcessDefinitionKey, ProcessInstanceKey, SharedStr, SubscriptionKey, TenantId,
    TimerKey, Timestamp,
};

/// What one commit changes beyond the rows of instances. Most commits change nothing here.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    /// What the partition sends, and what it has received and carried out.
    pub outbox: Vec<Change<ParcelKey, Parcel>>,
    /// Mailboxes, each at most once.
    pub mailboxes: Vec<MailboxBatch>,
    /// Timers of start events.
    pub start_timers: Vec<Change<TimerKey, StartTimer>>,
}

impl Exchange {
    /// Whether it changes nothing.
    pub fn is_empty(&self) -> bool {
        self.outbox.is_empty() && self.mailboxes.is_empty() && self.start_timers.is_empty()
    }
}

/// What one commit writes for one mailbox.
#[derive(Clone, Debug)]
pub struct MailboxBatch {
    /// Where it is.
    pub address: MailboxAddress,
    /// The rows.
    pub changes: Vec<Change<EntryKey, Entry>>,
}

/// Something on its way to a partition: a row of the outbox, from the commit of its sender to that of its receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// Its name.
    pub key: ParcelKey,
    /// What it is.
    pub content: ParcelContent,
}

/// Names a [`Parcel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ParcelKey {
    /// The partition that carries it out.
    pub receiver: PartitionId,
    /// A key of the sender's: those of one sender are in the order in which they were sent.
    pub key: Key,
}

/// What is in a [`Parcel`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ParcelContent {
    /// What is to be done.
    #[n(0)]
    pub outgoing: Outgoing,
    /// Of a signal that some subscriptions have got: those after this one were opened after it had come.
    #[n(1)]
    pub last_subscription: Option<SubscriptionKey>,
}

/// A subscription and the instance that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubscriptionRef {
    /// The subscription.
    pub subscription: SubscriptionKey,
    /// The instance.
    pub instance: ProcessInstanceKey,
}

/// What makes a start event happen, besides timers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StartTrigger {
    /// A message with this name.
    Message(SharedStr),
    /// A signal with this name.
    Signal(SharedStr),
    /// A condition that holds.
    Condition,
}

/// A start event of the latest version of a process that something outside makes happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartEvent {
    /// The version.
    pub definition: ProcessDefinitionKey,
    /// The tenant.
    pub tenant: TenantId,
    /// The process's id in the model.
    pub bpmn_process_id: SharedStr,
    /// The start event's id in the model, or that of a receive task that starts the process.
    pub element: SharedStr,
    /// Which of the event's triggers it is.
    pub trigger_index: u16,
    /// What makes it happen.
    pub trigger: StartTrigger,
}

/// A timer of a start event of the latest version of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartTimer {
    /// Its key.
    pub key: TimerKey,
    /// The version.
    pub definition: ProcessDefinitionKey,
    /// The tenant.
    pub tenant: TenantId,
    /// The process's id in the model.
    pub bpmn_process_id: SharedStr,
    /// The start event's id in the model.
    pub element: SharedStr,
    /// Which of the event's triggers it is.
    pub trigger: u16,
    /// The date, duration or cycle that the model says.
    pub text: SharedStr,
    /// When the timer was set for the first time.
    pub armed_at: Timestamp,
    /// When it fires.
    pub due: Timestamp,
    /// How many times of its cycle lie behind it.
    pub fired: u32,
}

/// All that can start the latest version of a process by itself: takes the place of what the version before had.
#[derive(Clone, Debug)]
pub struct ProcessStarts {
    /// The process's id in the model.
    pub bpmn_process_id: SharedStr,
    /// Its start events.
    pub events: Vec<StartEvent>,
    /// Its timers.
    pub timers: Vec<StartTimer>,
}
