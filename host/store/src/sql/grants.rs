//! What components are granted, and the history of that.

use types::TenantId;

use super::columns::Columns;
use super::connection::Connection;
use super::database::{Database, Transaction};
use super::pool::{Connector, Pool};
use super::statement::Statement;
use crate::{Error, GrantChange, GrantRecord, REGISTRY_CHANGES_MAX};

pub(super) async fn put_grant(
    database: &impl Database,
    grant: GrantRecord,
    reason: &str,
) -> Result<(), Error> {
    let mut transaction = database.begin().await?;
    let db = transaction.connection();
    note(db, &grant, reason).await?;
    let statement = Statement::new(
        "INSERT INTO component_grant (tenant_id, component, policy, changed_at, actor) \
         VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (tenant_id, component) DO UPDATE SET policy = excluded.policy, \
         changed_at = excluded.changed_at, actor = excluded.actor",
    )
    .with(|values| {
        values
            .text(grant.tenant.as_str())
            .text(&grant.component)
            .text(&grant.policy)
            .time(grant.changed_at)
            .text(grant.changed_by.as_str())
    });
    db.execute(statement).await?;
    forget(db, &grant).await?;
    transaction.commit().await
}

/// Writes the change down, as long as what was granted before is there.
async fn note(db: &mut impl Connection, grant: &GrantRecord, reason: &str) -> Result<(), Error> {
    let statement = Statement::new(
        "INSERT INTO grant_change (tenant_id, component, before_policy, after_policy, reason, changed_at, actor) \
         VALUES ($1, $2, (SELECT policy FROM component_grant WHERE tenant_id = $1 AND component = $2), \
         $3, $4, $5, $6)",
    )
    .with(|values| {
        values
            .text(grant.tenant.as_str())
            .text(&grant.component)
            .text(&grant.policy)
            .text(reason)
            .time(grant.changed_at)
            .text(grant.changed_by.as_str())
    });
    db.execute(statement).await?;
    Ok(())
}

/// Removes the changes of the same component that are too many.
async fn forget(db: &mut impl Connection, grant: &GrantRecord) -> Result<(), Error> {
    let statement = Statement::new(
        "DELETE FROM grant_change WHERE tenant_id = $1 AND component = $2 AND sequence <= \
         (SELECT sequence FROM grant_change WHERE tenant_id = $1 AND component = $2 \
         ORDER BY sequence DESC LIMIT 1 OFFSET $3)",
    )
    .with(|values| values.text(grant.tenant.as_str()).text(&grant.component).integer(REGISTRY_CHANGES_MAX));
    db.execute(statement).await?;
    Ok(())
}

pub(super) async fn grants(readers: &Pool<impl Connector>) -> Result<Vec<GrantRecord>, Error> {
    let statement = Statement::new(
        "SELECT tenant_id, component, policy, changed_at, actor FROM component_grant \
         ORDER BY tenant_id, component",
    );
    let grant = |columns: &mut Columns<'_>| {
        Ok(GrantRecord {
            tenant: columns.tenant()?,
            component: columns.text()?,
            policy: columns.string()?,
            changed_at: columns.time()?,
            changed_by: columns.actor()?,
        })
    };
    readers.all(&statement, grant).await
}

pub(super) async fn changes(
    readers: &Pool<impl Connector>,
    tenant: &TenantId,
    component: &str,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<GrantChange>, Error> {
    let statement = Statement::new(
        "SELECT sequence, before_policy, after_policy, reason, changed_at, actor FROM grant_change \
         WHERE tenant_id = $1 AND component = $2 AND sequence < $3 ORDER BY sequence DESC LIMIT $4",
    )
    .with(|values| {
        values.text(tenant.as_str()).text(component).integer(before.unwrap_or(i64::MAX)).integer(limit)
    });
    let change = |columns: &mut Columns<'_>| {
        Ok(GrantChange {
            sequence: columns.integer()?,
            before: columns.optional_string()?,
            after: columns.string()?,
            reason: columns.string()?,
            changed_at: columns.time()?,
            changed_by: columns.actor()?,
        })
    };
    readers.all(&statement, change).await
}
