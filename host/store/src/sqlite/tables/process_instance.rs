//! The table `process_instance`.

use engine::state::{InstanceStatus, ProcessInstance};

use crate::Error;
use crate::sqlite::bulk::Bulk;
use crate::sqlite::rows::{Columns, Values};

/// Columns that never change are not written again, and cost their indexes nothing.
pub(in crate::sqlite) static UPSERT: Bulk = Bulk::new(
    "INSERT INTO process_instance (key, definition_key, bpmn_process_id, tenant_id, state, started_at, ended_at, \
     business_id, tags, paused, open_incidents) VALUES ",
    "(?,?,?,?,?,?,?,?,?,?,?)",
    ",",
    " ON CONFLICT (key) DO UPDATE SET state = excluded.state, ended_at = excluded.ended_at, \
     paused = excluded.paused, open_incidents = excluded.open_incidents",
);

pub(in crate::sqlite) const COLUMNS: &str = "p.key, p.definition_key, p.bpmn_process_id, d.version, \
     d.version_tag, p.tenant_id, p.state, p.started_at, p.ended_at, p.business_id, p.tags, p.paused, \
     p.open_incidents";

pub(in crate::sqlite) const BY_KEY: &str =
    "process_instance p JOIN process_definition d ON d.key = p.definition_key WHERE p.key = ?1";

pub(in crate::sqlite) fn bind(values: &mut Values, instance: &ProcessInstance) {
    values
        .push(instance.key.get())
        .push(instance.definition.get())
        .text(&instance.bpmn_process_id)
        .text(instance.tenant.as_str())
        .push(state_code(instance.state))
        .time(instance.started_at)
        .optional_time(instance.ended_at)
        .optional_text(&instance.business_id)
        .list(&instance.tags)
        .push(instance.paused)
        .push(instance.open_incidents);
}

pub(in crate::sqlite) fn read(columns: &mut Columns<'_>) -> Result<ProcessInstance, Error> {
    Ok(ProcessInstance {
        key: columns.key()?,
        definition: columns.key()?,
        bpmn_process_id: columns.text()?,
        version: columns.number()?,
        version_tag: columns.optional_text()?,
        tenant: columns.tenant()?,
        state: state(columns.take()?)?,
        started_at: columns.time()?,
        ended_at: columns.optional_time()?,
        business_id: columns.optional_text()?,
        tags: columns.list()?,
        paused: columns.take()?,
        open_incidents: columns.number()?,
    })
}

fn state_code(state: InstanceStatus) -> i64 {
    match state {
        InstanceStatus::Active => 0,
        InstanceStatus::Completed => 1,
        InstanceStatus::Terminated => 2,
    }
}

fn state(code: i64) -> Result<InstanceStatus, Error> {
    match code {
        0 => Ok(InstanceStatus::Active),
        1 => Ok(InstanceStatus::Completed),
        2 => Ok(InstanceStatus::Terminated),
        _ => Err(Error::Damaged(format!("process instance state {code} is unknown"))),
    }
}
