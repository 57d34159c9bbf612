//! Deployments, their files, and process definitions.

use sqlx::{AssertSqlSafe, SqliteConnection};
use types::{PartitionId, ProcessDefinitionKey, TenantId};

use super::commit::advance_keys;
use super::error::exists_already;
use super::readers::Readers;
use super::rows::Columns;
use super::writer::Writer;
use crate::{DefinitionRecord, Error, NewDeployment, ResourceRecord};

/// What [`read`] takes from a row, in this order. The checksum is its file's.
pub(super) const COLUMNS: &str = "d.key, d.deployment_key, d.tenant_id, d.bpmn_process_id, d.version, d.name, \
     d.version_tag, d.resource_name, c.checksum";

/// Where [`COLUMNS`] come from.
pub(super) const FROM: &str = "process_definition d \
     JOIN resource r ON r.deployment_key = d.deployment_key AND r.name = d.resource_name \
     JOIN content c ON c.id = r.content_id";

pub(super) fn read(columns: &mut Columns<'_>) -> Result<DefinitionRecord, Error> {
    Ok(DefinitionRecord {
        key: columns.key()?,
        deployment: columns.key()?,
        tenant: columns.tenant()?,
        bpmn_process_id: columns.text()?,
        version: columns.number()?,
        name: columns.optional_text()?,
        version_tag: columns.optional_text()?,
        resource_name: columns.text()?,
        checksum: checksum(columns)?,
    })
}

pub(super) async fn deploy(
    writer: &Writer,
    partition: PartitionId,
    deployment: NewDeployment,
) -> Result<(), Error> {
    let mut transaction = writer.begin().await?;
    match write(transaction.connection(), partition, deployment).await {
        Ok(()) => transaction.commit().await,
        // The connection is sound: keep it.
        Err(error @ Error::Conflict { .. }) => {
            transaction.roll_back().await?;
            Err(error)
        }
        Err(error) => Err(error),
    }
}

async fn write(db: &mut SqliteConnection, partition: PartitionId, new: NewDeployment) -> Result<(), Error> {
    advance_keys(db, partition, new.next_key_counter).await?;
    sqlx::query("INSERT INTO deployment (key, tenant_id, deployed_at, actor) VALUES (?, ?, ?, ?)")
        .bind(new.deployment.key.get())
        .bind(new.deployment.tenant.as_str())
        .bind(new.deployment.at.as_millis())
        .bind(new.deployment.actor.as_str())
        .execute(&mut *db)
        .await
        .map_err(|error| conflict(error, "deployment", || new.deployment.key.to_string()))?;
    for resource in new.resources {
        sqlx::query("INSERT INTO content (checksum, bytes) VALUES (?, ?) ON CONFLICT (checksum) DO NOTHING")
            .bind(&resource.checksum[..])
            .bind(resource.content)
            .execute(&mut *db)
            .await?;
        sqlx::query(
            "INSERT INTO resource (deployment_key, name, content_id) \
             VALUES (?, ?, (SELECT id FROM content WHERE checksum = ?))",
        )
        .bind(resource.deployment.get())
        .bind(resource.name.as_str())
        .bind(&resource.checksum[..])
        .execute(&mut *db)
        .await
        .map_err(|error| conflict(error, "resource", || resource.name.to_string()))?;
    }
    for definition in new.definitions {
        sqlx::query(
            "INSERT INTO process_definition (key, deployment_key, tenant_id, bpmn_process_id, version, name, \
             version_tag, resource_name) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(definition.key.get())
        .bind(definition.deployment.get())
        .bind(definition.tenant.as_str())
        .bind(definition.bpmn_process_id.as_str())
        .bind(definition.version)
        .bind(definition.name.as_deref())
        .bind(definition.version_tag.as_deref())
        .bind(definition.resource_name.as_str())
        .execute(&mut *db)
        .await
        .map_err(|error| {
            conflict(error, "process version", || {
                format!("{} version {}", definition.bpmn_process_id, definition.version)
            })
        })?;
    }
    Ok(())
}

pub(super) async fn definition(
    readers: &Readers,
    key: ProcessDefinitionKey,
) -> Result<Option<DefinitionRecord>, Error> {
    let text = format!("SELECT {COLUMNS} FROM {FROM} WHERE d.key = ?");
    readers.optional(sqlx::query(AssertSqlSafe(text)).bind(key.get()), read).await
}

pub(super) async fn definition_by_id(
    readers: &Readers,
    tenant: &TenantId,
    bpmn_process_id: &str,
    version: Option<u32>,
) -> Result<Option<DefinitionRecord>, Error> {
    let text = format!(
        "SELECT {COLUMNS} FROM {FROM} WHERE d.tenant_id = ?1 AND d.bpmn_process_id = ?2 \
         AND (?3 IS NULL OR d.version = ?3) ORDER BY d.version DESC LIMIT 1"
    );
    let query = sqlx::query(AssertSqlSafe(text)).bind(tenant.as_str()).bind(bpmn_process_id).bind(version);
    readers.optional(query, read).await
}

pub(super) async fn definition_resource(
    readers: &Readers,
    key: ProcessDefinitionKey,
) -> Result<Option<ResourceRecord>, Error> {
    let text = format!("SELECT r.deployment_key, r.name, c.checksum, c.bytes FROM {FROM} WHERE d.key = ?");
    let resource = |columns: &mut Columns<'_>| {
        Ok(ResourceRecord {
            deployment: columns.key()?,
            name: columns.text()?,
            checksum: checksum(columns)?,
            content: columns.take()?,
        })
    };
    readers.optional(sqlx::query(AssertSqlSafe(text)).bind(key.get()), resource).await
}

fn checksum(columns: &mut Columns<'_>) -> Result<[u8; 32], Error> {
    columns
        .take::<&[u8]>()?
        .try_into()
        .map_err(|_| Error::Damaged("a checksum does not have 32 bytes".to_owned()))
}

fn conflict(error: sqlx::Error, what: &'static str, name: impl FnOnce() -> String) -> Error {
    if exists_already(&error) { Error::Conflict { what, name: name() } } else { error.into() }
}
