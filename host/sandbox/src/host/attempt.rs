//! What belongs to one attempt of one job, shared by its store and the tasks that serve it.

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use crate::cpu::CpuMeter;
use crate::host::Vault;
use crate::host::log::JobLog;
use crate::limits::Limit;
use crate::network::{TooFast, Traffic};
use crate::{LogLine, Pace, Policy, Services};

/// What belongs to one attempt of one job. Everything in it can be used from any thread.
pub(crate) struct Attempt {
    pub(crate) policy: Arc<Policy>,
    pub(crate) services: Arc<dyn Services>,
    pub(crate) cpu: Arc<CpuMeter>,
    /// Where its requests are served, wherever it computes.
    pub(crate) hosts_threads: Handle,
    pub(crate) log: JobLog,
    pub(crate) traffic: Traffic,
    pub(crate) vault: Vault,
    /// Checkpoints that it has stored or tried to store.
    pub(super) checkpoints: AtomicUsize,
    /// The last limit that its guest was told of.
    limit_told: Mutex<Option<Limit>>,
    began: Instant,
    own_pace: Pace,
}

impl Attempt {
    /// On a thread of the host.
    pub(crate) fn new(policy: Arc<Policy>, services: Arc<dyn Services>) -> Self {
        Self {
            cpu: Arc::default(),
            hosts_threads: Handle::current(),
            log: JobLog::new(&policy),
            traffic: Traffic::default(),
            vault: Vault::default(),
            checkpoints: AtomicUsize::new(0),
            limit_told: Mutex::default(),
            began: Instant::now(),
            own_pace: Pace::default(),
            policy,
            services,
        }
    }

    /// Remembers that the guest was told that it has met `limit`: it may fail for that, in words of its own.
    pub(crate) fn tells_of(&self, limit: Limit) {
        *self.limit_told.lock().unwrap_or_else(PoisonError::into_inner) = Some(limit);
    }

    /// The last limit that the guest was told of.
    pub(crate) fn limit_told(&self) -> Option<Limit> {
        *self.limit_told.lock().unwrap_or_else(PoisonError::into_inner)
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
