//! Where a mailbox is.

use std::num::NonZeroU16;

use sha2::{Digest, Sha256};
use types::{PartitionId, SharedStr};

use crate::state::MailboxAddress;

impl MailboxAddress {
    /// A digest that stands for the address: as good as unique, and short whatever the name and the key are.
    ///
    /// Stored, so it never changes.
    pub fn digest(&self) -> [u8; 16] {
        let mut digest = Sha256::new();
        for part in [self.tenant.as_str(), &*self.name, &*self.correlation_key] {
            // With its length, so that no two addresses are the same text.
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let digest: [u8; 32] = digest.finalize().into();
        let mut first = [0; 16];
        first.copy_from_slice(&digest[..16]);
        first
    }

    /// Where is kept what messages with this key have started, whatever their names: a mailbox without a name, which no
    /// message has. `None` without a key, because then nothing has to wait.
    pub fn locks(&self) -> Option<Self> {
        (!self.correlation_key.is_empty()).then(|| Self { name: SharedStr::default(), ..self.clone() })
    }

    /// The partition of `partitions` that the mailbox belongs to: that of all mailboxes with its key, if it has one, so that
    /// one loop decides what these start.
    pub fn partition(&self, partitions: NonZeroU16) -> PartitionId {
        let digest = self.locks().as_ref().unwrap_or(self).digest();
        let number = u16::from_be_bytes([digest[0], digest[1]]) % partitions;
        PartitionId::new(number + 1).unwrap_or(PartitionId::FIRST)
    }
}
