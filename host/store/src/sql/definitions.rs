//! Process definitions.

use sqlx::AssertSqlSafe;
use types::{ProcessDefinitionKey, TenantId};

use super::columns::Columns;
use super::connection::Connection;
use super::pool::{Connector, Pool};
use super::statement::Statement;
use super::versions::{checksum, choose, conflict, read_resource};
use crate::{DefinitionRecord, Error, ResourceRecord, VersionChoice};

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

pub(super) async fn insert(db: &mut impl Connection, definition: &DefinitionRecord) -> Result<(), Error> {
    let statement = Statement::new(
        "INSERT INTO process_definition (key, deployment_key, tenant_id, bpmn_process_id, version, name, \
         version_tag, resource_name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .with(|values| {
        values
            .key(definition.key.0)
            .key(definition.deployment.0)
            .text(definition.tenant.as_str())
            .text(&definition.bpmn_process_id)
            .integer(definition.version)
            .optional_text(definition.name.as_deref())
            .optional_text(definition.version_tag.as_deref())
            .text(&definition.resource_name)
    });
    let name = || format!("{} version {}", definition.bpmn_process_id, definition.version);
    db.execute(statement).await.map_err(|error| conflict(error, "process version", name))?;
    Ok(())
}

pub(super) async fn definition(
    readers: &Pool<impl Connector>,
    key: ProcessDefinitionKey,
) -> Result<Option<DefinitionRecord>, Error> {
    let text = format!("SELECT {COLUMNS} FROM {FROM} WHERE d.key = $1");
    let statement = Statement::new(AssertSqlSafe(text)).with(|values| values.key(key.0));
    readers.optional(&statement, read).await
}

pub(super) async fn definition_of(
    readers: &Pool<impl Connector>,
    tenant: &TenantId,
    bpmn_process_id: &str,
    choice: VersionChoice<'_>,
) -> Result<Option<DefinitionRecord>, Error> {
    let text = format!("SELECT {COLUMNS} FROM {FROM} WHERE d.tenant_id = $1 AND d.bpmn_process_id = $2");
    let statement = choose(text, tenant, bpmn_process_id, choice);
    readers.optional(&statement, read).await
}

pub(super) async fn definition_resource(
    readers: &Pool<impl Connector>,
    key: ProcessDefinitionKey,
) -> Result<Option<ResourceRecord>, Error> {
    let text = format!("SELECT r.deployment_key, r.name, c.checksum, c.bytes FROM {FROM} WHERE d.key = $1");
    let statement = Statement::new(AssertSqlSafe(text)).with(|values| values.key(key.0));
    readers.optional(&statement, read_resource).await
}
