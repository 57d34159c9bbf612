//! What belongs to one attempt of one job, shared by its store and the tasks that serve it.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

use crate::cpu::CpuMeter;
use crate::host::Vault;
use crate::host::log::JobLog;
use crate::network::{TooFast, Traffic};
use crate::{LogLine, Pace, Policy, Services};

/// What belongs to one attempt of one job. Everything in it can be used from any thread.
pub(crate) struct Attempt {
    pub(crate) policy: Arc<Policy>,
    pub(crate) services: Arc<dyn Services>,
    pub(crate) cpu: CpuMeter,
    pub(crate) log: JobLog,
    pub(crate) traffic: Traffic,
    pub(crate) vault: Vault,
    /// Checkpoints that it has stored or tried to store.
    pub(super) checkpoints: AtomicUsize,
    began: Instant,
    own_pace: Pace,
}

impl Attempt {
    pub(crate) fn new(policy: Arc<Policy>, services: Arc<dyn Services>) -> Self {
        Self {
            cpu: CpuMeter::default(),
            log: JobLog::new(&policy.limits),
            traffic: Traffic::default(),
            vault: Vault::default(),
            checkpoints: AtomicUsize::new(0),
            began: Instant::now(),
            own_pace: Pace::default(),
            policy,
            services,
        }
    }

    /// How long the next request has to wait for its turn.
    ///
    /// # Errors
    /// Longer than the attempt may still run.
    pub(crate) fn turn_of_request(&self) -> Result<Duration, TooFast> {
        let (pace, limits) = (self.services.pace().unwrap_or(&self.own_pace), &self.policy.limits);
        let now = Instant::now();
        let patience = limits.wall_time.saturating_sub(now.duration_since(self.began));
        pace.admit(limits.requests_per_second, now, patience)
    }

    /// Writes the records that the log let through.
    pub(crate) fn write_log(&self, lines: impl IntoIterator<Item = LogLine>) {
        for line in lines {
            self.services.log(line);
        }
    }
}
