//! Rows of what crosses instances that are set aside.

use engine::mailbox::EntryKey;
use engine::state::MailboxAddress;
use types::{Key, PartitionId, Timestamp};

use super::columns::Columns;
use super::connection::Connection;
use super::database::{Database, Transaction};
use super::pool::{Connector, Pool};
use super::statement::Statement;
use super::tables::mailbox;
use crate::{CrossingRow, Error, ParcelKey, ROWS_SET_ASIDE_LISTED_MAX, RowSetAside};

/// `$1` partition, `$2` receiver, `$3` key, `$4` reason, `$5` now.
const COPY_PARCEL: &str = "INSERT INTO set_aside (partition, source, row_key, content, reason, set_aside_at) \
     SELECT CAST($1 AS BIGINT), 0, key, content, CAST($4 AS TEXT), CAST($5 AS BIGINT) \
     FROM outbox WHERE receiver = $2 AND key = $3";

const REMOVE_PARCEL: &str = "DELETE FROM outbox WHERE receiver = $1 AND key = $2";

/// `$1` digest of the mailbox, `$2` kind, `$3` key, `$4` partition, `$5` reason, `$6` now.
const COPY_ENTRY: &str = "INSERT INTO set_aside (partition, source, row_key, entry_kind, tenant_id, name, \
     correlation_key, content, reason, set_aside_at) \
     SELECT CAST($4 AS BIGINT), 1, key, kind, tenant_id, name, correlation_key, content, CAST($5 AS TEXT), \
     CAST($6 AS BIGINT) FROM mailbox WHERE mailbox = $1 AND kind = $2 AND key = $3";

const REMOVE_ENTRY: &str = "DELETE FROM mailbox WHERE mailbox = $1 AND kind = $2 AND key = $3";

const LIST: &str = "SELECT number, partition, source, row_key, entry_kind, tenant_id, name, correlation_key, \
     octet_length(content), reason, set_aside_at FROM set_aside WHERE number > $1 ORDER BY number LIMIT $2";

pub(super) async fn set_aside(
    database: &impl Database,
    partition: PartitionId,
    row: &CrossingRow,
    reason: &str,
    at: Timestamp,
) -> Result<(), Error> {
    let (copy, remove) = match row {
        CrossingRow::Parcel(key) => (
            Statement::new(COPY_PARCEL).with(|values| {
                let receiver = key.receiver.get();
                values.integer(partition.get()).integer(receiver).key(key.key).text(reason).time(at)
            }),
            Statement::new(REMOVE_PARCEL).with(|values| values.integer(key.receiver.get()).key(key.key)),
        ),
        CrossingRow::Entry { mailbox: address, key } => {
            let mut copy = Statement::new(COPY_ENTRY);
            mailbox::bind_key(&mut copy.values, address, *key);
            copy.values.integer(partition.get()).text(reason).time(at);
            let mut remove = Statement::new(REMOVE_ENTRY);
            mailbox::bind_key(&mut remove.values, address, *key);
            (copy, remove)
        }
    };
    // No key is given out.
    let mut transaction = database.begin_for(partition, 0).await?;
    for statement in [copy, remove] {
        if transaction.connection().execute(statement).await? != 1 {
            return Err(Error::Damaged(format!("{row} is to be set aside, and is not there")));
        }
    }
    transaction.commit().await
}

pub(super) async fn list(
    readers: &Pool<impl Connector>,
    after: Option<i64>,
    limit: u32,
) -> Result<Vec<RowSetAside>, Error> {
    let limit = limit.min(ROWS_SET_ASIDE_LISTED_MAX);
    let statement = Statement::new(LIST).with(|values| values.integer(after.unwrap_or(0)).integer(limit));
    readers.all(&statement, read).await
}

fn read(columns: &mut Columns<'_>) -> Result<RowSetAside, Error> {
    let number = columns.integer()?;
    let partition = partition_of(columns.number()?)?;
    let source = columns.integer()?;
    let key = Key::from_i64(columns.integer()?);
    let kind = columns.optional_integer()?;
    let (tenant, name, correlation_key) =
        (columns.optional_text()?, columns.optional_text()?, columns.optional_text()?);
    let row =
        match (source, kind.and_then(|kind| EntryKey::of_kind(kind, key)), tenant, name, correlation_key) {
            (0, ..) => CrossingRow::Parcel(ParcelKey { receiver: partition, key }),
            (1, Some(key), Some(tenant), Some(name), Some(correlation_key)) => CrossingRow::Entry {
                mailbox: MailboxAddress { tenant: types::TenantId::new(tenant), name, correlation_key },
                key,
            },
            _ => return Err(Error::Damaged(format!("row {number} of `set_aside` names no row"))),
        };
    Ok(RowSetAside {
        number,
        partition,
        row,
        content_bytes: columns.number()?,
        reason: columns.string()?,
        at: columns.time()?,
    })
}

fn partition_of(id: u16) -> Result<PartitionId, Error> {
    PartitionId::new(id).ok_or_else(|| Error::Damaged(format!("{id} is no partition")))
}
