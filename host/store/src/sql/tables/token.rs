//! The table `token`.

use engine::state::{Token, TokenPlace};
use types::ProcessInstanceKey;

use crate::sql::Kind::{Integer, Text};
use crate::sql::{Columns, Shape, Table, Values};
use crate::{Error, InstanceIdentity};

pub(crate) static TABLE: Table<TokenPlace, Token> = Table {
    shape: Shape {
        name: "token",
        columns: &[
            ("process_instance_key", Integer),
            ("scope_key", Integer),
            ("flow_id", Text),
            ("count", Integer),
        ],
        key_columns: 3,
        changing: &["count"],
        migrating: &[],
    },
    changes: |changes| &changes.tokens,
    bind,
    bind_key: bind_place,
};

pub(crate) const COLUMNS: &str = "scope_key, flow_id, count";

pub(crate) const OF_INSTANCE: &str = "token WHERE process_instance_key = $1";

fn bind<'b>(values: &mut Values<'b>, origin: &'b InstanceIdentity, token: &'b Token) {
    bind_place(values, origin.key, &token.place);
    values.integer(token.count);
}

fn bind_place<'b>(values: &mut Values<'b>, instance: ProcessInstanceKey, place: &'b TokenPlace) {
    values.key(instance.0).key(place.scope.0).text(&place.flow);
}

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Token, Error> {
    let place = TokenPlace { scope: columns.key()?, flow: columns.text()? };
    Ok(Token { place, count: columns.number()? })
}
