//! What is asked about instances that have ended, in PostgreSQL's words.

use crate::sql::Ended;

pub(super) const ENDED: Ended = Ended {
    oldest: "SELECT d.key, d.tenant_id, d.bpmn_process_id, \
           (SELECT i.ended_at FROM process_instance i \
            WHERE (i.key >> 51) = ($1 >> 51) AND i.definition_key = d.key AND i.ended_at IS NOT NULL AND i.key <= $2 \
            ORDER BY i.ended_at LIMIT 1) \
         FROM process_definition d WHERE d.key > $3 ORDER BY d.key LIMIT $4",
    instances: "SELECT key, ended_at FROM process_instance \
         WHERE (key >> 51) = ($1 >> 51) AND definition_key = $3 AND ended_at IS NOT NULL AND key <= $2 \
         AND (ended_at, key) > ($4, $5) ORDER BY ended_at, key LIMIT $6",
};

/// Each statement with the indexes that it reads.
#[cfg(test)]
pub(super) const QUERIES: [(&str, &[&str]); 2] = [
    (ENDED.oldest, &["process_definition_pkey", "process_instance_ended_of_definition"]),
    (ENDED.instances, &["process_instance_ended_of_definition"]),
];
