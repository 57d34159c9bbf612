//! Whose turn it is to compute.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::sync::oneshot;

/// Turns of jobs that compute for long. Components take turns, and so do the jobs of each, however many these are.
#[derive(Clone, Debug)]
pub(super) struct Turns(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// How many there are at a time.
    number: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Turns that are taken.
    taken: usize,
    /// Those who wait, the component whose turn is next first.
    lines: VecDeque<Line>,
}

/// The jobs of one component that wait for a turn. There is at least one.
#[derive(Debug)]
struct Line {
    component: u64,
    jobs: VecDeque<oneshot::Sender<Turn>>,
}

/// A job's turn, as long as it lives.
#[derive(Debug)]
pub(super) struct Turn(Turns);

/// A job that waits for its turn.
#[derive(Debug)]
pub(super) struct Waiting(oneshot::Receiver<Turn>);

impl Turns {
    /// So many at a time.
    pub(super) fn new(number: usize) -> Self {
        Self(Arc::new(Shared { number, state: Mutex::default() }))
    }

    /// A turn for a job of `component`; it comes when the others have had theirs.
    pub(super) fn next(&self, component: u64) -> Waiting {
        let (sender, receiver) = oneshot::channel();
        self.state().wait(component, sender);
        self.hand_out();
        Waiting(receiver)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands out the turns that are free.
    fn hand_out(&self) {
        loop {
            let next = self.state().leave(self.0.number);
            let Some(job) = next else { return };
            // Whoever has ceased to wait gives the turn back by this.
            drop(job.send(Turn(self.clone())));
        }
    }
}

impl State {
    fn wait(&mut self, component: u64, job: oneshot::Sender<Turn>) {
        match self.lines.iter_mut().find(|line| line.component == component) {
            Some(line) => line.jobs.push_back(job),
            None => self.lines.push_back(Line { component, jobs: VecDeque::from([job]) }),
        }
    }

    /// The job whose turn is next leaves its line and takes the turn, if fewer than `number` are taken.
    /// Its component goes to the end.
    fn leave(&mut self, number: usize) -> Option<oneshot::Sender<Turn>> {
        while self.taken < number {
            let mut line = self.lines.pop_front()?;
            let job = line.jobs.pop_front();
            if !line.jobs.is_empty() {
                self.lines.push_back(line);
            }
            if let Some(job) = job.filter(|job| !job.is_closed()) {
                self.taken += 1;
                return Some(job);
            }
        }
        None
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.state().taken -= 1;
        self.0.hand_out();
    }
}

impl Future for Waiting {
    type Output = Turn;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Turn> {
        let turn = std::task::ready!(Pin::new(&mut self.0).poll(cx));
        Poll::Ready(turn.expect("a line keeps its jobs until their turn"))
    }
}

#[cfg(test)]
impl Turns {
    /// A turn, if one is free.
    pub(super) fn at_once(&self) -> Option<Turn> {
        self.next(0).0.try_recv().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn came(waiting: &mut Waiting) -> Option<Turn> {
        waiting.0.try_recv().ok()
    }

    #[test]
    fn components_take_turns_however_many_jobs_they_have() {
        let turns = Turns::new(2);
        let taken: Vec<_> = (0..2).map(|_| came(&mut turns.next(1)).unwrap()).collect();
        let mut many: Vec<_> = (0..10).map(|_| turns.next(1)).collect();
        let mut few = turns.next(2);
        assert!(many.iter_mut().chain([&mut few]).all(|job| came(job).is_none()), "all turns are taken");
        let mut taken = taken.into_iter();
        drop(taken.next());
        let first = came(&mut many[0]).expect("it came first");
        drop(first);
        let other = came(&mut few).expect("its component had no turn yet");
        assert!(came(&mut many[1]).is_none());
        drop(other);
        assert!(came(&mut many[1]).is_some());
    }

    #[test]
    fn a_job_that_waits_no_more_passes_its_turn_on() {
        let turns = Turns::new(2);
        let taken: Vec<_> = (0..2).map(|_| came(&mut turns.next(1)).unwrap()).collect();
        let gone = turns.next(1);
        let mut next = turns.next(1);
        drop(gone);
        drop(taken);
        assert!(came(&mut next).is_some());
        drop(next);
        let all: Vec<_> = std::iter::from_fn(|| turns.at_once()).collect();
        assert_eq!(all.len(), 2);
    }
}
