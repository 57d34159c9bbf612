//! Sealed secrets, and values of the installation.

use std::sync::Arc;

use types::TenantId;

use super::columns::Columns;
use super::database::{Connection, Database, Transaction};
use super::pool::{Connector, Pool};
use super::statement::Statement;
use crate::{Error, SecretRecord};

pub(super) async fn put_secret(database: &impl Database, secret: SecretRecord) -> Result<u32, Error> {
    let statement = Statement::new(
        "INSERT INTO secret (tenant_id, name, version, sealed, changed_at, actor) VALUES ($1, $2, 1, $3, $4, $5) \
         ON CONFLICT (tenant_id, name) DO UPDATE SET version = secret.version + 1, sealed = excluded.sealed, \
         changed_at = excluded.changed_at, actor = excluded.actor RETURNING version",
    )
    .with(|values| {
        values
            .text(secret.tenant.as_str())
            .text(&secret.name)
            .bytes(&secret.sealed)
            .time(secret.changed_at)
            .text(secret.changed_by.as_str())
    });
    let mut transaction = database.begin().await?;
    let row = transaction.connection().row(&statement).await?.ok_or_else(nothing_returned)?;
    let version = Columns::new(&row).number()?;
    transaction.commit().await?;
    Ok(version)
}

pub(super) async fn secrets(readers: &Pool<impl Connector>) -> Result<Vec<SecretRecord>, Error> {
    let statement = Statement::new(
        "SELECT tenant_id, name, version, sealed, changed_at, actor FROM secret ORDER BY tenant_id, name",
    );
    let secret = |columns: &mut Columns<'_>| {
        Ok(SecretRecord {
            tenant: columns.tenant()?,
            name: columns.text()?,
            version: columns.number()?,
            sealed: columns.bytes()?.to_vec(),
            changed_at: columns.time()?,
            changed_by: columns.actor()?,
        })
    };
    readers.all(&statement, secret).await
}

pub(super) async fn delete_secret(
    database: &impl Database,
    tenant: &TenantId,
    name: &str,
) -> Result<bool, Error> {
    let statement = Statement::new("DELETE FROM secret WHERE tenant_id = $1 AND name = $2")
        .with(|values| values.text(tenant.as_str()).text(name));
    let mut transaction = database.begin().await?;
    let removed = transaction.connection().execute(statement).await?;
    transaction.commit().await?;
    Ok(removed == 1)
}

pub(super) async fn installation_value(
    database: &impl Database,
    name: &str,
    value_if_new: &str,
) -> Result<Arc<str>, Error> {
    // The update changes nothing; it makes the statement return the value that was there.
    let statement = Statement::new(
        "INSERT INTO installation (name, value) VALUES ($1, $2) \
         ON CONFLICT (name) DO UPDATE SET value = installation.value RETURNING value",
    )
    .with(|values| values.text(name).text(value_if_new));
    let mut transaction = database.begin().await?;
    let row = transaction.connection().row(&statement).await?.ok_or_else(nothing_returned)?;
    let value = Columns::new(&row).string()?;
    transaction.commit().await?;
    Ok(value.into())
}

pub(super) async fn stored_installation_value(
    readers: &Pool<impl Connector>,
    name: &str,
) -> Result<Option<Arc<str>>, Error> {
    let statement =
        Statement::new("SELECT value FROM installation WHERE name = $1").with(|values| values.text(name));
    Ok(readers.optional(&statement, |columns| columns.string()).await?.map(Into::into))
}

fn nothing_returned() -> Error {
    Error::Damaged("a row that was written is not there".to_owned())
}
