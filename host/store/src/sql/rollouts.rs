//! Roll-outs and their changes: two rows of one transaction. And whose a job type is without a roll-out.

use types::TenantId;

use super::columns::Columns;
use super::connection::Connection;
use super::database::{Database, Transaction};
use super::pool::{Connector, Pool};
use super::statement::Statement;
use crate::{Error, JobTypeOwner, RolloutChange, RolloutRecord, RolloutStep, ServingChange};

/// Writes a change and what follows from it. Returns its sequence, which is the roll-out's revision from now on.
pub(super) async fn change(database: &impl Database, change: RolloutChange) -> Result<i64, Error> {
    let mut transaction = database.begin().await?;
    let db = transaction.connection();
    let sequence = insert(db, &change).await?;
    match &change.after {
        Some(plan) => put(db, &change, sequence, plan).await?,
        None => remove(db, &change).await?,
    }
    forget(db, &change).await?;
    transaction.commit().await?;
    Ok(sequence)
}

async fn insert(db: &mut impl Connection, change: &RolloutChange) -> Result<i64, Error> {
    let statement = Statement::new(
        "INSERT INTO rollout_change (tenant_id, job_type, step, before_plan, after_plan, reason, figures, \
         digests, changed_at, actor) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING sequence",
    )
    .with(|values| {
        values
            .text(change.tenant.as_str())
            .text(&change.job_type)
            .integer(code(change.step))
            .optional_text(change.before.as_deref())
            .optional_text(change.after.as_deref())
            .text(&change.reason)
            .optional_text(change.figures.as_deref())
            .optional_text(change.digests.as_deref())
            .time(change.changed_at)
            .text(change.changed_by.as_str())
    });
    let row = db.row(&statement).await?;
    let row = row.ok_or_else(|| Error::Damaged("a row that was inserted is not there".to_owned()))?;
    Columns::new(&row).integer()
}

async fn put(
    db: &mut impl Connection,
    change: &RolloutChange,
    revision: i64,
    plan: &str,
) -> Result<(), Error> {
    let statement = Statement::new(
        "INSERT INTO rollout (tenant_id, job_type, revision, plan, changed_at, actor) \
         VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (tenant_id, job_type) DO UPDATE SET revision = excluded.revision, plan = excluded.plan, \
         changed_at = excluded.changed_at, actor = excluded.actor",
    )
    .with(|values| {
        values
            .text(change.tenant.as_str())
            .text(&change.job_type)
            .integer(revision)
            .text(plan)
            .time(change.changed_at)
            .text(change.changed_by.as_str())
    });
    db.execute(statement).await?;
    Ok(())
}

async fn remove(db: &mut impl Connection, change: &RolloutChange) -> Result<(), Error> {
    let statement = Statement::new("DELETE FROM rollout WHERE tenant_id = $1 AND job_type = $2")
        .with(|values| values.text(change.tenant.as_str()).text(&change.job_type));
    db.execute(statement).await?;
    Ok(())
}

/// Writes down whose job types are, and what comes into their history.
pub(super) async fn change_serving(db: &mut impl Connection, serving: &ServingChange) -> Result<(), Error> {
    for owner in &serving.owners {
        let statement = Statement::new(
            "INSERT INTO job_type_owner (tenant_id, job_type, component) VALUES ($1, $2, $3) \
             ON CONFLICT (tenant_id, job_type) DO UPDATE SET component = excluded.component",
        )
        .with(|values| values.text(owner.tenant.as_str()).text(&owner.job_type).text(&owner.component));
        db.execute(statement).await?;
    }
    for (tenant, job_type) in &serving.unowned {
        let statement = Statement::new("DELETE FROM job_type_owner WHERE tenant_id = $1 AND job_type = $2")
            .with(|values| values.text(tenant.as_str()).text(job_type));
        db.execute(statement).await?;
    }
    for change in &serving.noted {
        insert(db, change).await?;
        forget(db, change).await?;
    }
    Ok(())
}

pub(super) async fn owners(readers: &Pool<impl Connector>) -> Result<Vec<JobTypeOwner>, Error> {
    let statement = Statement::new(
        "SELECT tenant_id, job_type, component FROM job_type_owner ORDER BY tenant_id, job_type",
    );
    let owner = |columns: &mut Columns<'_>| {
        Ok(JobTypeOwner { tenant: columns.tenant()?, job_type: columns.text()?, component: columns.text()? })
    };
    readers.all(&statement, owner).await
}

/// Removes the changes of the same type that are too many: those of roll-outs, or else the others. The newest one always
/// stays.
async fn forget(db: &mut impl Connection, change: &RolloutChange) -> Result<(), Error> {
    let sql = if change.step.is_of_rollout() {
        "DELETE FROM rollout_change WHERE tenant_id = $1 AND job_type = $2 AND step < 4 AND sequence <= \
         (SELECT sequence FROM rollout_change WHERE tenant_id = $1 AND job_type = $2 AND step < 4 \
         ORDER BY sequence DESC LIMIT 1 OFFSET $3)"
    } else {
        "DELETE FROM rollout_change WHERE tenant_id = $1 AND job_type = $2 AND step >= 4 AND sequence <= \
         (SELECT sequence FROM rollout_change WHERE tenant_id = $1 AND job_type = $2 AND step >= 4 \
         ORDER BY sequence DESC LIMIT 1 OFFSET $3)"
    };
    let kept = change.step.kept_max();
    let statement = Statement::new(sql)
        .with(|values| values.text(change.tenant.as_str()).text(&change.job_type).integer(kept));
    db.execute(statement).await?;
    Ok(())
}

pub(super) async fn rollouts(readers: &Pool<impl Connector>) -> Result<Vec<RolloutRecord>, Error> {
    let statement = Statement::new(
        "SELECT tenant_id, job_type, revision, plan, changed_at, actor FROM rollout ORDER BY tenant_id, job_type",
    );
    let rollout = |columns: &mut Columns<'_>| {
        Ok(RolloutRecord {
            tenant: columns.tenant()?,
            job_type: columns.text()?,
            revision: columns.integer()?,
            plan: columns.string()?,
            changed_at: columns.time()?,
            changed_by: columns.actor()?,
        })
    };
    readers.all(&statement, rollout).await
}

pub(super) async fn changes(
    readers: &Pool<impl Connector>,
    tenant: &TenantId,
    job_type: &str,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<RolloutChange>, Error> {
    let statement = Statement::new(
        "SELECT sequence, tenant_id, job_type, step, before_plan, after_plan, reason, figures, digests, changed_at, \
         actor FROM rollout_change WHERE tenant_id = $1 AND job_type = $2 AND sequence < $3 \
         ORDER BY sequence DESC LIMIT $4",
    )
    .with(|values| {
        values.text(tenant.as_str()).text(job_type).integer(before.unwrap_or(i64::MAX)).integer(limit)
    });
    let change = |columns: &mut Columns<'_>| {
        Ok(RolloutChange {
            sequence: columns.integer()?,
            tenant: columns.tenant()?,
            job_type: columns.text()?,
            step: step(columns.integer()?)?,
            before: columns.optional_string()?,
            after: columns.optional_string()?,
            reason: columns.string()?,
            figures: columns.optional_string()?,
            digests: columns.optional_string()?,
            changed_at: columns.time()?,
            changed_by: columns.actor()?,
        })
    };
    readers.all(&statement, change).await
}

/// From 4 on no roll-out has changed.
const fn code(step: RolloutStep) -> i64 {
    match step {
        RolloutStep::Set => 0,
        RolloutStep::Removed => 1,
        RolloutStep::RolledBack => 2,
        RolloutStep::RolledBackByHost => 3,
        RolloutStep::Uploaded => 4,
        RolloutStep::VersionRemoved => 5,
    }
}

fn step(code: i64) -> Result<RolloutStep, Error> {
    match code {
        0 => Ok(RolloutStep::Set),
        1 => Ok(RolloutStep::Removed),
        2 => Ok(RolloutStep::RolledBack),
        3 => Ok(RolloutStep::RolledBackByHost),
        4 => Ok(RolloutStep::Uploaded),
        5 => Ok(RolloutStep::VersionRemoved),
        other => Err(Error::Damaged(format!("{other} is no step of a roll-out"))),
    }
}
