//! What the partition loop asks, in PostgreSQL's words.
//!
//! The indexes begin with the partition: the tables hold those of all nodes, and a node must not step over what is due elsewhere.

use crate::sql::Due;

pub(super) const DUE: Due = Due {
    timers: "SELECT key, process_instance_key, due FROM timer \
         WHERE NOT suspended AND (key >> 51) = ($2 >> 51) AND due <= $1 AND key <= $3 ORDER BY due, key LIMIT $4",
    timed_out_jobs: "SELECT key, process_instance_key, priority, due FROM job \
         WHERE state = 1 AND (key >> 51) = ($2 >> 51) AND due <= $1 AND key <= $3 ORDER BY due, key LIMIT $4",
    next: "SELECT min(due) FROM (\
           (SELECT due FROM timer WHERE NOT suspended AND (key >> 51) = ($2 >> 51) AND due > $1 AND key <= $3 ORDER BY due LIMIT 1) \
           UNION ALL (SELECT due FROM job \
             WHERE state = 1 AND (key >> 51) = ($2 >> 51) AND due > $1 AND key <= $3 ORDER BY due LIMIT 1) \
           UNION ALL (SELECT due FROM job \
             WHERE state = 0 AND NOT suspended AND due + 0 > 0 AND (key >> 51) = ($2 >> 51) AND due > $1 \
             ORDER BY due LIMIT 1) \
           UNION ALL (SELECT due FROM start_timer \
             WHERE (key >> 51) = ($2 >> 51) AND due > $1 AND key <= $3 ORDER BY due LIMIT 1) \
           UNION ALL (SELECT expires_at FROM mailbox \
             WHERE kind = 0 AND (key >> 51) = ($2 >> 51) AND expires_at > $1 ORDER BY expires_at LIMIT 1)) AS next",
    activatable_jobs: ACTIVATABLE_JOBS,
    running_jobs: "SELECT key, process_instance_key, priority FROM job \
         WHERE state = 2 AND key BETWEEN $1 AND $2 ORDER BY key",
    paused_instances: "SELECT key FROM process_instance WHERE paused AND NOT suspended AND key BETWEEN $1 AND $2 ORDER BY key",
};

/// Jobs that never failed are in the index in the order in which they are taken, first the others with the priority of the
/// one before, then those with lower ones; jobs whose back-off is over have to be sorted.
/// `key + 0` is what this index holds, as `due + 0` is what the one for `next` looks at: while a table is empty other
/// indexes look just as good, which are not when it has grown.
const ACTIVATABLE_JOBS: &str = "SELECT key, process_instance_key, priority FROM (\
       (SELECT key, process_instance_key, priority FROM job \
         WHERE state = 0 AND NOT suspended AND (key >> 51) = ($5 >> 51) AND left(job_type, 255) = left($1, 255) \
         AND job_type = $1 AND tenant_id = $2 AND due = 0 AND priority = $3 AND key + 0 > $4 \
         ORDER BY key + 0 LIMIT $7) \
       UNION ALL (SELECT key, process_instance_key, priority FROM job \
         WHERE state = 0 AND NOT suspended AND (key >> 51) = ($5 >> 51) AND left(job_type, 255) = left($1, 255) \
         AND job_type = $1 AND tenant_id = $2 AND due = 0 AND priority < $3 \
         ORDER BY priority DESC, key + 0 LIMIT $7) \
       UNION ALL (SELECT key, process_instance_key, priority FROM job \
         WHERE state = 0 AND NOT suspended AND (key >> 51) = ($5 >> 51) AND left(job_type, 255) = left($1, 255) \
         AND job_type = $1 AND tenant_id = $2 AND due > 0 AND due <= $6 \
         AND (priority < $3 OR priority = $3 AND key + 0 > $4) ORDER BY priority DESC, key + 0 LIMIT $7)) AS jobs \
     ORDER BY priority DESC, key LIMIT $7";

/// Each statement with the indexes that it reads.
#[cfg(test)]
pub(super) const QUERIES: [(&str, &[&str]); 6] = [
    (DUE.timers, &["timer_due"]),
    (DUE.timed_out_jobs, &["job_held"]),
    (DUE.next, &["timer_due", "job_held", "job_backing_off", "start_timer_due", "mailbox_expiring"]),
    (DUE.activatable_jobs, &["job_activatable", "job_activatable", "job_activatable"]),
    (DUE.running_jobs, &["job_running"]),
    (DUE.paused_instances, &["process_instance_paused"]),
];
