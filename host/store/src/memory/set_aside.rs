//! Rows that are set aside: taken out of their lines, and kept for operators.

use types::{PartitionId, Timestamp};

use super::state::State;
use crate::{CrossingRow, Error, RowSetAside};

impl State {
    pub(super) fn set_aside(
        &mut self,
        partition: PartitionId,
        row: &CrossingRow,
        reason: &str,
        at: Timestamp,
    ) -> Result<(), Error> {
        let content = match row {
            CrossingRow::Parcel(key) => {
                let parcel = self.crossing.outbox.remove(key);
                parcel.map(|parcel| minicbor::to_vec(&parcel.content))
            }
            CrossingRow::Entry { mailbox, key } => {
                let entries = self.crossing.mailboxes.get_mut(mailbox);
                let entry = entries.and_then(|entries| entries.remove(key));
                entry.map(|entry| minicbor::to_vec(&entry))
            }
        };
        let content = content
            .ok_or_else(|| Error::Damaged(format!("{row} is to be set aside, and is not there")))?
            .map_err(|error| Error::Damaged(error.to_string()))?;
        self.set_aside.push(RowSetAside {
            number: self.set_aside.len() as i64 + 1,
            partition,
            row: row.clone(),
            content_bytes: content.len() as u64,
            reason: reason.to_owned(),
            at,
        });
        Ok(())
    }
}
