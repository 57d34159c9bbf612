//! The table `incident`.

use engine::state::{Incident, IncidentKind};

use types::IncidentKey;

use crate::sqlite::bulk::Bulk;
use crate::sqlite::rows::{Columns, Values};
use crate::sqlite::table::Table;
use crate::{Error, InstanceIdentity};

pub(in crate::sqlite) static TABLE: Table<IncidentKey, Incident> = Table {
    name: "incident",
    changes: |changes| &changes.incidents,
    upsert: Bulk::new(
        "INSERT INTO incident (key, process_instance_key, definition_key, tenant_id, element_instance_key, \
         element_id, job_key, kind, message, created_at, ended_at) VALUES ",
        "(?,?,?,?,?,?,?,?,?,?,?)",
        ",",
        " ON CONFLICT (key) DO UPDATE SET ended_at = excluded.ended_at",
    ),
    delete: Bulk::new("DELETE FROM incident WHERE key IN (", "?", ",", ")"),
    find: "SELECT 1 FROM incident WHERE key = ?",
    bind,
    bind_key: |values, _, key| {
        values.push(key.get());
    },
};

pub(in crate::sqlite) const COLUMNS: &str = "i.key, i.element_instance_key, i.element_id, i.job_key, i.kind, \
     i.message, i.created_at, i.ended_at";

/// Where the open ones of an instance are.
pub(in crate::sqlite) const OF_INSTANCE: &str =
    "incident i WHERE i.process_instance_key = ?1 AND i.ended_at IS NULL";

fn bind(values: &mut Values, origin: &InstanceIdentity, incident: &Incident) {
    values
        .push(incident.key.get())
        .push(origin.key.get())
        .push(origin.definition.get())
        .text(origin.tenant.as_str())
        .push(incident.element_instance.get())
        .text(&incident.element)
        .push(incident.job.map(|job| job.get()))
        .push(kind_code(incident.kind))
        .text(&incident.message)
        .time(incident.created_at)
        .optional_time(incident.ended_at);
}

pub(in crate::sqlite) fn read(columns: &mut Columns<'_>) -> Result<Incident, Error> {
    Ok(Incident {
        key: columns.key()?,
        element_instance: columns.key()?,
        element: columns.text()?,
        job: columns.optional_key()?,
        kind: kind(columns.take()?)?,
        message: columns.text()?,
        created_at: columns.time()?,
        ended_at: columns.optional_time()?,
    })
}

fn kind_code(kind: IncidentKind) -> i64 {
    match kind {
        IncidentKind::JobNoRetries => 0,
        IncidentKind::UnhandledErrorEvent => 1,
        IncidentKind::IoMappingError => 2,
        IncidentKind::ConditionError => 3,
        IncidentKind::ExtractValueError => 4,
    }
}

fn kind(code: i64) -> Result<IncidentKind, Error> {
    IncidentKind::ALL
        .into_iter()
        .find(|kind| kind_code(*kind) == code)
        .ok_or_else(|| Error::Damaged(format!("incident kind {code} is unknown")))
}
