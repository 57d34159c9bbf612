//! Roll-outs and their changes, and whose a job type is without a roll-out.

use std::collections::BTreeMap;

use types::{SharedStr, TenantId};

use crate::{JobTypeOwner, RolloutChange, RolloutRecord, ServingChange};

/// The roll-outs of all tenants.
#[derive(Debug, Default)]
pub(super) struct Rollouts {
    present: BTreeMap<(TenantId, SharedStr), RolloutRecord>,
    /// Of each job type, the first one first.
    changes: BTreeMap<(TenantId, SharedStr), Vec<RolloutChange>>,
    last_sequence: i64,
    owners: BTreeMap<(TenantId, SharedStr), JobTypeOwner>,
}

impl Rollouts {
    pub(super) fn change(&mut self, change: RolloutChange) -> i64 {
        let revision = self.last_sequence + 1;
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
        self.note(change);
        revision
    }

    fn note(&mut self, change: RolloutChange) {
        self.last_sequence += 1;
        let name = (change.tenant.clone(), change.job_type.clone());
        let changes = self.changes.entry(name).or_default();
        changes.push(RolloutChange { sequence: self.last_sequence, ..change.clone() });
        // Only the sort that has grown can be too many, and by one.
        let same_sort = |other: &RolloutChange| other.step.is_of_rollout() == change.step.is_of_rollout();
        if changes.iter().filter(|other| same_sort(other)).count() > change.step.kept_max() as usize
            && let Some(oldest) = changes.iter().position(same_sort)
        {
            changes.remove(oldest);
        }
    }

    pub(super) fn change_serving(&mut self, serving: ServingChange) {
        for owner in serving.owners {
            self.owners.insert((owner.tenant.clone(), owner.job_type.clone()), owner);
        }
        for unowned in &serving.unowned {
            self.owners.remove(unowned);
        }
        for change in serving.noted {
            self.note(change);
        }
    }

    pub(super) fn owners(&self) -> Vec<JobTypeOwner> {
        self.owners.values().cloned().collect()
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
