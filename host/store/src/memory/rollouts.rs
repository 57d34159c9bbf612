//! Roll-outs and their changes.

use std::collections::BTreeMap;

use types::{SharedStr, TenantId};

use crate::{ROLLOUT_CHANGES_MAX, RolloutChange, RolloutRecord};

/// The roll-outs of all tenants.
#[derive(Debug, Default)]
pub(super) struct Rollouts {
    present: BTreeMap<(TenantId, SharedStr), RolloutRecord>,
    /// Of each job type, the first one first.
    changes: BTreeMap<(TenantId, SharedStr), Vec<RolloutChange>>,
    last_sequence: i64,
}

impl Rollouts {
    pub(super) fn change(&mut self, change: RolloutChange) -> i64 {
        self.last_sequence += 1;
        let revision = self.last_sequence;
        let name = (change.tenant.clone(), change.job_type.clone());
        match change.after.clone() {
            Some(plan) => {
                let record = RolloutRecord {
                    tenant: change.tenant.clone(),
                    job_type: change.job_type.clone(),
                    revision,
                    plan,
                    changed_at: change.changed_at,
                    changed_by: change.changed_by.clone(),
                };
                self.present.insert(name.clone(), record);
            }
            None => drop(self.present.remove(&name)),
        }
        let changes = self.changes.entry(name).or_default();
        changes.push(RolloutChange { sequence: revision, ..change });
        let too_many = changes.len().saturating_sub(ROLLOUT_CHANGES_MAX as usize);
        changes.drain(..too_many);
        revision
    }

    pub(super) fn all(&self) -> Vec<RolloutRecord> {
        self.present.values().cloned().collect()
    }

    pub(super) fn changes(
        &self,
        tenant: &TenantId,
        job_type: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Vec<RolloutChange> {
        let changes = self.changes.get(&(tenant.clone(), job_type.into()));
        let newest_first = changes.into_iter().flatten().rev();
        let asked_for = newest_first.filter(|change| before.is_none_or(|before| change.sequence < before));
        asked_for.take(limit as usize).cloned().collect()
    }
}
