//! How long instances are kept after their end.

use std::collections::BTreeMap;
use std::sync::Arc;

use bpmn::timer::Duration;

use super::Archive;

/// How long instances are kept after their end, and what becomes of their history.
#[derive(Clone, Debug, Default)]
pub struct Retention {
    /// Of processes without a time of their own; `None` keeps them for ever.
    pub time: Option<Duration>,
    /// By the process's id in the model, in all versions and for all tenants; `None` keeps for ever.
    pub processes: BTreeMap<String, Option<Duration>>,
    /// Takes the history of instances before they are removed.
    pub archive: Option<Arc<dyn Archive>>,
}

impl Retention {
    /// How long the instances of a process are kept; `None` is for ever.
    pub(super) fn of(&self, bpmn_process_id: &str) -> Option<Duration> {
        self.processes.get(bpmn_process_id).copied().unwrap_or(self.time)
    }

    pub(super) fn keeps_everything(&self) -> bool {
        self.time.is_none() && self.processes.values().all(Option::is_none)
    }
}
