//! The table `outbox`.

use types::{Key, PartitionId};

use crate::sql::Kind::{Bytes, Integer};
use crate::sql::{Columns, Shape, Values};
use crate::{CrossingRow, Error, Parcel, ParcelKey};

pub(crate) static SHAPE: Shape = Shape {
    name: "outbox",
    columns: &[("receiver", Integer), ("key", Integer), ("content", Bytes)],
    key_columns: 2,
    changing: &["content"],
    migrating: &[],
};

pub(crate) const COLUMNS: &str = "receiver, key, content";

pub(crate) fn bind<'b>(values: &mut Values<'b>, parcel: &'b Parcel) {
    bind_key(values, &parcel.key);
    values.encoded(&parcel.content);
}

pub(crate) fn bind_key(values: &mut Values<'_>, key: &ParcelKey) {
    values.integer(key.receiver.get()).key(key.key);
}

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Parcel, Error> {
    let receiver = columns.number()?;
    let receiver =
        PartitionId::new(receiver).ok_or_else(|| Error::Damaged(format!("{receiver} is no partition")))?;
    let key = ParcelKey { receiver, key: Key::from_i64(columns.integer()?) };
    let content = columns
        .decoded()
        .map_err(|error| Error::Unreadable { row: CrossingRow::Parcel(key), reason: error.to_string() })?;
    Ok(Parcel { key, content })
}
