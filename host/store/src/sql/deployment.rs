//! Deployments, and the files in them.

use types::PartitionId;

use super::connection::Connection;
use super::database::{Database, Transaction};
use super::statement::Statement;
use super::versions::conflict;
use super::{decisions, definitions, exchange, files};
use crate::{DeploymentRecord, Error, NewDeployment, ResourceRecord};

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
        definitions::insert(db, &definition).await?;
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
