//! Callers that wait for the end of an instance.

use std::collections::BTreeMap;

use tokio::sync::oneshot;
use types::ProcessInstanceKey;

use crate::error::Error;
use crate::requests::AwaitedInstance;

/// Callers that went away are looked for when there are so many instances, and then at every doubling.
const SWEPT_FROM: usize = 1_024;

type Caller = oneshot::Sender<Result<AwaitedInstance, Error>>;

/// Callers by the instance whose end they wait for, in order: they hear of the end of the host one after the other.
/// A caller that is gone needs no answer.
pub(super) struct Awaited {
    callers: BTreeMap<ProcessInstanceKey, Vec<Caller>>,
    sweep_at: usize,
}

impl Default for Awaited {
    fn default() -> Self {
        Self { callers: BTreeMap::new(), sweep_at: SWEPT_FROM }
    }
}

impl Awaited {
    pub(super) fn add(&mut self, instance: ProcessInstanceKey, caller: Caller) {
        if self.callers.len() >= self.sweep_at {
            self.callers.retain(|_, callers| {
                callers.retain(|caller| !caller.is_closed());
                !callers.is_empty()
            });
            self.sweep_at = SWEPT_FROM.max(2 * self.callers.len());
        }
        self.callers.entry(instance).or_default().push(caller);
    }

    pub(super) fn contains(&self, instance: ProcessInstanceKey) -> bool {
        self.callers.contains_key(&instance)
    }

    /// Nobody waits any longer: the instance does not exist.
    pub(super) fn forget(&mut self, instance: ProcessInstanceKey) {
        self.callers.remove(&instance);
    }

    pub(super) fn completed(&mut self, instance: ProcessInstanceKey, result: &AwaitedInstance) {
        for caller in self.callers.remove(&instance).into_iter().flatten() {
            let _ = caller.send(Ok(result.clone()));
        }
    }

    pub(super) fn cancelled(&mut self, instance: ProcessInstanceKey) {
        for caller in self.callers.remove(&instance).into_iter().flatten() {
            let _ = caller.send(Err(Error::AwaitCancelled { key: instance }));
        }
    }
}
