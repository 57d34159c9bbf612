//! Where the engines of SQL differ in what they are asked.

/// The words of one engine of SQL.
#[derive(Debug)]
pub(crate) struct Dialect {
    /// Whether a parameter in a search is `$1`, `$2` and so on, or just `?`.
    pub(crate) numbers_parameters: bool,
    /// Before and after a condition, to make it 0 or 1.
    pub(crate) flag: [&'static str; 2],
    /// After a name that a search computes: makes it compare like all other texts.
    pub(crate) name_collation: &'static str,
    /// Before and after a column with several texts, to make it a table.
    pub(crate) items: [&'static str; 2],
    /// What a row of that table holds.
    pub(crate) item: &'static str,
    /// Compares a text with a pattern.
    pub(crate) like: &'static str,
    /// The pattern of `Operator::Like` as a pattern of this engine.
    pub(crate) pattern: fn(&str) -> String,
    /// Before and after a text, to make it its beginning: what an index holds of values that may be too long for it.
    pub(crate) beginning: Option<[&'static str; 2]>,
    /// Begins a transaction that only reads, and sees one moment.
    pub(crate) begin_snapshot: &'static str,
    /// Before and after a query for keys, to compare a key with each of them. However many there may be, each is looked up.
    pub(crate) among: [&'static str; 2],
    /// What the partition loop asks.
    pub(crate) due: Due,
    /// What is asked about instances that have ended.
    pub(crate) ended: Ended,
    /// What is asked about what crosses instances.
    pub(crate) exchange: Exchange,
}

/// The statements of the partition loop. They lean on indexes that differ from engine to engine.
#[derive(Debug)]
pub(crate) struct Due {
    /// `$1` now, `$2` and `$3` the first and the last key of the partition, `$4` the limit. Key, instance, due.
    pub(crate) timers: &'static str,
    /// The same of jobs that are held. Key, instance, priority, due.
    pub(crate) timed_out_jobs: &'static str,
    /// `$1` now, `$2` and `$3` the first and the last key of the partition.
    pub(crate) next: &'static str,
    /// `$1` type, `$2` tenant, `$3` and `$4` priority and key of the job to start after, `$5` the partition's last key, `$6` now,
    /// `$7` the limit. Key, instance, priority.
    pub(crate) activatable_jobs: &'static str,
    /// `$1` and `$2` the first and the last key of the partition. Key, instance, priority.
    pub(crate) running_jobs: &'static str,
    /// `$1` and `$2` the first and the last key of the partition.
    pub(crate) paused_instances: &'static str,
}

/// Statements about what crosses instances. They lean on indexes that differ from engine to engine.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// `$1` tenant, `$2` name, `$3` and `$4` the subscriptions to start after and to end with, of the same partition, `$5` the
    /// limit. Key, instance.
    pub(crate) signal_subscriptions: &'static str,
    /// `$1` now, `$2` and `$3` the first and the last key of the partition, `$4` the limit. Tenant, name, correlation key.
    pub(crate) expired_mailboxes: &'static str,
    /// `$1` now, `$2` and `$3` the first and the last key of the partition, `$4` the limit. The columns of `start_timer`.
    pub(crate) due_start_timers: &'static str,
    /// `$1` tenant, `$2` kind, `$3` name. The columns of a start event.
    pub(crate) start_events: &'static str,
}

/// Statements about instances that have ended. They lean on an index that differs from engine to engine.
#[derive(Debug)]
pub(crate) struct Ended {
    /// `$1` and `$2` the first and the last key of the partition, `$3` the definition to start after, `$4` the limit.
    /// Definition, tenant, process id, earliest end.
    pub(crate) oldest: &'static str,
    /// `$1` and `$2` the first and the last key of the partition, `$3` the definition, `$4` and `$5` end and key of the
    /// instance to start after, `$6` the limit. Key, end.
    pub(crate) instances: &'static str,
}
