//! What a batch leads to outside, once it is durable.

use std::collections::BTreeSet;

use types::{JobKey, PartitionId, ProcessInstanceKey, SharedStr, TenantId, Timestamp};

use super::Partition;
use crate::figures::Tally;
use crate::inbox::DescribedJob;
use crate::requests::AwaitedInstance;

/// What a batch leads to outside, once it is durable.
#[derive(Default)]
pub(super) struct Aftermath {
    pub(super) tally: Tally,
    pub(super) jobs: Vec<DescribedJob>,
    /// Jobs that wait for nobody any longer.
    pub(super) jobs_gone: Vec<JobKey>,
    /// Types of jobs that no component served when the commit began.
    pub(super) arrived: BTreeSet<(TenantId, SharedStr)>,
    pub(super) due: Option<Timestamp>,
    pub(super) paused: Vec<ProcessInstanceKey>,
    pub(super) ended: Vec<(ProcessInstanceKey, AwaitedInstance)>,
    pub(super) cancelled: Vec<ProcessInstanceKey>,
    /// Partitions that something was sent to.
    pub(super) receivers: BTreeSet<PartitionId>,
}

impl Aftermath {
    /// Something that was written is due at `time`.
    pub(super) fn arm(&mut self, time: Timestamp) {
        self.due = Some(self.due.map_or(time, |due| due.min(time)));
    }
}

impl Partition {
    /// Acts on what is durable.
    pub(super) fn follow_up(&mut self, aftermath: Aftermath) {
        if let Some(due) = aftermath.due {
            self.arm(due);
        }
        self.shared.dispatcher.committed(aftermath.jobs, aftermath.jobs_gone);
        for (tenant, job_type) in &aftermath.arrived {
            // A component may have come since the commit began.
            if self.shared.dispatcher.worker_for(tenant, job_type).is_some() {
                self.shared.dispatcher.look_for(self.id, tenant, job_type);
            }
        }
        self.shared.arrivals.announce(aftermath.arrived.iter().map(|(_, job_type)| job_type));
        for (key, result) in aftermath.ended {
            self.awaited.completed(key, &result);
        }
        for key in aftermath.cancelled {
            self.awaited.cancelled(key);
        }
        self.wake(&aftermath.receivers);
        for key in aftermath.paused {
            self.paused.add(key);
        }
    }

    /// Tells partitions that something was sent to them.
    pub(super) fn wake(&mut self, receivers: &BTreeSet<PartitionId>) {
        for receiver in receivers {
            if *receiver == self.id {
                self.lines.hear_of(self.id);
            } else {
                self.shared.inboxes.of(*receiver).wake(self.id);
            }
        }
    }
}
