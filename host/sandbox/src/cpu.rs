//! How long a job computes, and when it is its turn.
//!
//! A job is a future that a thread polls now and then. The thread's CPU clock is read around each poll,
//! so that neither waiting for an answer nor other work on the machine counts.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What a job may compute before it has to wait for turns. Most jobs are done by then.
const BRIEF: Duration = Duration::from_millis(10);

/// Turns of jobs that compute for long: fewer at a time than there are processors,
/// so that those which are done in a moment, and the rest of the host, always find one that is free.
#[derive(Clone, Debug)]
pub(crate) struct Turns(Arc<Semaphore>);

impl Turns {
    pub(crate) fn new() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Semaphore::new(processors.saturating_sub(1).max(1))))
    }
}

/// A job's CPU time. Written by the thread that polls the job, read by it and after the job's end.
#[derive(Debug, Default)]
pub(crate) struct CpuMeter {
    /// Nanoseconds of all polls that are over.
    used: AtomicU64,
    /// The thread's clock when the current poll began, in nanoseconds.
    poll_began: AtomicU64,
    /// Held while the job computes and has computed for long; never while it waits for anything.
    turn: Mutex<Option<OwnedSemaphorePermit>>,
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

    /// Whether the job has computed for so short a time that it need not wait for turns.
    pub(crate) fn is_brief(&self) -> bool {
        self.used_until_now() < BRIEF
    }

    /// Gives the others their turn, and comes back when it is this job's again.
    pub(crate) async fn next_turn(&self, turns: Turns) {
        self.end_turn();
        tokio::task::yield_now().await;
        let turn = turns.0.acquire_owned().await.ok();
        *self.turn.lock().unwrap_or_else(PoisonError::into_inner) = turn;
    }

    fn end_turn(&self) {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn measure<T>(&self, poll: impl FnOnce() -> T) -> T {
        let began = thread_nanos();
        self.poll_began.store(began, Ordering::Relaxed);
        let result = poll();
        self.used.fetch_add(thread_nanos().saturating_sub(began), Ordering::Relaxed);
        self.end_turn();
        result
    }
}

/// A future whose polls a meter measures.
pub(crate) struct Metered<'a, F> {
    future: Pin<&'a mut F>,
    meter: &'a CpuMeter,
}

impl<'a, F: Future> Metered<'a, F> {
    pub(crate) fn new(future: Pin<&'a mut F>, meter: &'a CpuMeter) -> Self {
        Self { future, meter }
    }
}

impl<F: Future> Future for Metered<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let meter = self.meter;
        meter.measure(|| self.future.as_mut().poll(cx))
    }
}

/// The calling thread's CPU time.
#[cfg(unix)]
fn thread_nanos() -> u64 {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Without a clock per thread, the time that passes while a poll runs stands for its CPU time.
#[cfg(not(unix))]
fn thread_nanos() -> u64 {
    use std::sync::LazyLock;
    use std::time::Instant;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed().as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;

    #[tokio::test]
    async fn a_job_that_waits_holds_no_turn() {
        let (turns, meter) = (Turns(Arc::new(Semaphore::new(1))), CpuMeter::default());
        let free = || turns.0.available_permits();
        let job = pin!(async {
            meter.next_turn(turns.clone()).await;
            assert_eq!(free(), 0, "it computes");
            tokio::task::yield_now().await;
            assert_eq!(free(), 1, "it has waited");
            meter.next_turn(turns.clone()).await;
            meter.next_turn(turns.clone()).await;
            assert_eq!(free(), 0, "its own turn did not stand in its way");
        });
        Metered::new(job, &meter).await;
        assert_eq!(free(), 1);
    }

    #[tokio::test]
    async fn waiting_costs_nothing_and_computing_does() {
        let meter = CpuMeter::default();
        let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
        let job = pin!(async {
            receiver.await.ok();
            let end = thread_nanos() + 2_000_000;
            while thread_nanos() < end {}
            assert!(meter.used_until_now() >= Duration::from_millis(2));
        });
        let waker = std::thread::spawn(move || sender.send(()));
        Metered::new(job, &meter).await;
        assert!(meter.used() >= Duration::from_millis(2));
        assert!(waker.join().is_ok());
    }
}
