//! What belongs to one attempt of one job, shared by its store and the tasks that serve it.

use std::sync::Arc;

use crate::cpu::CpuMeter;
use crate::host::Vault;
use crate::host::log::JobLog;
use crate::network::Traffic;
use crate::{LogLine, Policy, Services};

/// What belongs to one attempt of one job. Everything in it can be used from any thread.
pub(crate) struct Attempt {
    pub(crate) policy: Arc<Policy>,
    pub(crate) services: Arc<dyn Services>,
    pub(crate) cpu: CpuMeter,
    pub(crate) log: JobLog,
    pub(crate) traffic: Traffic,
    pub(crate) vault: Vault,
}

impl Attempt {
    pub(crate) fn new(policy: Arc<Policy>, services: Arc<dyn Services>) -> Self {
        Self {
            cpu: CpuMeter::default(),
            log: JobLog::new(&policy.limits),
            traffic: Traffic::default(),
            vault: Vault::default(),
            policy,
            services,
        }
    }

    /// Writes the records that the log let through.
    pub(crate) fn write_log(&self, lines: impl IntoIterator<Item = LogLine>) {
        for line in lines {
            self.services.log(line);
        }
    }
}
