//! Decisions, the files that hold them, and what they came to.

use sqlx::AssertSqlSafe;
use types::{
    DecisionEvaluationKey, DecisionKey, DecisionRequirementsKey, DeploymentKey, ProcessInstanceKey, TenantId,
};

use super::columns::Columns;
use super::connection::Connection;
use super::pool::{Connector, Pool};
use super::statement::Statement;
use super::tables::decision_evaluation;
use super::versions::{checksum, choose, conflict, read_resource};
use crate::{
    DecisionEvaluation, DecisionRecord, DecisionRequirementsRecord, Error, ResourceRecord, VersionChoice,
};

/// What [`read_decision`] takes from a row, in this order.
pub(super) const DECISION_COLUMNS: &str = "d.key, d.requirements_key, d.deployment_key, d.tenant_id, d.decision_id, \
     d.name, d.version, d.version_tag";

/// What [`read_requirements`] takes from a row, in this order. The checksum is the file's.
pub(super) const REQUIREMENTS_COLUMNS: &str = "d.key, d.deployment_key, d.tenant_id, d.requirements_id, d.name, \
     d.version, d.resource_name, c.checksum";

/// Where [`REQUIREMENTS_COLUMNS`] come from.
pub(super) const REQUIREMENTS_FROM: &str = "decision_requirements d \
     JOIN resource r ON r.deployment_key = d.deployment_key AND r.name = d.resource_name \
     JOIN content c ON c.id = r.content_id";

pub(super) fn read_decision(columns: &mut Columns<'_>) -> Result<DecisionRecord, Error> {
    Ok(DecisionRecord {
        key: columns.key()?,
        requirements: columns.key()?,
        deployment: columns.key()?,
        tenant: columns.tenant()?,
        decision_id: columns.text()?,
        name: columns.optional_text()?,
        version: columns.number()?,
        version_tag: columns.optional_text()?,
    })
}

pub(super) fn read_requirements(columns: &mut Columns<'_>) -> Result<DecisionRequirementsRecord, Error> {
    Ok(DecisionRequirementsRecord {
        key: columns.key()?,
        deployment: columns.key()?,
        tenant: columns.tenant()?,
        requirements_id: columns.text()?,
        name: columns.optional_text()?,
        version: columns.number()?,
        resource_name: columns.text()?,
        checksum: checksum(columns)?,
    })
}

pub(super) async fn insert_requirements(
    db: &mut impl Connection,
    record: &DecisionRequirementsRecord,
) -> Result<(), Error> {
    let statement = Statement::new(
        "INSERT INTO decision_requirements (key, deployment_key, tenant_id, requirements_id, name, version, \
         resource_name) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .with(|values| {
        values
            .key(record.key.0)
            .key(record.deployment.0)
            .text(record.tenant.as_str())
            .text(&record.requirements_id)
            .optional_text(record.name.as_deref())
            .integer(record.version)
            .text(&record.resource_name)
    });
    let name = || format!("{} version {}", record.requirements_id, record.version);
    db.execute(statement).await.map_err(|error| conflict(error, "decision requirements version", name))?;
    Ok(())
}

pub(super) async fn insert_decision(db: &mut impl Connection, record: &DecisionRecord) -> Result<(), Error> {
    let statement = Statement::new(
        "INSERT INTO decision (key, requirements_key, deployment_key, tenant_id, decision_id, name, version, \
         version_tag) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .with(|values| {
        values
            .key(record.key.0)
            .key(record.requirements.0)
            .key(record.deployment.0)
            .text(record.tenant.as_str())
            .text(&record.decision_id)
            .optional_text(record.name.as_deref())
            .integer(record.version)
            .optional_text(record.version_tag.as_deref())
    });
    let name = || format!("{} version {}", record.decision_id, record.version);
    db.execute(statement).await.map_err(|error| conflict(error, "decision version", name))?;
    Ok(())
}

pub(super) async fn decision(
    readers: &Pool<impl Connector>,
    key: DecisionKey,
) -> Result<Option<DecisionRecord>, Error> {
    let text = format!("SELECT {DECISION_COLUMNS} FROM decision d WHERE d.key = $1");
    let statement = Statement::new(AssertSqlSafe(text)).with(|values| values.key(key.0));
    readers.optional(&statement, read_decision).await
}

pub(super) async fn decision_of(
    readers: &Pool<impl Connector>,
    tenant: &TenantId,
    decision_id: &str,
    choice: VersionChoice<'_>,
) -> Result<Option<DecisionRecord>, Error> {
    let text =
        format!("SELECT {DECISION_COLUMNS} FROM decision d WHERE d.tenant_id = $1 AND d.decision_id = $2");
    let statement = choose(text, tenant, decision_id, choice);
    readers.optional(&statement, read_decision).await
}

pub(super) async fn decisions_in(
    readers: &Pool<impl Connector>,
    key: DecisionRequirementsKey,
) -> Result<Vec<DecisionRecord>, Error> {
    let text =
        format!("SELECT {DECISION_COLUMNS} FROM decision d WHERE d.requirements_key = $1 ORDER BY d.key");
    let statement = Statement::new(AssertSqlSafe(text)).with(|values| values.key(key.0));
    readers.all(&statement, read_decision).await
}

pub(super) async fn requirements(
    readers: &Pool<impl Connector>,
    key: DecisionRequirementsKey,
) -> Result<Option<DecisionRequirementsRecord>, Error> {
    let text = format!("SELECT {REQUIREMENTS_COLUMNS} FROM {REQUIREMENTS_FROM} WHERE d.key = $1");
    let statement = Statement::new(AssertSqlSafe(text)).with(|values| values.key(key.0));
    readers.optional(&statement, read_requirements).await
}

pub(super) async fn latest_requirements(
    readers: &Pool<impl Connector>,
    tenant: &TenantId,
    requirements_id: &str,
) -> Result<Option<DecisionRequirementsRecord>, Error> {
    let text = format!(
        "SELECT {REQUIREMENTS_COLUMNS} FROM {REQUIREMENTS_FROM} WHERE d.tenant_id = $1 AND d.requirements_id = $2"
    );
    let statement = choose(text, tenant, requirements_id, VersionChoice::Latest);
    readers.optional(&statement, read_requirements).await
}

pub(super) async fn requirements_resource(
    readers: &Pool<impl Connector>,
    key: DecisionRequirementsKey,
) -> Result<Option<ResourceRecord>, Error> {
    let statement = Statement::new(
        "SELECT r.deployment_key, r.name, c.checksum, c.bytes FROM decision_requirements d \
         JOIN resource r ON r.deployment_key = d.deployment_key AND r.name = d.resource_name \
         JOIN content c ON c.id = r.content_id WHERE d.key = $1",
    )
    .with(|values| values.key(key.0));
    readers.optional(&statement, read_resource).await
}

pub(super) async fn files_of(
    readers: &Pool<impl Connector>,
    deployment: DeploymentKey,
) -> Result<Vec<ResourceRecord>, Error> {
    // What the deployment has brought: the files of one that has brought nothing new are those of earlier ones.
    let statement = Statement::new(
        "SELECT r.deployment_key, r.name, c.checksum, c.bytes FROM resource r \
         JOIN content c ON c.id = r.content_id WHERE r.deployment_key = $1 AND EXISTS (SELECT 1 \
         FROM decision_requirements d WHERE d.deployment_key = r.deployment_key AND d.resource_name = r.name) \
         ORDER BY r.name",
    )
    .with(|values| values.key(deployment.0));
    readers.all(&statement, read_resource).await
}

pub(super) async fn evaluations(
    readers: &Pool<impl Connector>,
    instance: ProcessInstanceKey,
    after: Option<DecisionEvaluationKey>,
    limit: u32,
) -> Result<Vec<DecisionEvaluation>, Error> {
    let text = format!(
        "SELECT {} FROM decision_evaluation WHERE process_instance_key = $1 AND key > $2 ORDER BY key LIMIT $3",
        decision_evaluation::COLUMNS
    );
    let statement = Statement::new(AssertSqlSafe(text)).with(|values| {
        values.key(instance.0).integer(after.map_or(0, DecisionEvaluationKey::get)).integer(limit)
    });
    readers.all(&statement, decision_evaluation::read).await
}
