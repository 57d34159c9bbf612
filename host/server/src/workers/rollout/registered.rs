//! The roll-outs of a host, as the registry has them beside its components.

use std::collections::BTreeMap;
use std::sync::Arc;

use runtime::Clock;
use store::RolloutRecord;
use types::{Actor, SharedStr, TenantId, Timestamp};

use super::plan::{Error as PlanError, Label, Plan, Share};
use super::watch::{Bell, Watch};
use crate::workers::registry::{Registry, State};

/// The roll-out of a job type.
#[derive(Clone)]
pub(in crate::workers) struct Rollout {
    pub(super) plan: Arc<Plan>,
    /// Names this state of it.
    pub(super) revision: i64,
    pub(super) changed_at: Timestamp,
    pub(super) changed_by: Actor,
    /// Counts how attempts end, when there is a guard.
    pub(super) watch: Option<Arc<Watch>>,
}

/// All roll-outs, by tenant and job type.
#[derive(Default)]
pub(in crate::workers) struct Rollouts {
    present: BTreeMap<(TenantId, SharedStr), Rollout>,
}

impl Rollouts {
    /// Takes in a stored roll-out.
    ///
    /// # Errors
    /// It makes no sense.
    pub(in crate::workers) fn load(
        &mut self,
        record: RolloutRecord,
        clock: &Arc<dyn Clock>,
        bell: &Bell,
    ) -> Result<(), store::Error> {
        let RolloutRecord { tenant, job_type, revision, plan, changed_at, changed_by } = record;
        let plan = serde_json::from_str(&plan).map_err(PlanError::from).and_then(Plan::read);
        let plan = plan.map_err(|error| {
            store::Error::Damaged(format!("the stored roll-out of `{job_type}` cannot be followed: {error}"))
        })?;
        self.put(tenant, job_type, Rollout::new(plan, revision, changed_at, changed_by, clock, bell));
        Ok(())
    }

    /// Whose roll-outs there are.
    pub(in crate::workers) fn names(&self) -> impl Iterator<Item = &(TenantId, SharedStr)> {
        self.present.keys()
    }

    /// The roll-out of a job type.
    pub(in crate::workers) fn get(&self, tenant: &TenantId, job_type: &str) -> Option<&Rollout> {
        self.present.get(&(tenant.clone(), job_type.into()))
    }

    fn put(&mut self, tenant: TenantId, job_type: SharedStr, rollout: Rollout) {
        self.present.insert((tenant, job_type), rollout);
    }

    fn of<'a>(&'a self, tenant: &'a TenantId) -> impl Iterator<Item = (&'a SharedStr, &'a Rollout)> {
        let own = self.present.iter().filter(move |((other, _), _)| other == tenant);
        own.map(|((_, job_type), rollout)| (job_type, rollout))
    }
}

impl Rollout {
    /// The component whose versions are rolled out: a plan shares jobs between versions of one.
    pub(in crate::workers) fn component(&self) -> &str {
        &self.plan.stable().name
    }

    /// Its versions and their shares, in words.
    pub(in crate::workers) fn shares(&self) -> String {
        let share = |share: &Share| format!("{} {} %", share.version, share.weight);
        self.plan.versions.iter().map(share).collect::<Vec<_>>().join(", ")
    }

    pub(super) fn new(
        plan: Plan,
        revision: i64,
        changed_at: Timestamp,
        changed_by: Actor,
        clock: &Arc<dyn Clock>,
        bell: &Bell,
    ) -> Self {
        let watch = Watch::of(&plan, Arc::clone(clock), Arc::clone(bell)).map(Arc::new);
        Self { plan: Arc::new(plan), revision, changed_at, changed_by, watch }
    }
}

impl Registry {
    /// The roll-out of a job type.
    pub(super) fn rollout(&self, tenant: &TenantId, job_type: &str) -> Option<Rollout> {
        self.read().rollouts.get(tenant, job_type).cloned()
    }

    /// Versions that a roll-out names and that are not here, do not do the jobs, or are of another kind than the others.
    pub(super) fn missing(&self, tenant: &TenantId, job_type: &str, rollout: &Rollout) -> Vec<Label> {
        self.read().missing(tenant, job_type, &rollout.plan)
    }

    /// All roll-outs of a tenant, by job type.
    pub(super) fn rollouts(&self, tenant: &TenantId) -> Vec<(SharedStr, Rollout)> {
        let state = self.read();
        state.rollouts.of(tenant).map(|(job_type, rollout)| (job_type.clone(), rollout.clone())).collect()
    }

    /// How many job types have roll-outs.
    pub(super) fn rollouts_count(&self) -> usize {
        self.read().rollouts.present.len()
    }

    /// The job types whose roll-outs name a version.
    pub(in crate::workers) fn rollouts_naming(
        &self,
        tenant: &TenantId,
        name: &str,
        version: &str,
    ) -> Vec<SharedStr> {
        let state = self.read();
        let naming = state.rollouts.of(tenant).filter(|(_, rollout)| rollout.plan.names(name, version));
        naming.map(|(job_type, _)| job_type.clone()).collect()
    }

    /// The roll-outs whose canary is to be given up.
    pub(super) fn found_failing(&self) -> Vec<(TenantId, SharedStr, Rollout)> {
        let state = self.read();
        let failing = state
            .rollouts
            .present
            .iter()
            .filter(|(_, rollout)| rollout.watch.as_ref().is_some_and(|watch| watch.finding().is_some()));
        failing
            .map(|((tenant, job_type), rollout)| (tenant.clone(), job_type.clone(), rollout.clone()))
            .collect()
    }

    /// Follows a roll-out, or none, from the next attempt on.
    pub(super) fn follow(&self, tenant: TenantId, job_type: SharedStr, rollout: Option<Rollout>) {
        let mut state = self.write();
        match rollout {
            Some(rollout) => state.rollouts.put(tenant, job_type, rollout),
            None => drop(state.rollouts.present.remove(&(tenant, job_type))),
        }
        state.decide(&self.surroundings, self.meters());
    }
}

impl State {
    /// Versions that a plan for a job type names and that are not here, do not do such jobs, or are not of the kind of the
    /// first one that is: their share of them fails.
    fn missing(&self, tenant: &TenantId, job_type: &str, plan: &Plan) -> Vec<Label> {
        let kind_of = |label: &Label| {
            let found = self.catalog.find(tenant, &label.name, &label.version.to_string());
            let does = found.filter(|found| found.manifest.job_types.iter().any(|name| name == job_type));
            does.map(|found| found.manifest.kind)
        };
        let labels = || plan.versions.iter().map(|share| &share.version);
        let kind = labels().find_map(kind_of);
        labels().filter(|label| kind.is_none() || kind_of(label) != kind).cloned().collect()
    }

    /// Says which roll-outs name versions that are not here. Uploads stay as long as a roll-out names them, but what comes
    /// with the host comes and goes with its files.
    pub(in crate::workers) fn report_missing(&self) {
        for ((tenant, job_type), rollout) in &self.rollouts.present {
            for version in self.missing(tenant, job_type, &rollout.plan) {
                tracing::error!(
                    %tenant,
                    %job_type,
                    %version,
                    "the roll-out names a version that is not here, no longer does such jobs, or is no longer of the kind \
                     (connector or worker) of the others: its share of them fails. \
                     Bring it back, or roll out others with `fermata worker rollout {job_type}`"
                );
            }
        }
    }
}
