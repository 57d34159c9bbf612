//! What the process takes of its machine.

use std::time::Duration;

/// What the process takes; what its system does not tell is left out.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProcessFigures {
    pub(super) cpu: Option<Duration>,
    pub(super) resident_bytes: Option<usize>,
}

impl ProcessFigures {
    pub(super) fn now() -> Self {
        Self { cpu: cpu(), resident_bytes: memory_stats::memory_stats().map(|stats| stats.physical_mem) }
    }
}

/// CPU time of all threads so far.
#[cfg(unix)]
fn cpu() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};

    let used = clock_gettime(ClockId::ProcessCPUTime);
    Some(Duration::new(u64::try_from(used.tv_sec).ok()?, u32::try_from(used.tv_nsec).ok()?))
}

#[cfg(not(unix))]
fn cpu() -> Option<Duration> {
    None
}
