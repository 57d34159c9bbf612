//! What all that is deployed in versions has in common.

use sqlx::AssertSqlSafe;
use sqlx::error::DatabaseError;
use types::TenantId;

use super::columns::Columns;
use super::statement::Statement;
use crate::{Error, ResourceRecord, VersionChoice};

/// Ends a query for versions of what has an id, so that it gives the one that is meant. `$1` is the tenant, `$2` the id.
pub(super) fn choose<'v>(
    mut text: String,
    tenant: &'v TenantId,
    id: &'v str,
    choice: VersionChoice<'v>,
) -> Statement<'v> {
    text.push_str(match choice {
        VersionChoice::Latest => "",
        VersionChoice::Number(_) => " AND d.version = $3",
        VersionChoice::Tag(_) => " AND d.version_tag = $3",
        VersionChoice::Deployment(_) => " AND d.deployment_key = $3",
    });
    text.push_str(" ORDER BY d.version DESC LIMIT 1");
    let statement = Statement::new(AssertSqlSafe(text)).with(|values| values.text(tenant.as_str()).text(id));
    match choice {
        VersionChoice::Latest => statement,
        VersionChoice::Number(version) => statement.with(|values| values.integer(version)),
        VersionChoice::Tag(tag) => statement.with(|values| values.text(tag)),
        VersionChoice::Deployment(key) => statement.with(|values| values.key(key.0)),
    }
}

pub(super) fn read_resource(columns: &mut Columns<'_>) -> Result<ResourceRecord, Error> {
    Ok(ResourceRecord {
        deployment: columns.key()?,
        name: columns.text()?,
        checksum: checksum(columns)?,
        content: columns.bytes()?.to_vec(),
    })
}

pub(super) fn checksum(columns: &mut Columns<'_>) -> Result<[u8; 32], Error> {
    columns.bytes()?.try_into().map_err(|_| Error::Damaged("a checksum does not have 32 bytes".to_owned()))
}

pub(super) fn conflict(error: sqlx::Error, what: &'static str, name: impl FnOnce() -> String) -> Error {
    let exists_already = error.as_database_error().is_some_and(DatabaseError::is_unique_violation);
    if exists_already { Error::Conflict { what, name: name() } } else { error.into() }
}
