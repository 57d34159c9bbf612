//! The table `mailbox`.

use engine::mailbox::{Entry, EntryKey};
use engine::state::MailboxAddress;

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

pub(crate) const COLUMNS: &str = "content";

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
    bind_digest(values, address).integer(key.kind()).key(key.key());
}

pub(crate) fn bind_digest<'a, 'b>(
    values: &'a mut Values<'b>,
    address: &MailboxAddress,
) -> &'a mut Values<'b> {
    values.push(Value::Bytes(Some(address.digest().to_vec().into())))
}

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Entry, Error> {
    columns.decoded()
}
