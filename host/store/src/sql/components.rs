//! Components, and what is remembered of those that were removed.

use sqlx::AssertSqlSafe;
use types::{SharedStr, TenantId};

use super::columns::Columns;
use super::connection::Connection;
use super::database::{Database, Transaction};
use super::pool::{Connector, Pool};
use super::rollouts;
use super::statement::Statement;
use crate::{
    ComponentRecord, ComponentSignature, ComponentSummary, Error, Removal, RemovedComponent, ServingChange,
};

const COLUMNS: &str = "c.tenant_id, c.name, c.version, c.digest, c.size_bytes, c.manifest, c.signature, \
     COALESCE(c.signed_at, c.uploaded_at), COALESCE(c.signed_actor, c.actor), c.sequence, c.uploaded_at, c.actor";

fn read(columns: &mut Columns<'_>) -> Result<ComponentSummary, Error> {
    let signature = |columns: &mut Columns<'_>| -> Result<Option<ComponentSignature>, Error> {
        let text = columns.optional_text()?;
        let (signed_at, signed_by) = (columns.time()?, columns.actor()?);
        Ok(text.map(|text| ComponentSignature { text, signed_at, signed_by }))
    };
    Ok(ComponentSummary {
        tenant: columns.tenant()?,
        name: columns.text()?,
        version: columns.text()?,
        digest: columns.text()?,
        size_bytes: columns.number()?,
        manifest: columns.string()?,
        signature: signature(columns)?,
        sequence: columns.integer()?,
        uploaded_at: columns.time()?,
        uploaded_by: columns.actor()?,
    })
}

/// The unique name of a component decides between two that come at once, so that the second one finds the first.
pub(super) async fn put_component(
    database: &impl Database,
    component: ComponentRecord,
    serving: ServingChange,
) -> Result<i64, Error> {
    let ComponentRecord { summary, bytes } = component;
    let mut transaction = database.begin().await?;
    let Some(sequence) = insert(transaction.connection(), &summary).await? else {
        let existing = existing(transaction.connection(), &summary).await?;
        transaction.roll_back().await?;
        return match existing {
            Some((sequence, digest)) if digest == *summary.digest => Ok(sequence),
            _ => Err(conflict(&summary)),
        };
    };
    let statement = Statement::new("INSERT INTO component_bytes (sequence, bytes) VALUES ($1, $2)")
        .with(|values| values.integer(sequence).owned_bytes(bytes));
    transaction.connection().execute(statement).await?;
    if is_taken_by_other_bytes(transaction.connection(), &summary).await? {
        transaction.roll_back().await?;
        return Err(conflict(&summary));
    }
    rollouts::change_serving(transaction.connection(), &serving).await?;
    transaction.commit().await?;
    Ok(sequence)
}

fn conflict(summary: &ComponentSummary) -> Error {
    Error::Conflict { what: "component", name: format!("{} {}", summary.name, summary.version) }
}

/// Whether other bytes had this name and version before they were removed.
async fn is_taken_by_other_bytes(
    db: &mut impl Connection,
    summary: &ComponentSummary,
) -> Result<bool, Error> {
    let statement = Statement::new(
        "SELECT 1 FROM component_removed WHERE tenant_id = $1 AND name = $2 AND version = $3 AND digest <> $4",
    )
    .with(|values| {
        values
            .text(summary.tenant.as_str())
            .text(&summary.name)
            .text(&summary.version)
            .text(&summary.digest)
    });
    Ok(db.row(&statement).await?.is_some())
}

/// The sequence of the new row; `None` when its name is taken.
async fn insert(db: &mut impl Connection, summary: &ComponentSummary) -> Result<Option<i64>, Error> {
    let statement = Statement::new(
        "INSERT INTO component (tenant_id, name, version, digest, size_bytes, manifest, uploaded_at, actor, \
         signature, signed_at, signed_actor) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (tenant_id, name, version) DO NOTHING RETURNING sequence",
    )
    .with(|values| {
        values
            .text(summary.tenant.as_str())
            .text(&summary.name)
            .text(&summary.version)
            .text(&summary.digest)
            .counter(summary.size_bytes)
            .text(&summary.manifest)
            .time(summary.uploaded_at)
            .text(summary.uploaded_by.as_str())
            .optional_text(summary.signature.as_ref().map(|signature| &*signature.text))
            .optional_time(summary.signature.as_ref().map(|signature| signature.signed_at))
            .optional_text(summary.signature.as_ref().map(|signature| signature.signed_by.as_str()))
    });
    let row = db.row(&statement).await?;
    row.map(|row| Columns::new(&row).integer()).transpose()
}

/// Sequence and digest of the component with this name.
async fn existing(
    db: &mut impl Connection,
    summary: &ComponentSummary,
) -> Result<Option<(i64, SharedStr)>, Error> {
    let statement = Statement::new(
        "SELECT sequence, digest FROM component WHERE tenant_id = $1 AND name = $2 AND version = $3",
    )
    .with(|values| values.text(summary.tenant.as_str()).text(&summary.name).text(&summary.version));
    let Some(row) = db.row(&statement).await? else { return Ok(None) };
    let mut columns = Columns::new(&row);
    Ok(Some((columns.integer()?, columns.text()?)))
}

pub(super) async fn components(readers: &Pool<impl Connector>) -> Result<Vec<ComponentSummary>, Error> {
    let text = format!("SELECT {COLUMNS} FROM component c ORDER BY c.sequence");
    readers.all(&Statement::new(AssertSqlSafe(text)), read).await
}

pub(super) async fn component(
    readers: &Pool<impl Connector>,
    tenant: &TenantId,
    name: &str,
    version: &str,
) -> Result<Option<ComponentRecord>, Error> {
    let text = format!(
        "SELECT {COLUMNS}, b.bytes FROM component c JOIN component_bytes b ON b.sequence = c.sequence \
         WHERE c.tenant_id = $1 AND c.name = $2 AND c.version = $3"
    );
    let statement = Statement::new(AssertSqlSafe(text))
        .with(|values| values.text(tenant.as_str()).text(name).text(version));
    let component = |columns: &mut Columns<'_>| {
        Ok(ComponentRecord { summary: read(columns)?, bytes: columns.bytes()?.to_vec() })
    };
    readers.optional(&statement, component).await
}

pub(super) async fn sign_component(
    database: &impl Database,
    tenant: &TenantId,
    name: &str,
    version: &str,
    digest: &str,
    signature: ComponentSignature,
) -> Result<bool, Error> {
    let statement = Statement::new(
        "UPDATE component SET signature = $1, signed_at = $2, signed_actor = $3 \
         WHERE tenant_id = $4 AND name = $5 AND version = $6 AND digest = $7",
    )
    .with(|values| {
        values
            .text(&signature.text)
            .time(signature.signed_at)
            .text(signature.signed_by.as_str())
            .text(tenant.as_str())
            .text(name)
            .text(version)
            .text(digest)
    });
    let mut transaction = database.begin().await?;
    let signed = transaction.connection().execute(statement).await?;
    transaction.commit().await?;
    Ok(signed == 1)
}

pub(super) async fn delete_component(
    database: &impl Database,
    tenant: &TenantId,
    name: &str,
    version: &str,
    removal: Removal,
    serving: ServingChange,
) -> Result<bool, Error> {
    let mut transaction = database.begin().await?;
    let db = transaction.connection();
    remember(db, tenant, name, version, &removal).await?;
    let statement =
        Statement::new("DELETE FROM component WHERE tenant_id = $1 AND name = $2 AND version = $3")
            .with(|values| values.text(tenant.as_str()).text(name).text(version));
    if db.execute(statement).await? == 0 {
        transaction.roll_back().await?;
        return Ok(false);
    }
    rollouts::change_serving(db, &serving).await?;
    transaction.commit().await?;
    Ok(true)
}

/// Writes down which bytes had the name and version of a component that is about to be removed.
async fn remember(
    db: &mut impl Connection,
    tenant: &TenantId,
    name: &str,
    version: &str,
    removal: &Removal,
) -> Result<(), Error> {
    let statement = Statement::new(
        "INSERT INTO component_removed (tenant_id, name, version, digest, removed_at, actor) \
         SELECT tenant_id, name, version, digest, $4, $5 FROM component \
         WHERE tenant_id = $1 AND name = $2 AND version = $3 \
         ON CONFLICT (tenant_id, name, version) DO UPDATE SET digest = excluded.digest, \
         removed_at = excluded.removed_at, actor = excluded.actor",
    )
    .with(|values| {
        values.text(tenant.as_str()).text(name).text(version).time(removal.at).text(removal.by.as_str())
    });
    db.execute(statement).await?;
    Ok(())
}

pub(super) async fn removed_component(
    readers: &Pool<impl Connector>,
    tenant: &TenantId,
    name: &str,
    version: &str,
) -> Result<Option<RemovedComponent>, Error> {
    let statement = Statement::new(
        "SELECT digest, removed_at, actor FROM component_removed \
         WHERE tenant_id = $1 AND name = $2 AND version = $3",
    )
    .with(|values| values.text(tenant.as_str()).text(name).text(version));
    let removed = |columns: &mut Columns<'_>| {
        Ok(RemovedComponent {
            digest: columns.text()?,
            removed_at: columns.time()?,
            removed_by: columns.actor()?,
        })
    };
    readers.optional(&statement, removed).await
}
