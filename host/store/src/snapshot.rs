//! A database as of one moment, as the bytes of a file.

use std::fmt;

use futures_util::stream::BoxStream;

use crate::Error;

/// A database as of one moment, as the bytes of a file that a store opens.
///
/// What is written after that moment is not in it, and waits for nobody. The store keeps what the snapshot still needs until the
/// last bytes were taken or the snapshot is dropped, so whoever takes it should come to an end.
pub struct Snapshot {
    /// The length of the whole.
    pub bytes: u64,
    /// The whole, piece by piece. It ends early after an error only.
    pub pieces: BoxStream<'static, Result<Vec<u8>, Error>>,
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}
