//! Tells external workers that wait for jobs when there may be some.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use types::SharedStr;

/// Bells by job type. Only workers of that type wake up. They are rung in order, because the first to wake takes first.
#[derive(Default)]
pub(crate) struct Arrivals {
    bells: Mutex<BTreeMap<SharedStr, Arc<Notify>>>,
}

/// Rings when jobs of its type may have become available. It goes with the last one who waits for it.
pub(crate) struct Bell {
    arrivals: Arc<Arrivals>,
    job_type: SharedStr,
    notify: Arc<Notify>,
}

impl Arrivals {
    pub(crate) fn bell(self: &Arc<Self>, job_type: &SharedStr) -> Bell {
        let notify = Arc::clone(self.lock().entry(job_type.clone()).or_default());
        Bell { arrivals: Arc::clone(self), job_type: job_type.clone(), notify }
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

    fn lock(&self) -> MutexGuard<'_, BTreeMap<SharedStr, Arc<Notify>>> {
        self.bells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deref for Bell {
    type Target = Notify;

    fn deref(&self) -> &Notify {
        &self.notify
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        let mut bells = self.arrivals.lock();
        // The map has one, and this one is about to go.
        if Arc::strong_count(&self.notify) == 2 {
            bells.remove(&self.job_type);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bell_goes_with_the_last_who_waits() {
        let arrivals = Arc::new(Arrivals::default());
        let job_type = SharedStr::from("work");
        let (first, second) = (arrivals.bell(&job_type), arrivals.bell(&job_type));
        drop(first);
        assert_eq!(arrivals.lock().len(), 1);
        drop(second);
        assert!(arrivals.lock().is_empty());
    }
}
