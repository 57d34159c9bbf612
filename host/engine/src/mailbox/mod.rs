//! Mailboxes: where messages meet what waits for them.
//!
//! A mailbox holds all messages and subscriptions of one name and correlation key. It belongs to the partition that
//! [`MailboxAddress::partition`] gives, and is a state machine like an instance: [`deliver`] carries out one
//! [`MailboxCommand`], and says what that asks of others. Only [`Mailbox`] itself changes its rows.
//!
//! The rules are Camunda's. A message that lives for no time is not kept. Messages go in the order in which they came. A
//! message goes once to each process, whatever the version, and to as many processes as wait. One that starts a process
//! waits while an instance that its key has started is active, whatever the name of the message that did; without a key
//! nothing has to wait.
//!
//! So what was started is kept apart from the messages, in a mailbox of the key alone, the *locks*. All mailboxes with one
//! key are in one partition: locks and messages change in one commit.
//!
//! An instance of another partition hears of a message later, and may have ended by then. So a message is *offered* to a
//! subscription, which gets no other one until its instance has answered; if that does not take it, the next one gets it.

mod address;
mod deliver;
mod entry;
mod state;

pub use deliver::{
    Delivery, MailboxCommand, MailboxContext, MessageStart, NewMessage, deliver, with_oldest_message,
};
pub use entry::{Entry, EntryKey, MailboxSubscription, Message, StartedProcess};
pub use state::{MESSAGES_BYTES_MAX, MESSAGES_MAX, Mailbox};
