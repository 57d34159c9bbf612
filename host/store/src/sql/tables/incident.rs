//! The table `incident`.

use engine::state::{Incident, IncidentKind};

use types::IncidentKey;

use crate::sql::Kind::{Integer, Text};
use crate::sql::{Columns, Shape, Table, Values};
use crate::{Error, InstanceIdentity};

pub(crate) static TABLE: Table<IncidentKey, Incident> = Table {
    shape: Shape {
        name: "incident",
        columns: &[
            ("key", Integer),
            ("process_instance_key", Integer),
            ("definition_key", Integer),
            ("tenant_id", Text),
            ("element_instance_key", Integer),
            ("element_id", Text),
            ("job_key", Integer),
            ("kind", Integer),
            ("message", Text),
            ("created_at", Integer),
            ("ended_at", Integer),
        ],
        key_columns: 1,
        changing: &["ended_at"],
        migrating: &["definition_key", "element_id"],
    },
    changes: |changes| &changes.incidents,
    bind,
    bind_key: |values, _, key| {
        values.key(key.0);
    },
};

pub(crate) const COLUMNS: &str = "i.key, i.element_instance_key, i.element_id, i.job_key, i.kind, \
     i.message, i.created_at, i.ended_at";

/// Where the open ones of an instance are.
pub(crate) const OF_INSTANCE: &str = "incident i WHERE i.process_instance_key = $1 AND i.ended_at IS NULL";

fn bind<'b>(values: &mut Values<'b>, origin: &'b InstanceIdentity, incident: &'b Incident) {
    values
        .key(incident.key.0)
        .key(origin.key.0)
        .key(origin.definition.0)
        .text(origin.tenant.as_str())
        .key(incident.element_instance.0)
        .text(&incident.element)
        .optional_key(incident.job.map(|job| job.0))
        .integer(kind_code(incident.kind))
        .text(&incident.message)
        .time(incident.created_at)
        .optional_time(incident.ended_at);
}

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Incident, Error> {
    Ok(Incident {
        key: columns.key()?,
        element_instance: columns.key()?,
        element: columns.text()?,
        job: columns.optional_key()?,
        kind: kind(columns.integer()?)?,
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
        IncidentKind::CalledElementError => 5,
        IncidentKind::CalledDecisionError => 6,
        IncidentKind::DecisionEvaluationError => 7,
        IncidentKind::ExecutionListenerNoRetries => 8,
        IncidentKind::TaskListenerNoRetries => 9,
        IncidentKind::AdHocSubProcessNoRetries => 10,
        IncidentKind::FormNotFound => 11,
        IncidentKind::ResourceNotFound => 12,
    }
}

fn kind(code: i64) -> Result<IncidentKind, Error> {
    IncidentKind::ALL
        .into_iter()
        .find(|kind| kind_code(*kind) == code)
        .ok_or_else(|| Error::Damaged(format!("incident kind {code} is unknown")))
}
