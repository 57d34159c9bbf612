//! What is asked about instances that have ended, in SQLite's words. On `+key` see [`due`](super::due).

use crate::sql::Ended;

pub(super) const ENDED: Ended = Ended { oldest: OLDEST, instances: INSTANCES };

const OLDEST: &str = "SELECT d.key, d.tenant_id, d.bpmn_process_id, \
       (SELECT i.ended_at FROM process_instance i \
        WHERE i.definition_key = d.key AND i.ended_at IS NOT NULL AND +i.key BETWEEN $1 AND $2 \
        ORDER BY i.ended_at LIMIT 1) \
     FROM process_definition d WHERE d.key > $3 ORDER BY d.key LIMIT $4";

const INSTANCES: &str = "SELECT key, ended_at FROM process_instance \
     WHERE definition_key = $3 AND ended_at >= $4 AND (ended_at > $4 OR key > $5) AND +key BETWEEN $1 AND $2 \
     ORDER BY ended_at, key LIMIT $6";

/// Each statement with the tables and indexes that it reads.
#[cfg(test)]
pub(super) const QUERIES: [(&str, &[&str]); 2] = [
    (OLDEST, &["INTEGER PRIMARY KEY", "process_instance_ended_of_definition"]),
    (INSTANCES, &["process_instance_ended_of_definition"]),
];
