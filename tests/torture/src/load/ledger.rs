//! What was asked, and what was answered.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use harness::Reply;
use types::{ProcessInstanceKey, UserTaskKey};

use crate::check::acknowledged::{Asked, Fate};

/// Unexpected answers that are kept.
const ANSWERS_KEPT_MAX: usize = 100;

/// What was asked, and what was answered.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    asked: Mutex<Asked>,
    under_way: AtomicUsize,
    acknowledged: AtomicU64,
    refused: AtomicU64,
    tasks_done: AtomicU64,
    /// Counts up when the host goes away, and when it is back: odd while it is away.
    turns: AtomicU64,
    unexpected: Mutex<Vec<String>>,
}

/// The turn of hosts in which a request was sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn(u64);

/// A request that has no answer yet.
pub(crate) struct UnderWay<'l>(&'l Ledger);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Ledger {
    /// A completion is about to be sent.
    pub(super) fn begin_completion(&self, task: UserTaskKey) -> UnderWay<'_> {
        self.asked().tasks.entry(task).or_default();
        self.begin()
    }

    fn begin(&self) -> UnderWay<'_> {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(self)
    }

    /// A start is about to be sent.
    pub(crate) fn begin_start(&self, business_id: &str) -> UnderWay<'_> {
        self.asked().starts.insert(business_id.to_owned(), Fate::Unknown);
        self.begin()
    }

    /// A cancellation is about to be sent.
    pub(crate) fn begin_cancel(&self, key: ProcessInstanceKey) -> UnderWay<'_> {
        self.asked().cancels.insert(key, Fate::Unknown);
        self.begin()
    }

    /// A start was acknowledged.
    pub(crate) fn started(&self, business_id: &str, key: ProcessInstanceKey) {
        self.asked().starts.insert(business_id.to_owned(), Fate::Acknowledged(key));
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
    }

    /// A cancellation was acknowledged.
    pub(crate) fn cancelled(&self, key: ProcessInstanceKey) {
        self.asked().cancels.insert(key, Fate::Acknowledged(()));
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn completed(&self, task: UserTaskKey) {
        *self.asked().tasks.entry(task).or_default() += 1;
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
        self.tasks_done.fetch_add(1, Ordering::Relaxed);
    }

    /// From now on requests need not be answered.
    pub(crate) fn host_goes_away(&self) {
        self.turns.fetch_or(1, Ordering::SeqCst);
    }

    /// From now on requests must be answered.
    pub(crate) fn host_is_back(&self) {
        // Odd becomes even; what is even stays.
        let _ = self.turns.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |turn| Some(turn + turn % 2));
    }

    /// The turn of now.
    pub(super) fn turn(&self) -> Turn {
        Turn(self.turns.load(Ordering::SeqCst))
    }

    /// A request has got no answer, or one that cannot be read. A host that is there all the time must not do that.
    pub(super) fn no_answer(&self, sent: Turn, what: &str, error: &anyhow::Error) {
        let Turn(now) = self.turn();
        if sent.0 == now && now.is_multiple_of(2) {
            self.note(format!("{what}: no answer from a host that was there: {error:#}"));
        }
    }

    /// Part of the load has panicked.
    pub(super) fn panicked(&self, error: &tokio::task::JoinError) {
        self.note(format!("the load itself has failed: {error}"));
    }

    /// An answer that is no success. A host in trouble may say 503 with a hint, and nothing else.
    pub(super) fn not_done(&self, what: &str, reply: &Reply) {
        if reply.status == 503 && reply.has_retry_after {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let hint = if reply.status == 503 { " without Retry-After" } else { "" };
        self.note(format!("{what}: {}{hint} {}", reply.status, reply.body));
    }

    fn note(&self, unexpected: String) {
        let mut kept = self.unexpected.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < ANSWERS_KEPT_MAX {
            kept.push(unexpected);
        }
    }

    /// Requests that change something and have no answer.
    pub(crate) fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Relaxed)
    }

    /// Acknowledged commands.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// User tasks that were completed: each of an instance whose first job was done.
    pub(crate) fn tasks_done(&self) -> u64 {
        self.tasks_done.load(Ordering::Relaxed)
    }

    /// Answers with 503.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Answers that a host must not give.
    pub(crate) fn unexpected(&self) -> Vec<String> {
        self.unexpected.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was asked.
    pub(crate) fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_noted(sent: impl FnOnce(&Ledger), answered: impl FnOnce(&Ledger)) -> bool {
        let ledger = Ledger::default();
        sent(&ledger);
        let turn = ledger.turn();
        answered(&ledger);
        ledger.no_answer(turn, "a start", &anyhow::anyhow!("the connection was closed"));
        !ledger.unexpected().is_empty()
    }

    #[test]
    fn only_a_host_that_was_there_all_the_time_must_answer() {
        assert!(is_noted(|_| (), |_| ()));
        assert!(is_noted(|_| (), Ledger::host_is_back), "it has never been away");
        assert!(!is_noted(|_| (), Ledger::host_goes_away));
        assert!(!is_noted(Ledger::host_goes_away, |_| ()));
        assert!(!is_noted(Ledger::host_goes_away, Ledger::host_is_back));
        let away_meanwhile = |ledger: &Ledger| {
            ledger.host_goes_away();
            ledger.host_is_back();
        };
        assert!(!is_noted(|_| (), away_meanwhile));
        assert!(is_noted(away_meanwhile, |_| ()));
    }
}
