//! Where jobs compute.

use std::future::{Future, poll_fn};
use std::io;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio_util::task::AbortOnDropHandle;

use super::turns::{Turns, Waiting};
use super::{CpuMeter, Habit};

/// What a job may compute on the threads of its host, if its component's jobs are usually brief.
const BRIEF: Duration = Duration::from_millis(5);

/// How much lower than the host's own the priority of threads is where jobs compute for long, in steps of `nice`.
/// Each step is about a quarter: with both at work on one processor, the jobs get one part in four.
const NICENESS: i32 = 5;

/// Where jobs compute: on the caller's thread as long as they are brief, else on threads of a lower priority.
///
/// A thread that polls a job for milliseconds serves nobody else meanwhile, though others may wait for just this thread.
/// So those jobs have threads of their own, one fewer than processors, and the system sees to it that the host comes first.
pub(crate) struct Processors {
    /// `None` only while it is dropped.
    threads: Option<Runtime>,
    turns: Turns,
}

impl Processors {
    /// Starts the threads.
    pub(crate) fn start() -> io::Result<Self> {
        let processors = available_parallelism().map_or(1, usize::from);
        Self::start_so_many(processors.saturating_sub(1).max(1))
    }

    fn start_so_many(number: usize) -> io::Result<Self> {
        let threads = Builder::new_multi_thread()
            .worker_threads(number)
            .thread_name("sandbox-long")
            .on_thread_start(lower_priority)
            // Timers and sockets are looked at after each poll, for one takes milliseconds.
            .event_interval(1)
            .enable_all()
            .build()?;
        Ok(Self { threads: Some(threads), turns: Turns::new(number) })
    }

    /// Does the work of a job of the component that `habit` is of. `meter` measures it.
    ///
    /// Dropping the future ends the work, at once or when one of those threads comes to it.
    pub(crate) async fn run<W>(&self, work: W, meter: &Arc<CpuMeter>, habit: &Habit) -> W::Output
    where
        W: Future<Output: Send> + Send + 'static,
    {
        let mut work = Box::pin(work);
        let _noted = Noted { meter, habit };
        let brief = poll_fn(|cx| {
            if meter.used() < BRIEF && habit.is_brief() {
                meter.measure(|| work.as_mut().poll(cx)).map(Some)
            } else {
                Poll::Ready(None)
            }
        });
        match brief.await {
            Some(done) => done,
            None => self.run_long(work, Arc::clone(meter), habit.component()).await,
        }
    }

    async fn run_long<W>(&self, work: Pin<Box<W>>, meter: Arc<CpuMeter>, component: u64) -> W::Output
    where
        W: Future<Output: Send> + Send + 'static,
    {
        let threads = self.threads.as_ref().expect("it is there until the drop");
        let work = InTurns { work, meter, component, turns: self.turns.clone(), waiting: None };
        match AbortOnDropHandle::new(threads.spawn(work)).await {
            Ok(done) => done,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // Only its own handle could have ended the task.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

impl Drop for Processors {
    fn drop(&mut self) {
        if let Some(threads) = self.threads.take() {
            // Whoever drops it may be a thread that must not wait.
            threads.shutdown_background();
        }
    }
}

#[cfg(unix)]
fn lower_priority() {
    // On Linux this is the calling thread's. Where it is refused, the threads are like the others.
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "the priority of a thread was not lowered");
    }
}

#[cfg(not(unix))]
fn lower_priority() {}

/// Notes what a job took, also when it is given up.
struct Noted<'a> {
    meter: &'a CpuMeter,
    habit: &'a Habit,
}

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.habit.took(self.meter.used());
    }
}

/// Work that is polled in turns. It has none while it waits.
struct InTurns<W> {
    work: Pin<Box<W>>,
    meter: Arc<CpuMeter>,
    component: u64,
    turns: Turns,
    waiting: Option<Waiting>,
}

impl<W: Future> Future for InTurns<W> {
    type Output = W::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<W::Output> {
        let Self { work, meter, component, turns, waiting } = &mut *self;
        let turn = ready!(Pin::new(waiting.get_or_insert_with(|| turns.next(*component))).poll(cx));
        *waiting = None;
        let result = meter.measure(|| work.as_mut().poll(cx));
        drop(turn);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::meter::thread_nanos;
    use std::thread::{self, ThreadId};
    use tokio::sync::oneshot;
    use tokio::task::yield_now;

    fn processors() -> Processors {
        Processors::start_so_many(1).unwrap()
    }

    /// Computes for a bit more than that.
    fn compute(time: Duration) {
        let end = thread_nanos() + time.as_nanos() as u64;
        while thread_nanos() < end {}
    }

    fn here() -> ThreadId {
        thread::current().id()
    }

    #[tokio::test]
    async fn waiting_costs_nothing_and_computing_does() {
        let (processors, meter, habit) = (processors(), Arc::<CpuMeter>::default(), Habit::new());
        let (sender, receiver) = oneshot::channel::<()>();
        let of_work = Arc::clone(&meter);
        let work = async move {
            receiver.await.ok();
            compute(Duration::from_millis(2));
            assert!(of_work.used_until_now() >= Duration::from_millis(2));
        };
        let waker = thread::spawn(move || sender.send(()));
        processors.run(work, &meter, &habit).await;
        assert!(meter.used() >= Duration::from_millis(2));
        assert!(waker.join().is_ok());
    }

    #[tokio::test]
    async fn a_job_that_has_computed_for_long_goes_to_threads_for_such_jobs() {
        let (processors, meter, habit) = (processors(), Arc::<CpuMeter>::default(), Habit::new());
        let hosts = here();
        let work = async move {
            yield_now().await;
            assert_eq!(here(), hosts);
            compute(BRIEF);
            yield_now().await;
            here()
        };
        assert_ne!(processors.run(work, &meter, &habit).await, hosts);
        assert!(!habit.is_brief());
        let next = processors.run(async { here() }, &Arc::default(), &habit).await;
        assert_ne!(next, hosts, "its component is known");
    }

    #[tokio::test]
    async fn a_long_job_takes_turns_and_has_none_while_it_waits() {
        let (processors, meter, habit) = (processors(), Arc::<CpuMeter>::default(), Habit::new());
        habit.took(BRIEF);
        let turns = processors.turns.clone();
        let work = async move {
            assert!(turns.at_once().is_none(), "it computes");
            let (sender, receiver) = oneshot::channel();
            let others = turns.clone();
            thread::spawn(move || {
                while others.at_once().is_none() {}
                sender.send(())
            });
            receiver.await.expect("another one had a turn");
            assert!(turns.at_once().is_none(), "it computes again");
        };
        processors.run(work, &meter, &habit).await;
    }

    #[tokio::test]
    async fn a_job_that_is_given_up_ends_and_counts_for_what_is_usual() {
        let (processors, meter, habit) = (processors(), Arc::<CpuMeter>::default(), Habit::new());
        let (ended, has_ended) = oneshot::channel::<()>();
        let (begun, has_begun) = oneshot::channel::<()>();
        habit.took(BRIEF);
        let work = async move {
            let _ended = ended;
            compute(BRIEF);
            begun.send(()).ok();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = processors.run(work, &meter, &habit) => unreachable!("it never ends"),
            begun = has_begun => begun.unwrap(),
        }
        assert!(has_ended.await.is_err(), "its work is dropped");
        assert!(!habit.is_brief());
    }

    #[tokio::test]
    #[should_panic(expected = "by the host's mistake")]
    async fn a_panic_of_the_host_is_not_hidden() {
        let habit = Habit::new();
        habit.took(BRIEF);
        processors().run(async { panic!("by the host's mistake") }, &Arc::default(), &habit).await
    }
}
