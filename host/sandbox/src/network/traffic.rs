//! The requests of one job: how many, and what became of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::host::Attempt;
use crate::limits::Limit;
use crate::network::gate::Refusal;
use crate::{Answer, RequestRecord};

/// Different refusals that are remembered.
const REFUSALS_MAX: usize = 20;

/// The requests of one job.
#[derive(Debug, Default)]
pub(crate) struct Traffic(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    begun: usize,
    open: usize,
    records: Vec<RequestRecord>,
    refusals: Vec<String>,
}

impl Traffic {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers why a request was refused.
    pub(super) fn refuse(&self, refusal: &Refusal) {
        let (mut state, reason) = (self.state(), refusal.to_string());
        if state.refusals.len() < REFUSALS_MAX && !state.refusals.contains(&reason) {
            state.refusals.push(reason);
        }
    }

    /// All requests that got as far as to have an endpoint, and all refusals.
    pub(crate) fn take(&self) -> (Vec<RequestRecord>, Vec<String>) {
        let mut state = self.state();
        (std::mem::take(&mut state.records), std::mem::take(&mut state.refusals))
    }
}

/// A request under way, until its response's body is dropped.
pub(super) struct OpenRequest(Arc<Attempt>);

impl OpenRequest {
    /// Counts a request, or refuses it when there are too many.
    pub(super) fn begin(attempt: &Arc<Attempt>) -> Result<Self, Refusal> {
        let policy = &attempt.policy;
        let limits = &policy.limits;
        let mut state = attempt.traffic.state();
        if state.begun >= limits.requests {
            let what = format!("the job has sent {} requests, its limit", limits.requests);
            return Err(Refusal::new(policy.met(Limit::Requests, what)));
        }
        if state.open >= limits.requests_open {
            let what = format!(
                "the job has {} requests under way, its limit, as long as it neither reads nor drops their responses",
                limits.requests_open
            );
            return Err(Refusal::new(policy.met(Limit::RequestsOpen, what)));
        }
        state.begun += 1;
        state.open += 1;
        Ok(Self(Arc::clone(attempt)))
    }

    /// The attempt that has sent it.
    pub(super) fn attempt(&self) -> &Attempt {
        &self.0
    }
}

impl Drop for OpenRequest {
    fn drop(&mut self) {
        self.0.traffic.state().open -= 1;
    }
}

/// A request's entry in the report.
pub(super) struct Entry<'a> {
    traffic: &'a Traffic,
    index: usize,
    began: Instant,
}

impl<'a> Entry<'a> {
    pub(super) fn new(traffic: &'a Traffic, method: String, endpoint: String, path: String) -> Self {
        let mut state = traffic.state();
        state.records.push(RequestRecord {
            method,
            endpoint,
            path,
            answer: Answer::Pending,
            duration: Duration::ZERO,
        });
        Self { traffic, index: state.records.len() - 1, began: Instant::now() }
    }

    pub(super) fn answered(&self, answer: Answer) {
        // Gone when the attempt has ended and its report been made.
        if let Some(record) = self.traffic.state().records.get_mut(self.index) {
            record.answer = answer;
            record.duration = self.began.elapsed();
        }
    }
}
