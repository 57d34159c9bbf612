//! What a host has before it.

/// What a host would do by itself if it went on now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    /// Instances that have not ended.
    pub active_instances: u64,
    /// Jobs that are not done and not stopped by an incident, by their type.
    pub jobs: Vec<JobsOfType>,
    /// Timers that have not fired.
    pub timers: u64,
    /// Those of them that are due.
    pub timers_due: u64,
    /// Timers that start instances.
    pub start_timers: u64,
    /// Those of them that are due.
    pub start_timers_due: u64,
    /// Messages whose time is over, and that are still there: they go, and nobody gets them any more.
    pub messages_expired: u64,
}

/// Jobs of one type, of all tenants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobsOfType {
    /// The type.
    pub job_type: String,
    /// Jobs that nobody has begun, or that are to be tried again.
    pub waiting: u64,
    /// Jobs that external workers have taken.
    pub held: u64,
    /// Jobs that components of the host were running.
    pub running: u64,
}
