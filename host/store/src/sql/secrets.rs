//! Sealed secrets with their history, and values of the installation.

use std::sync::Arc;

use types::TenantId;

use super::columns::Columns;
use super::connection::Connection;
use super::database::{Database, Transaction};
use super::pool::{Connector, Pool};
use super::statement::Statement;
use crate::{Error, REGISTRY_CHANGES_MAX, Removal, SecretChange, SecretRecord, SecretStep};

pub(super) async fn put_secret(
    database: &impl Database,
    secret: SecretRecord,
    reason: &str,
) -> Result<u32, Error> {
    let statement = Statement::new(
        "INSERT INTO secret (tenant_id, name, version, sealed, changed_at, actor) \
         VALUES ($1, $2, 1 + COALESCE((SELECT MAX(version) FROM secret_change WHERE tenant_id = $1 AND name = $2), 0), \
         $3, $4, $5) \
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
    let db = transaction.connection();
    let row = db.row(&statement).await?.ok_or_else(nothing_returned)?;
    let version: u32 = Columns::new(&row).number()?;
    let SecretRecord { tenant, name, changed_at, changed_by, .. } = &secret;
    let change = SecretChange {
        sequence: 0,
        version,
        step: SecretStep::Set,
        reason: reason.to_owned(),
        changed_at: *changed_at,
        changed_by: changed_by.clone(),
    };
    note(db, tenant, name, &change).await?;
    transaction.commit().await?;
    Ok(version)
}

/// Writes a change down, and removes those of the same name that are too many.
async fn note(
    db: &mut impl Connection,
    tenant: &TenantId,
    name: &str,
    change: &SecretChange,
) -> Result<(), Error> {
    let statement = Statement::new(
        "INSERT INTO secret_change (tenant_id, name, version, step, reason, changed_at, actor) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .with(|values| {
        values
            .text(tenant.as_str())
            .text(name)
            .integer(change.version)
            .integer(code(change.step))
            .text(&change.reason)
            .time(change.changed_at)
            .text(change.changed_by.as_str())
    });
    db.execute(statement).await?;
    let statement = Statement::new(
        "DELETE FROM secret_change WHERE tenant_id = $1 AND name = $2 AND sequence <= \
         (SELECT sequence FROM secret_change WHERE tenant_id = $1 AND name = $2 \
         ORDER BY sequence DESC LIMIT 1 OFFSET $3)",
    )
    .with(|values| values.text(tenant.as_str()).text(name).integer(REGISTRY_CHANGES_MAX));
    db.execute(statement).await?;
    Ok(())
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
    removal: Removal,
    reason: &str,
) -> Result<bool, Error> {
    let statement = Statement::new("DELETE FROM secret WHERE tenant_id = $1 AND name = $2 RETURNING version")
        .with(|values| values.text(tenant.as_str()).text(name));
    let mut transaction = database.begin().await?;
    let db = transaction.connection();
    let Some(row) = db.row(&statement).await? else {
        transaction.roll_back().await?;
        return Ok(false);
    };
    let Removal { at, by } = removal;
    let change = SecretChange {
        sequence: 0,
        version: Columns::new(&row).number()?,
        step: SecretStep::Removed,
        reason: reason.to_owned(),
        changed_at: at,
        changed_by: by,
    };
    note(db, tenant, name, &change).await?;
    transaction.commit().await?;
    Ok(true)
}

pub(super) async fn changes(
    readers: &Pool<impl Connector>,
    tenant: &TenantId,
    name: &str,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<SecretChange>, Error> {
    let statement = Statement::new(
        "SELECT sequence, version, step, reason, changed_at, actor FROM secret_change \
         WHERE tenant_id = $1 AND name = $2 AND sequence < $3 ORDER BY sequence DESC LIMIT $4",
    )
    .with(|values| {
        values.text(tenant.as_str()).text(name).integer(before.unwrap_or(i64::MAX)).integer(limit)
    });
    let change = |columns: &mut Columns<'_>| {
        Ok(SecretChange {
            sequence: columns.integer()?,
            version: columns.number()?,
            step: step(columns.integer()?)?,
            reason: columns.string()?,
            changed_at: columns.time()?,
            changed_by: columns.actor()?,
        })
    };
    readers.all(&statement, change).await
}

const fn code(step: SecretStep) -> i64 {
    match step {
        SecretStep::Set => 0,
        SecretStep::Removed => 1,
    }
}

fn step(code: i64) -> Result<SecretStep, Error> {
    match code {
        0 => Ok(SecretStep::Set),
        1 => Ok(SecretStep::Removed),
        other => Err(Error::Damaged(format!("{other} is no change of a secret"))),
    }
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
