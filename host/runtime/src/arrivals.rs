//! Tells external workers that wait for jobs when there may be some.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use types::SharedStr;

/// Bells by job type. Only workers of that type wake up.
#[derive(Default)]
pub(crate) struct Arrivals {
    bells: Mutex<HashMap<SharedStr, Arc<Notify>>>,
}

impl Arrivals {
    /// Rings when jobs of this type may have become available.
    pub(crate) fn of(&self, job_type: &SharedStr) -> Arc<Notify> {
        Arc::clone(self.lock().entry(job_type.clone()).or_default())
    }

    /// The caller of [`of`](Self::of) no longer waits. The bell goes with the last one.
    pub(crate) fn leave(&self, job_type: &SharedStr, bell: Arc<Notify>) {
        let mut bells = self.lock();
        drop(bell);
        if bells.get(job_type).is_some_and(|bell| Arc::strong_count(bell) == 1) {
            bells.remove(job_type);
        }
    }

    pub(crate) fn announce<'t>(&self, job_types: impl IntoIterator<Item = &'t SharedStr>) {
        let bells = self.lock();
        if bells.is_empty() {
            return;
        }
        for job_type in job_types {
            if let Some(bell) = bells.get(job_type) {
                bell.notify_waiters();
            }
        }
    }

    pub(crate) fn announce_all(&self) {
        self.lock().values().for_each(|bell| bell.notify_waiters());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SharedStr, Arc<Notify>>> {
        self.bells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
