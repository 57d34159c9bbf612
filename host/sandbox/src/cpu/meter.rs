//! How long a job computes.
//!
//! The thread's CPU clock is read around each poll,
//! so that neither waiting for an answer nor other work on the machine counts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A job's CPU time. Written by the thread that polls the job, read by it and after the job's end.
#[derive(Debug, Default)]
pub(crate) struct CpuMeter {
    /// Nanoseconds of all polls that are over.
    used: AtomicU64,
    /// The thread's clock when the current poll began, in nanoseconds.
    poll_began: AtomicU64,
}

impl CpuMeter {
    /// CPU time of all polls that are over.
    pub(crate) fn used(&self) -> Duration {
        Duration::from_nanos(self.used.load(Ordering::Relaxed))
    }

    /// CPU time until now, for code that runs inside of a poll.
    pub(crate) fn used_until_now(&self) -> Duration {
        self.used()
            + Duration::from_nanos(thread_nanos().saturating_sub(self.poll_began.load(Ordering::Relaxed)))
    }

    /// Polls the job, and counts what that takes.
    pub(super) fn measure<T>(&self, poll: impl FnOnce() -> T) -> T {
        let began = thread_nanos();
        self.poll_began.store(began, Ordering::Relaxed);
        let result = poll();
        self.used.fetch_add(thread_nanos().saturating_sub(began), Ordering::Relaxed);
        result
    }
}

/// The calling thread's CPU time.
#[cfg(unix)]
pub(super) fn thread_nanos() -> u64 {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Without a clock per thread, the time that passes while a poll runs stands for its CPU time.
#[cfg(not(unix))]
pub(super) fn thread_nanos() -> u64 {
    use std::sync::LazyLock;
    use std::time::Instant;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_nanos() as u64
}
