//! Roll-outs, as the API asks for them.

use std::sync::Arc;

use api::{PlatformError, RolloutAction, RolloutChangeView, RolloutCount, RolloutRequest, RolloutView};
use async_trait::async_trait;
use serde_json::Value;
use store::{RolloutChange, RolloutStep};
use types::{SharedStr, TenantId};

use super::plan::Label;
use super::registered::Rollout;
use crate::workers::platform::{Workers, carried_through};

#[async_trait]
impl api::Rollouts for Workers {
    async fn rollouts(&self, tenant: &TenantId) -> Result<Vec<RolloutView>, PlatformError> {
        let rollouts = self.changes.registry.rollouts(tenant);
        Ok(rollouts
            .into_iter()
            .map(|(job_type, rollout)| self.rollout_view(tenant, job_type, &rollout))
            .collect())
    }

    async fn rollout(&self, tenant: &TenantId, job_type: &str) -> Result<Option<RolloutView>, PlatformError> {
        let rollout = self.changes.registry.rollout(tenant, job_type);
        Ok(rollout.map(|rollout| self.rollout_view(tenant, job_type.into(), &rollout)))
    }

    async fn put_rollout(&self, request: RolloutRequest, plan: Value) -> Result<RolloutView, PlatformError> {
        let (tenant, job_type) = (request.tenant.clone(), request.job_type.clone());
        let changes = Arc::clone(&self.changes);
        let rollout = carried_through(async move { changes.roll_out(request, plan).await }).await?;
        Ok(self.rollout_view(&tenant, job_type, &rollout))
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
        Ok(self.rollout_view(&tenant, job_type, &rollout))
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
    fn rollout_view(&self, tenant: &TenantId, job_type: SharedStr, rollout: &Rollout) -> RolloutView {
        let missing = self.changes.registry.missing(tenant, &job_type, rollout);
        view(job_type, rollout, missing)
    }
}

fn view(job_type: SharedStr, rollout: &Rollout, missing: Vec<Label>) -> RolloutView {
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
        },
        from: json(change.before),
        to: json(change.after),
        reason: change.reason,
        figures: json(change.figures),
        changed_at: change.changed_at,
        changed_by: change.changed_by,
    }
}
