//! Deployments, their files, and process definitions.

use sqlx::AssertSqlSafe;
use sqlx::error::DatabaseError;
use types::{PartitionId, ProcessDefinitionKey, TenantId};

use super::columns::Columns;
use super::database::{Connection, Database, Transaction};
use super::pool::{Connector, Pool};
use super::statement::Statement;
use super::{decisions, exchange, files};
use crate::{DefinitionRecord, DeploymentRecord, Error, NewDeployment, ResourceRecord, VersionChoice};

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
    database: &impl Database,
    partition: PartitionId,
    deployment: NewDeployment,
) -> Result<(), Error> {
    let mut transaction = database.begin_for(partition, deployment.next_key_counter).await?;
    match write(transaction.connection(), deployment).await {
        Ok(()) => transaction.commit().await,
        // The connection is sound: keep it.
        Err(error @ Error::Conflict { .. }) => {
            transaction.roll_back().await?;
            Err(error)
        }
        Err(error) => Err(error),
    }
}

async fn write(db: &mut impl Connection, new: NewDeployment) -> Result<(), Error> {
    let NewDeployment {
        deployment,
        resources,
        definitions,
        starts,
        decision_requirements,
        decisions,
        files,
        next_key_counter: _,
    } = new;
    insert_deployment(db, &deployment).await?;
    for resource in resources {
        insert_resource(db, resource).await?;
    }
    for definition in definitions {
        insert_definition(db, &definition).await?;
    }
    for starts in &starts {
        exchange::replace_starts(db, &deployment.tenant, starts).await?;
    }
    for requirements in &decision_requirements {
        decisions::insert_requirements(db, requirements).await?;
    }
    for decision in &decisions {
        decisions::insert_decision(db, decision).await?;
    }
    for file in &files {
        files::insert(db, file).await?;
    }
    Ok(())
}

async fn insert_deployment(db: &mut impl Connection, deployment: &DeploymentRecord) -> Result<(), Error> {
    let statement =
        Statement::new("INSERT INTO deployment (key, tenant_id, deployed_at, actor) VALUES ($1, $2, $3, $4)")
            .with(|values| {
                values
                    .key(deployment.key.0)
                    .text(deployment.tenant.as_str())
                    .time(deployment.at)
                    .text(deployment.actor.as_str())
            });
    db.execute(statement)
        .await
        .map_err(|error| conflict(error, "deployment", || deployment.key.to_string()))?;
    Ok(())
}

async fn insert_resource(db: &mut impl Connection, resource: ResourceRecord) -> Result<(), Error> {
    let ResourceRecord { deployment, name, checksum, content } = resource;
    let statement = Statement::new(
        "INSERT INTO content (checksum, bytes) VALUES ($1, $2) ON CONFLICT (checksum) DO NOTHING",
    )
    .with(|values| values.bytes(&checksum).owned_bytes(content));
    db.execute(statement).await?;
    let statement = Statement::new(
        "INSERT INTO resource (deployment_key, name, content_id) \
         VALUES ($1, $2, (SELECT id FROM content WHERE checksum = $3))",
    )
    .with(|values| values.key(deployment.0).text(&name).bytes(&checksum));
    db.execute(statement).await.map_err(|error| conflict(error, "resource", || name.to_string()))?;
    Ok(())
}

async fn insert_definition(db: &mut impl Connection, definition: &DefinitionRecord) -> Result<(), Error> {
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

pub(super) async fn definition_resource(
    readers: &Pool<impl Connector>,
    key: ProcessDefinitionKey,
) -> Result<Option<ResourceRecord>, Error> {
    let text = format!("SELECT r.deployment_key, r.name, c.checksum, c.bytes FROM {FROM} WHERE d.key = $1");
    let statement = Statement::new(AssertSqlSafe(text)).with(|values| values.key(key.0));
    readers.optional(&statement, read_resource).await
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
