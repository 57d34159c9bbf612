//! How many bytes of request bodies the host has in hand at a time.
//!
//! Every request may bring megabytes, and what it brings stays in memory until it is answered.
//! Small bodies are bounded by the number of connections; larger ones share a budget, and are turned away when it is spent.

use std::sync::{Arc, OnceLock};

use axum::body::{Body, HttpBody as _};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::{BODIES_BYTES_MAX, SMALL_BODY_BYTES_MAX};
use crate::metrics::HttpFigures;
use crate::problem::Problem;

/// What the budget is counted in: the semaphore counts to 32 bits at a time.
const UNIT_BYTES: usize = 1 << 10;

/// The budget of all requests.
pub(crate) struct Bodies {
    budget: Arc<Semaphore>,
    figures: Arc<HttpFigures>,
}

/// What one request has of the budget, until its last clone is dropped.
#[derive(Clone)]
pub(crate) struct Share(Arc<Taken>);

struct Taken {
    budget: Arc<Semaphore>,
    figures: Arc<HttpFigures>,
    permit: OnceLock<OwnedSemaphorePermit>,
}

impl Bodies {
    pub(crate) fn new(figures: Arc<HttpFigures>) -> Self {
        Self { budget: Arc::new(Semaphore::new(BODIES_BYTES_MAX / UNIT_BYTES)), figures }
    }

    /// An empty share for a request with this body; `None` when it is sure to be small.
    pub(crate) fn share_for(&self, body: &Body) -> Option<Share> {
        if body.size_hint().upper().is_some_and(|bytes| bytes <= SMALL_BODY_BYTES_MAX as u64) {
            return None;
        }
        let (budget, figures) = (Arc::clone(&self.budget), Arc::clone(&self.figures));
        Some(Share(Arc::new(Taken { budget, figures, permit: OnceLock::new() })))
    }
}

impl Share {
    /// Takes `bytes` from the budget, all that the request will ever have: whoever comes back for more may wait for
    /// somebody who waits for him. Asking again changes nothing.
    pub(crate) fn take(&self, bytes: usize) -> Result<(), Problem> {
        let Taken { budget, figures, permit } = &*self.0;
        if permit.get().is_some() {
            return Ok(());
        }
        let units = u32::try_from(bytes.div_ceil(UNIT_BYTES)).unwrap_or(u32::MAX);
        let taken = Arc::clone(budget).try_acquire_many_owned(units).map_err(|_| {
            figures.refused_for_bodies.add(1);
            Problem::resource_exhausted(format!(
                "the requests at work have {BODIES_BYTES_MAX} bytes in hand, the limit is reached: try again later"
            ))
        })?;
        // One request is read by one task: nobody else has set it meanwhile.
        let _ = permit.set(taken);
        Ok(())
    }
}
