//! Roll-outs, as the API asks for them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use api::{Note, PlatformError, RolloutAction, RolloutChangeView, RolloutCount, RolloutRequest, RolloutView};
use async_trait::async_trait;
use serde_json::Value;
use store::search::{
    Condition, Operand, Operator, PageRequest, ProcessDefinitionField as Field, ProcessDefinitionSearch,
};
use store::{RolloutChange, RolloutStep};
use types::{SharedStr, TenantId};

use super::digests;
use super::plan::{Label, Plan};
use super::registered::Rollout;
use crate::workers::causes::with_causes;
use crate::workers::platform::{Workers, carried_through};
use crate::workers::serving::note;

#[async_trait]
impl api::Rollouts for Workers {
    async fn rollouts(&self, tenant: &TenantId) -> Result<Vec<RolloutView>, PlatformError> {
        let rollouts = self.changes.registry.rollouts(tenant);
        let view = |(job_type, rollout): (SharedStr, Rollout)| {
            let notes = self.untrusted(tenant, &rollout);
            self.rollout_view(tenant, job_type, &rollout, notes)
        };
        Ok(rollouts.into_iter().map(view).collect())
    }

    async fn rollout(&self, tenant: &TenantId, job_type: &str) -> Result<Option<RolloutView>, PlatformError> {
        let rollout = self.changes.registry.rollout(tenant, job_type);
        match rollout {
            Some(rollout) => Ok(Some(self.noted_view(tenant, job_type.into(), &rollout).await)),
            None => Ok(None),
        }
    }

    async fn put_rollout(&self, request: RolloutRequest, plan: Value) -> Result<RolloutView, PlatformError> {
        let (tenant, job_type) = (request.tenant.clone(), request.job_type.clone());
        let changes = Arc::clone(&self.changes);
        let rollout = carried_through(async move { changes.roll_out(request, plan).await }).await?;
        Ok(self.noted_view(&tenant, job_type, &rollout).await)
    }

    async fn delete_rollout(&self, request: RolloutRequest) -> Result<(), PlatformError> {
        let changes = Arc::clone(&self.changes);
        carried_through(async move { changes.remove_rollout(request).await }).await
    }

    async fn roll_back(
        &self,
        request: RolloutRequest,
        revision: Option<i64>,
    ) -> Result<RolloutView, PlatformError> {
        let (tenant, job_type) = (request.tenant.clone(), request.job_type.clone());
        let changes = Arc::clone(&self.changes);
        let rollout = carried_through(async move { changes.roll_back(request, revision).await }).await?;
        Ok(self.noted_view(&tenant, job_type, &rollout).await)
    }

    async fn rollout_history(
        &self,
        tenant: &TenantId,
        job_type: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<RolloutChangeView>, PlatformError> {
        let changes = self.changes.rollout_changes(tenant, job_type, before, limit).await?;
        Ok(changes.into_iter().map(change_view).collect())
    }
}

impl Workers {
    /// A roll-out with all that may be wrong with it. Never fails: it may have been changed a moment before.
    async fn noted_view(&self, tenant: &TenantId, job_type: SharedStr, rollout: &Rollout) -> RolloutView {
        let mut notes = self.untrusted(tenant, rollout);
        notes.extend(self.unknown_processes(tenant, &rollout.plan).await);
        self.rollout_view(tenant, job_type, rollout, notes)
    }

    fn rollout_view(
        &self,
        tenant: &TenantId,
        job_type: SharedStr,
        rollout: &Rollout,
        notes: Vec<Note>,
    ) -> RolloutView {
        let missing = self.changes.registry.missing(tenant, &job_type, rollout);
        view(job_type, rollout, missing, notes)
    }

    /// Versions that this host does not run.
    fn untrusted(&self, tenant: &TenantId, rollout: &Rollout) -> Vec<Note> {
        let registry = &self.changes.registry;
        let labels = rollout.plan.versions.iter().map(|share| &share.version);
        let untrusted = labels.filter_map(|label| {
            let found = registry.find(tenant, &label.name, &label.version.to_string())?;
            let why = registry.distrust(&found)?;
            Some(note(
                "UNTRUSTED_VERSION",
                format!("`{label}` does not run here, its share of the jobs fails: {why}"),
            ))
        });
        untrusted.collect()
    }

    /// Processes that rules name and that are not deployed. They may come later; more often it is a slip.
    ///
    /// Two reads, however many rules there are. What the store does not tell is left out: whoever asks may have changed the
    /// roll-out already, and has to learn of it.
    async fn unknown_processes(&self, tenant: &TenantId, plan: &Plan) -> Vec<Note> {
        self.find_unknown_processes(tenant, plan).await.unwrap_or_else(|error| {
            tracing::warn!("the processes of a roll-out cannot be looked up: {}", with_causes(&error));
            Vec::new()
        })
    }

    async fn find_unknown_processes(
        &self,
        tenant: &TenantId,
        plan: &Plan,
    ) -> Result<Vec<Note>, store::Error> {
        let store = &self.changes.registry.surroundings.store;
        let mut notes = Vec::new();
        if let Some(key) = plan.process.as_ref().and_then(|process| process.process_definition_key) {
            let found = store.definition(key).await?;
            if found.is_none_or(|found| found.tenant != *tenant) {
                notes.push(unknown_process("process", &format!("with key {key}")));
            }
        }
        let limited = plan.process.as_ref().and_then(|process| {
            Some(("process", process.process_definition_id.as_deref()?, process.process_definition_version))
        });
        let pinned = plan
            .pins
            .iter()
            .map(|pin| ("pins", pin.process_definition_id.as_str(), pin.process_definition_version));
        let named: Vec<_> = limited.into_iter().chain(pinned).collect();
        let latest = self.latest_versions(tenant, named.iter().map(|(_, id, _)| *id).collect()).await?;
        for (field, id, version) in named {
            // Versions count from 1 and never go, so that all up to the latest one are here.
            if latest.get(id).is_none_or(|latest| version.is_some_and(|version| version > *latest)) {
                let version = version.map(|version| format!(" version {version}")).unwrap_or_default();
                notes.push(unknown_process(field, &format!("`{id}`{version}")));
            }
        }
        Ok(notes)
    }

    /// The latest version of each of these processes that is deployed, by its id. One read; a plan names few.
    async fn latest_versions(
        &self,
        tenant: &TenantId,
        ids: BTreeSet<&str>,
    ) -> Result<BTreeMap<SharedStr, u32>, store::Error> {
        if ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let text = |text: &str| Operand::Text(text.to_owned());
        let search = ProcessDefinitionSearch {
            page: PageRequest { limit: ids.len() as u32, ..PageRequest::default() },
            conditions: vec![
                Condition::Field(Field::TenantId, Operator::Eq(text(tenant.as_str()))),
                Condition::Field(Field::IsLatestVersion, Operator::Eq(Operand::Integer(1))),
                Condition::Field(
                    Field::ProcessDefinitionId,
                    Operator::In(ids.into_iter().map(text).collect()),
                ),
            ],
            ..ProcessDefinitionSearch::default()
        };
        let found = self.changes.registry.surroundings.store.search_process_definitions(&search).await?;
        Ok(found.items.into_iter().map(|found| (found.bpmn_process_id, found.version)).collect())
    }
}

fn unknown_process(field: &str, which: &str) -> Note {
    note("UNKNOWN_PROCESS", format!("{field}: no process {which} is deployed here: the rule waits for one"))
}

fn view(job_type: SharedStr, rollout: &Rollout, missing: Vec<Label>, notes: Vec<Note>) -> RolloutView {
    let counts = rollout.watch.as_ref().map(|watch| watch.counts()).unwrap_or_default();
    let counts = rollout.plan.versions.iter().zip(counts).map(|(share, count)| RolloutCount {
        version: share.version.to_string().into(),
        attempts: count.attempts,
        failures: count.failures,
    });
    RolloutView {
        job_type,
        revision: rollout.revision,
        changed_at: rollout.changed_at,
        changed_by: rollout.changed_by.clone(),
        missing: missing.into_iter().map(|label| label.to_string().into()).collect(),
        notes,
        counted: counts.collect(),
        plan: rollout.plan.to_json(),
    }
}

fn change_view(change: RolloutChange) -> RolloutChangeView {
    // What the host has written itself is JSON.
    let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
    RolloutChangeView {
        revision: change.sequence,
        action: match change.step {
            RolloutStep::Set => RolloutAction::Set,
            RolloutStep::Removed => RolloutAction::Removed,
            RolloutStep::RolledBack => RolloutAction::RolledBack,
            RolloutStep::RolledBackByHost => RolloutAction::RolledBackByHost,
            RolloutStep::Uploaded => RolloutAction::Uploaded,
            RolloutStep::VersionRemoved => RolloutAction::VersionRemoved,
        },
        digests: digests::read(change.digests.as_deref()),
        from: json(change.before),
        to: json(change.after),
        reason: change.reason,
        figures: json(change.figures),
        changed_at: change.changed_at,
        changed_by: change.changed_by,
    }
}
