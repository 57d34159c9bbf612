//! Components and what they are granted.

use sqlx::{AssertSqlSafe, SqliteConnection};
use types::TenantId;

use super::readers::Readers;
use super::rows::Columns;
use super::writer::Writer;
use crate::{ComponentRecord, ComponentSummary, Error, GrantRecord};

const COLUMNS: &str = "c.tenant_id, c.name, c.version, c.digest, c.size_bytes, c.manifest, c.sequence, \
     c.uploaded_at, c.actor";

fn read(columns: &mut Columns<'_>) -> Result<ComponentSummary, Error> {
    Ok(ComponentSummary {
        tenant: columns.tenant()?,
        name: columns.text()?,
        version: columns.text()?,
        digest: columns.text()?,
        size_bytes: columns.number()?,
        manifest: columns.take()?,
        sequence: columns.take()?,
        uploaded_at: columns.time()?,
        uploaded_by: columns.actor()?,
    })
}

pub(super) async fn put_component(writer: &Writer, component: ComponentRecord) -> Result<i64, Error> {
    let summary = &component.summary;
    let mut transaction = writer.begin().await?;
    let db = transaction.connection();
    let existing: Option<(i64, String)> = sqlx::query_as(
        "SELECT sequence, digest FROM component WHERE tenant_id = ? AND name = ? AND version = ?",
    )
    .bind(summary.tenant.as_str())
    .bind(summary.name.as_str())
    .bind(summary.version.as_str())
    .fetch_optional(&mut *db)
    .await?;
    if let Some((sequence, digest)) = existing {
        transaction.roll_back().await?;
        return if digest == *summary.digest {
            Ok(sequence)
        } else {
            let name = format!("{} {}", summary.name, summary.version);
            Err(Error::Conflict { what: "component", name })
        };
    }
    let sequence = insert(db, component).await?;
    transaction.commit().await?;
    Ok(sequence)
}

async fn insert(db: &mut SqliteConnection, component: ComponentRecord) -> Result<i64, Error> {
    let ComponentRecord { summary, bytes } = component;
    let sequence = sqlx::query_scalar(
        "INSERT INTO component (tenant_id, name, version, digest, size_bytes, manifest, uploaded_at, actor) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING sequence",
    )
    .bind(summary.tenant.as_str())
    .bind(summary.name.as_str())
    .bind(summary.version.as_str())
    .bind(summary.digest.as_str())
    .bind(i64::try_from(summary.size_bytes).unwrap_or(i64::MAX))
    .bind(summary.manifest)
    .bind(summary.uploaded_at.as_millis())
    .bind(summary.uploaded_by.as_str())
    .fetch_one(&mut *db)
    .await?;
    sqlx::query("INSERT INTO component_bytes (sequence, bytes) VALUES (?, ?)")
        .bind(sequence)
        .bind(bytes)
        .execute(db)
        .await?;
    Ok(sequence)
}

pub(super) async fn components(readers: &Readers) -> Result<Vec<ComponentSummary>, Error> {
    let text = format!("SELECT {COLUMNS} FROM component c ORDER BY c.sequence");
    readers.all(sqlx::query(AssertSqlSafe(text)), read).await
}

pub(super) async fn component(
    readers: &Readers,
    tenant: &TenantId,
    name: &str,
    version: &str,
) -> Result<Option<ComponentRecord>, Error> {
    let text = format!(
        "SELECT {COLUMNS}, b.bytes FROM component c JOIN component_bytes b ON b.sequence = c.sequence \
         WHERE c.tenant_id = ? AND c.name = ? AND c.version = ?"
    );
    let query = sqlx::query(AssertSqlSafe(text)).bind(tenant.as_str()).bind(name).bind(version);
    let component =
        |columns: &mut Columns<'_>| Ok(ComponentRecord { summary: read(columns)?, bytes: columns.take()? });
    readers.optional(query, component).await
}

pub(super) async fn delete_component(
    writer: &Writer,
    tenant: &TenantId,
    name: &str,
    version: &str,
) -> Result<bool, Error> {
    let mut transaction = writer.begin().await?;
    let result = sqlx::query("DELETE FROM component WHERE tenant_id = ? AND name = ? AND version = ?")
        .bind(tenant.as_str())
        .bind(name)
        .bind(version)
        .execute(transaction.connection())
        .await?;
    transaction.commit().await?;
    Ok(result.rows_affected() == 1)
}

pub(super) async fn put_grant(writer: &Writer, grant: GrantRecord) -> Result<(), Error> {
    let mut transaction = writer.begin().await?;
    sqlx::query(
        "INSERT INTO component_grant (tenant_id, component, policy, changed_at, actor) VALUES (?, ?, ?, ?, ?) \
         ON CONFLICT (tenant_id, component) DO UPDATE SET policy = excluded.policy, \
         changed_at = excluded.changed_at, actor = excluded.actor",
    )
    .bind(grant.tenant.as_str())
    .bind(grant.component.as_str())
    .bind(grant.policy)
    .bind(grant.changed_at.as_millis())
    .bind(grant.changed_by.as_str())
    .execute(transaction.connection())
    .await?;
    transaction.commit().await
}

pub(super) async fn grants(readers: &Readers) -> Result<Vec<GrantRecord>, Error> {
    let query = sqlx::query(
        "SELECT tenant_id, component, policy, changed_at, actor FROM component_grant \
         ORDER BY tenant_id, component",
    );
    let grant = |columns: &mut Columns<'_>| {
        Ok(GrantRecord {
            tenant: columns.tenant()?,
            component: columns.text()?,
            policy: columns.take()?,
            changed_at: columns.time()?,
            changed_by: columns.actor()?,
        })
    };
    readers.all(query, grant).await
}
