//! What element instances wait for.

use minicbor::{Decode, Encode};
use types::{ElementInstanceKey, SharedStr, SubscriptionKey, TimerKey, Timestamp};

/// A timer that has not fired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    /// Its key.
    pub key: TimerKey,
    /// The activity it is attached to, or the catch event itself.
    pub element_instance: ElementInstanceKey,
    /// The timer event's id in the model.
    pub element: SharedStr,
    /// When it fires.
    pub due: Timestamp,
    /// How many times of its cycle lie behind it: times that were missed count too.
    pub fired: u32,
    /// Which of the event's triggers it is.
    pub trigger: u16,
    /// Whether its instance is held by an operator: then it does not fire.
    pub suspended: bool,
}

impl Timer {
    /// When a timer is due that waits for an operator, because its cycle cannot be read: at the end of time.
    pub const HELD: Timestamp = Timestamp::MAX;

    /// Whether it waits for an operator.
    pub fn is_held(&self) -> bool {
        self.due == Self::HELD
    }
}

/// What an element instance waits for besides timers and jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its key.
    pub key: SubscriptionKey,
    /// What waits: the catch event or receive task, the activity with the boundary event, the event-based gateway,
    /// or the scope with the event sub-process.
    pub element_instance: ElementInstanceKey,
    /// The event's id in the model.
    pub element: SharedStr,
    /// Which of the event's triggers it is.
    pub trigger: u16,
    /// What is waited for.
    pub awaited: Awaited,
}

/// What a subscription waits for.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub enum Awaited {
    /// A message with this name and correlation key.
    #[n(0)]
    Message {
        /// The name.
        #[n(0)]
        name: SharedStr,
        /// The correlation key. Not empty.
        #[n(1)]
        correlation_key: SharedStr,
    },
    /// A signal with this name.
    #[n(1)]
    Signal {
        /// The name.
        #[n(0)]
        name: SharedStr,
    },
    /// A condition that becomes true.
    #[n(2)]
    Condition {
        /// Whether it was true when it was last looked at.
        #[n(0)]
        held: bool,
        /// What a step had no room for.
        #[n(1)]
        left: Option<ConditionLeft>,
    },
}

/// What a step has left to a later one, of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ConditionLeft {
    /// To look whether it is true.
    #[n(0)]
    Look,
    /// It has become true, and what waits for it does not know.
    #[n(1)]
    Happen,
}
