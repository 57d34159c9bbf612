//! The table `mailbox`.

use engine::mailbox::{Entry, EntryKey};
use engine::state::MailboxAddress;
use types::Key;

use crate::Error;
use crate::sql::Kind::{Bytes, Integer, Text};
use crate::sql::{Columns, Shape, Value, Values};

pub(crate) static SHAPE: Shape = Shape {
    name: "mailbox",
    columns: &[
        ("mailbox", Bytes),
        ("kind", Integer),
        ("key", Integer),
        ("expires_at", Integer),
        ("tenant_id", Text),
        ("name", Text),
        ("correlation_key", Text),
        ("content", Bytes),
    ],
    key_columns: 3,
    changing: &["content"],
    migrating: &[],
};

pub(crate) const COLUMNS: &str = "kind, key, content";

pub(crate) fn bind<'b>(values: &mut Values<'b>, address: &'b MailboxAddress, entry: &'b Entry) {
    bind_key(values, address, entry.key());
    values
        .optional_time(entry.expires_at())
        .text(address.tenant.as_str())
        .text(&address.name)
        .text(&address.correlation_key)
        .encoded(entry);
}

pub(crate) fn bind_key(values: &mut Values<'_>, address: &MailboxAddress, key: EntryKey) {
    bind_digest(values, address.digest()).integer(key.kind()).key(key.key());
}

pub(crate) fn bind_digest<'a, 'b>(values: &'a mut Values<'b>, digest: [u8; 16]) -> &'a mut Values<'b> {
    values.push(Value::Bytes(Some(digest.to_vec().into())))
}

/// What a row says, or its name and what is wrong with it.
pub(crate) type Read = Result<Entry, (EntryKey, String)>;

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Read, Error> {
    let (kind, key) = (columns.integer()?, Key::from_i64(columns.integer()?));
    let key = EntryKey::of_kind(kind, key)
        .ok_or_else(|| Error::Damaged(format!("kind {kind} of a mailbox's row is unknown")))?;
    Ok(match columns.decoded::<Entry>() {
        Ok(entry) if entry.key() == key => Ok(entry),
        Ok(entry) => Err((key, format!("its content is that of {}", entry.key().key().get()))),
        Err(error) => Err((key, error.to_string())),
    })
}
