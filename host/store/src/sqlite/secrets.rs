//! Sealed secrets, and values of the installation.

use std::sync::Arc;

use types::TenantId;

use super::readers::Readers;
use super::rows::Columns;
use super::writer::Writer;
use crate::{Error, SecretRecord};

pub(super) async fn put_secret(writer: &Writer, secret: SecretRecord) -> Result<u32, Error> {
    let mut transaction = writer.begin().await?;
    let version = sqlx::query_scalar(
        "INSERT INTO secret (tenant_id, name, version, sealed, changed_at, actor) VALUES (?, ?, 1, ?, ?, ?) \
         ON CONFLICT (tenant_id, name) DO UPDATE SET version = version + 1, sealed = excluded.sealed, \
         changed_at = excluded.changed_at, actor = excluded.actor RETURNING version",
    )
    .bind(secret.tenant.as_str())
    .bind(secret.name.as_str())
    .bind(secret.sealed)
    .bind(secret.changed_at.as_millis())
    .bind(secret.changed_by.as_str())
    .fetch_one(transaction.connection())
    .await?;
    transaction.commit().await?;
    Ok(version)
}

pub(super) async fn secrets(readers: &Readers) -> Result<Vec<SecretRecord>, Error> {
    let query = sqlx::query(
        "SELECT tenant_id, name, version, sealed, changed_at, actor FROM secret ORDER BY tenant_id, name",
    );
    let secret = |columns: &mut Columns<'_>| {
        Ok(SecretRecord {
            tenant: columns.tenant()?,
            name: columns.text()?,
            version: columns.number()?,
            sealed: columns.take()?,
            changed_at: columns.time()?,
            changed_by: columns.actor()?,
        })
    };
    readers.all(query, secret).await
}

pub(super) async fn delete_secret(writer: &Writer, tenant: &TenantId, name: &str) -> Result<bool, Error> {
    let mut transaction = writer.begin().await?;
    let result = sqlx::query("DELETE FROM secret WHERE tenant_id = ? AND name = ?")
        .bind(tenant.as_str())
        .bind(name)
        .execute(transaction.connection())
        .await?;
    transaction.commit().await?;
    Ok(result.rows_affected() == 1)
}

pub(super) async fn installation_value(
    writer: &Writer,
    name: &str,
    value_if_new: &str,
) -> Result<Arc<str>, Error> {
    let mut transaction = writer.begin().await?;
    // The update changes nothing; it makes the statement return the value that was there.
    let value: String = sqlx::query_scalar(
        "INSERT INTO installation (name, value) VALUES (?, ?) \
         ON CONFLICT (name) DO UPDATE SET value = value RETURNING value",
    )
    .bind(name)
    .bind(value_if_new)
    .fetch_one(transaction.connection())
    .await?;
    transaction.commit().await?;
    Ok(value.into())
}
