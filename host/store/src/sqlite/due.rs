//! What the partition loop asks, in SQLite's words.
//!
//! Partitions are compared as `+key` where another index serves the query: otherwise SQLite may take the range of keys
//! for the better way in, and would read the whole table.

use crate::sql::Due;

pub(super) const DUE: Due = Due {
    timers: DUE_TIMERS,
    timed_out_jobs: TIMED_OUT_JOBS,
    next: NEXT_DUE,
    activatable_jobs: ACTIVATABLE_JOBS,
    running_jobs: RUNNING_JOBS,
    paused_instances: PAUSED_INSTANCES,
};

const DUE_TIMERS: &str = "SELECT key, process_instance_key, due FROM timer \
     WHERE suspended = 0 AND due <= $1 AND +key BETWEEN $2 AND $3 ORDER BY due, key LIMIT $4";

const TIMED_OUT_JOBS: &str = "SELECT key, process_instance_key, priority, due FROM job \
     WHERE state = 1 AND due <= $1 AND +key BETWEEN $2 AND $3 ORDER BY due, key LIMIT $4";

const NEXT_DUE: &str = "SELECT min(due) FROM (\
       SELECT * FROM (SELECT due FROM timer \
         WHERE suspended = 0 AND due > $1 AND +key BETWEEN $2 AND $3 ORDER BY due LIMIT 1) \
       UNION ALL SELECT * FROM (SELECT due FROM job \
         WHERE state = 1 AND due > $1 AND +key BETWEEN $2 AND $3 ORDER BY due LIMIT 1) \
       UNION ALL SELECT * FROM (SELECT due FROM job \
         WHERE state = 0 AND suspended = 0 AND due > 0 AND due > $1 AND +key BETWEEN $2 AND $3 ORDER BY due LIMIT 1) \
       UNION ALL SELECT * FROM (SELECT due FROM start_timer \
         WHERE due > $1 AND +key BETWEEN $2 AND $3 ORDER BY due LIMIT 1) \
       UNION ALL SELECT * FROM (SELECT expires_at FROM mailbox \
         WHERE kind = 0 AND expires_at > $1 AND +key BETWEEN $2 AND $3 ORDER BY expires_at LIMIT 1))";

/// Jobs that never failed are in the index in the order in which they are taken, first the others with the priority of the
/// one before, then those with lower ones; jobs whose back-off is over have to be sorted.
const ACTIVATABLE_JOBS: &str = "SELECT key, process_instance_key, priority FROM (\
       SELECT * FROM (SELECT key, process_instance_key, priority FROM job \
         WHERE state = 0 AND suspended = 0 AND job_type = $1 AND tenant_id = $2 AND due = 0 AND priority = $3 \
         AND key > $4 AND key <= $5 ORDER BY key LIMIT $7) \
       UNION ALL SELECT * FROM (SELECT key, process_instance_key, priority FROM job \
         WHERE state = 0 AND suspended = 0 AND job_type = $1 AND tenant_id = $2 AND due = 0 AND priority < $3 \
         AND (key >> 51) = ($5 >> 51) ORDER BY priority DESC, key LIMIT $7) \
       UNION ALL SELECT * FROM (SELECT key, process_instance_key, priority FROM job \
         WHERE state = 0 AND suspended = 0 AND job_type = $1 AND tenant_id = $2 AND due > 0 AND due <= $6 \
         AND (priority < $3 OR priority = $3 AND +key > $4) AND (key >> 51) = ($5 >> 51) \
         ORDER BY priority DESC, key LIMIT $7)) \
     ORDER BY priority DESC, key LIMIT $7";

const RUNNING_JOBS: &str = "SELECT key, process_instance_key, priority FROM job WHERE state = 2 AND key BETWEEN $1 AND $2 ORDER BY key";

const PAUSED_INSTANCES: &str = "SELECT key FROM process_instance WHERE paused = 1 AND suspended = 0 AND key BETWEEN $1 AND $2 ORDER BY key";

/// Each statement with the indexes that it reads.
#[cfg(test)]
pub(super) const QUERIES: [(&str, &[&str]); 6] = [
    (DUE_TIMERS, &["timer_due"]),
    (TIMED_OUT_JOBS, &["job_held"]),
    (NEXT_DUE, &["timer_due", "job_held", "job_backing_off", "start_timer_due", "mailbox_expiring"]),
    (ACTIVATABLE_JOBS, &["job_activatable", "job_activatable", "job_activatable"]),
    (RUNNING_JOBS, &["job_running"]),
    (PAUSED_INSTANCES, &["process_instance_paused"]),
];
