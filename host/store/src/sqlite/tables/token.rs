//! The table `token`.

use engine::state::{Token, TokenPlace};
use types::ProcessInstanceKey;

use crate::sqlite::bulk::Bulk;
use crate::sqlite::rows::{Columns, Values};
use crate::sqlite::table::Table;
use crate::{Error, InstanceIdentity};

pub(in crate::sqlite) static TABLE: Table<TokenPlace, Token> = Table {
    name: "token",
    changes: |changes| &changes.tokens,
    upsert: Bulk::new(
        "INSERT INTO token (process_instance_key, scope_key, flow_id, count) VALUES ",
        "(?,?,?,?)",
        ",",
        " ON CONFLICT (process_instance_key, scope_key, flow_id) DO UPDATE SET count = excluded.count",
    ),
    // Not `IN (VALUES …)`: for rows of values SQLite reads the whole table.
    delete: Bulk::new(
        "DELETE FROM token WHERE ",
        "(process_instance_key = ? AND scope_key = ? AND flow_id = ?)",
        " OR ",
        "",
    ),
    find: "SELECT 1 FROM token WHERE (process_instance_key, scope_key, flow_id) = (?,?,?)",
    bind,
    bind_key: bind_place,
};

pub(in crate::sqlite) const COLUMNS: &str = "scope_key, flow_id, count";

pub(in crate::sqlite) const OF_INSTANCE: &str = "token WHERE process_instance_key = ?1";

fn bind(values: &mut Values, origin: &InstanceIdentity, token: &Token) {
    bind_place(values, origin.key, &token.place);
    values.push(token.count);
}

fn bind_place(values: &mut Values, instance: ProcessInstanceKey, place: &TokenPlace) {
    values.push(instance.get()).push(place.scope.get()).text(&place.flow);
}

pub(in crate::sqlite) fn read(columns: &mut Columns<'_>) -> Result<Token, Error> {
    let place = TokenPlace { scope: columns.key()?, flow: columns.text()? };
    Ok(Token { place, count: columns.number()? })
}
