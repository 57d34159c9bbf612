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
    unexpected: Mutex<Vec<String>>,
}

/// A request that has no answer yet.
pub(crate) struct UnderWay<'l>(&'l Ledger);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Ledger {
    /// A request that changes something is about to be sent.
    pub(super) fn begin(&self) -> UnderWay<'_> {
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

    /// An answer that is no success. A host in trouble may say 503 with a hint, and nothing else.
    pub(super) fn not_done(&self, what: &str, reply: &Reply) {
        if reply.status == 503 && reply.has_retry_after {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let mut unexpected = self.unexpected.lock().unwrap_or_else(PoisonError::into_inner);
        if unexpected.len() < ANSWERS_KEPT_MAX {
            let hint = if reply.status == 503 { " without Retry-After" } else { "" };
            unexpected.push(format!("{what}: {}{hint} {}", reply.status, reply.body));
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
