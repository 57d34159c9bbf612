//! Rows that this release cannot read, or cannot do anything with. They are set aside, so that what comes after them goes on.

use std::fmt;

use engine::mailbox::EntryKey;
use engine::state::MailboxAddress;
use types::{PartitionId, Timestamp};

use crate::ParcelKey;

/// Rows that [`Store::rows_set_aside`](crate::Store::rows_set_aside) gives at once at most.
pub const ROWS_SET_ASIDE_LISTED_MAX: u32 = 1_000;

/// A row of what crosses instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CrossingRow {
    /// A parcel of the outbox.
    Parcel(ParcelKey),
    /// A row of a mailbox.
    Entry {
        /// The mailbox.
        mailbox: MailboxAddress,
        /// The row.
        key: EntryKey,
    },
}

impl CrossingRow {
    /// Its key, which is a part of its name.
    pub fn key(&self) -> types::Key {
        match self {
            Self::Parcel(parcel) => parcel.key,
            Self::Entry { key, .. } => key.key(),
        }
    }
}

impl fmt::Display for CrossingRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parcel(ParcelKey { receiver, key }) => {
                write!(f, "parcel {} of the outbox, for partition {}", key.get(), receiver.get())
            }
            Self::Entry { mailbox, key } => {
                let what = match key {
                    EntryKey::Message(_) => "message",
                    EntryKey::Subscription(_) => "subscription",
                    EntryKey::Started(_) => "started process",
                };
                let (name, correlation_key) = (&mailbox.name, &mailbox.correlation_key);
                write!(f, "{what} {} of the mailbox `{name}`, `{correlation_key}`", key.key().get())
            }
        }
    }
}

/// A row that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowSetAside {
    /// A later one was set aside later.
    pub number: i64,
    /// The partition whose line it held up.
    pub partition: PartitionId,
    /// What it was.
    pub row: CrossingRow,
    /// How much it holds, as it was found. A listing leaves out what that is: it may be some MiB.
    pub content_bytes: u64,
    /// Why it was set aside.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}
