//! The journal's binary form: one entry per instance and batch, with who did it, when, and the events.
//!
//! CBOR, an array of format version and a map with numbered fields. A reader of any later release reads every earlier entry:
//! numbers are never reused, added fields are optional, and a new meaning is a new number.

use minicbor::{Decode, Encode};
use types::{Actor, Timestamp};

use crate::event::Event;

/// The format that this release writes.
pub const FORMAT_VERSION: u8 = 1;

/// What one command did to one instance.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Entry {
    /// When the command was carried out.
    #[n(0)]
    pub at: Timestamp,
    /// Who sent it.
    #[n(1)]
    pub actor: Actor,
    /// What has happened, in order.
    #[n(2)]
    pub events: Vec<Event>,
}

/// Why bytes are no journal entries.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Written by a release with another format.
    #[error("journal format {found} is newer than {FORMAT_VERSION}, the newest that this release reads")]
    UnknownFormat {
        /// The format found.
        found: u8,
    },
    /// Not what a release has written.
    #[error("journal entry is damaged: {0}")]
    Damaged(#[from] minicbor::decode::Error),
}

/// The bytes of `entries`.
pub fn encode(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64 * entries.len().max(1) * 8);
    bytes.push(FORMAT_VERSION);
    let written = minicbor::encode(entries, &mut bytes);
    debug_assert!(written.is_ok(), "writing to memory does not fail");
    bytes
}

/// The entries that `bytes` hold.
///
/// # Errors
/// The bytes are damaged or were written by a newer release.
pub fn decode(bytes: &[u8]) -> Result<Vec<Entry>, Error> {
    match bytes.split_first() {
        Some((&FORMAT_VERSION, body)) => Ok(minicbor::decode(body)?),
        Some((&found, _)) => Err(Error::UnknownFormat { found }),
        None => Ok(Vec::new()),
    }
}
