//! The clock that interrupts guests.
//!
//! Compiled code looks at the engine's epoch in every loop and function; a thread of its own moves the epoch on.
//! At each tick a running guest yields, so that other jobs get their turn, and its CPU time is compared with its limit.
//! The thread sleeps while no job runs: an idle host costs nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wasmtime::EngineWeak;

/// How long a guest computes before it yields, and how exactly CPU time is held to its limit.
const TICK: Duration = Duration::from_millis(2);

/// Ticks without a job after which the thread goes to sleep. Waking it costs a job some microseconds.
const IDLE_TICKS_MAX: u32 = 500;

/// Moves the epoch on while jobs run. Dropping it ends the thread.
#[derive(Debug)]
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    running: AtomicUsize,
    asleep: AtomicBool,
    ended: AtomicBool,
}

/// Keeps the epoch moving as long as it lives.
#[derive(Debug)]
pub(crate) struct Running(Arc<Shared>);

impl Ticker {
    /// Starts the thread for `engine`.
    pub(crate) fn start(engine: EngineWeak) -> std::io::Result<Self> {
        Self::start_with(engine, TICK, IDLE_TICKS_MAX)
    }

    fn start_with(engine: EngineWeak, tick: Duration, idle_ticks_max: u32) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let thread = thread::Builder::new().name("sandbox-ticker".to_owned()).spawn({
            let shared = Arc::clone(&shared);
            move || run(&shared, &engine, tick, idle_ticks_max)
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Notes that a job runs until the result is dropped.
    pub(crate) fn running(&self) -> Running {
        // Sequentially consistent on both sides: either this sees the thread asleep, or the thread sees the job.
        self.shared.running.fetch_add(1, Ordering::SeqCst);
        if self.shared.asleep.load(Ordering::SeqCst) {
            self.wake();
        }
        Running(Arc::clone(&self.shared))
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.wake();
        if let Some(thread) = self.thread.take() {
            // The thread does not panic, and a destructor could not do anything about it.
            drop(thread.join());
        }
    }
}

fn run(shared: &Shared, engine: &EngineWeak, tick: Duration, idle_ticks_max: u32) {
    let mut idle_ticks = 0;
    while !shared.ended.load(Ordering::SeqCst) {
        let Some(engine) = engine.upgrade() else { return };
        if shared.running.load(Ordering::SeqCst) > 0 {
            idle_ticks = 0;
            engine.increment_epoch();
        } else {
            idle_ticks += 1;
        }
        drop(engine);
        if idle_ticks < idle_ticks_max {
            thread::park_timeout(tick);
            continue;
        }
        shared.asleep.store(true, Ordering::SeqCst);
        while shared.running.load(Ordering::SeqCst) == 0 && !shared.ended.load(Ordering::SeqCst) {
            thread::park();
        }
        shared.asleep.store(false, Ordering::SeqCst);
        idle_ticks = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleeping_ticker_wakes_for_a_job_and_ends_when_dropped() {
        let mut config = wasmtime::Config::new();
        config.epoch_interruption(true);
        let engine = wasmtime::Engine::new(&config).unwrap();
        let ticker = Ticker::start_with(engine.weak(), Duration::from_micros(1), 1).unwrap();
        while !ticker.shared.asleep.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        let job = ticker.running();
        while ticker.shared.asleep.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        drop(job);
        drop(ticker);
    }
}
