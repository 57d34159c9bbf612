//! Roll-outs in memory. Any plan will do, as long as it has `versions`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use fermata_api::{
    Expected, PlatformError, RolloutAction, RolloutChangeView, RolloutRequest, RolloutView, Rollouts,
};
use serde_json::Value;
use types::{SharedStr, TenantId, Timestamp};

use super::platform::FakePlatform;

#[derive(Default)]
pub(super) struct Kept {
    present: BTreeMap<SharedStr, RolloutView>,
    changes: Vec<(SharedStr, RolloutChangeView)>,
}

impl Kept {
    fn change(
        &mut self,
        request: RolloutRequest,
        action: RolloutAction,
        plan: Option<Value>,
    ) -> Result<Option<RolloutView>, PlatformError> {
        let present = self.present.get(&request.job_type).cloned();
        let revision = present.as_ref().map(|present| present.revision);
        let is_expected = match request.expected {
            Expected::Anything => true,
            Expected::Nothing => revision.is_none(),
            Expected::Something => revision.is_some(),
            Expected::Revisions(expected) => revision.is_some_and(|revision| expected.contains(&revision)),
        };
        if !is_expected {
            return Err(PlatformError::Outdated("somebody was faster".to_owned()));
        }
        let revision = self.changes.len() as i64 + 1;
        let changed_at = Timestamp::from_millis(0);
        let change = RolloutChangeView {
            revision,
            action,
            from: present.map(|present| present.plan),
            to: plan.clone(),
            reason: request.reason,
            digests: BTreeMap::new(),
            figures: None,
            changed_at,
            changed_by: request.actor.clone(),
        };
        self.changes.push((request.job_type.clone(), change));
        let view = plan.map(|plan| RolloutView {
            job_type: request.job_type.clone(),
            revision,
            changed_at,
            changed_by: request.actor,
            missing: Vec::new(),
            notes: Vec::new(),
            counted: Vec::new(),
            plan,
        });
        match &view {
            Some(view) => drop(self.present.insert(request.job_type, view.clone())),
            None => drop(self.present.remove(&request.job_type)),
        }
        Ok(view)
    }
}

#[async_trait]
impl Rollouts for FakePlatform {
    async fn rollouts(&self, _: &TenantId) -> Result<Vec<RolloutView>, PlatformError> {
        Ok(self.rollouts.lock().unwrap().present.values().cloned().collect())
    }

    async fn rollout(&self, _: &TenantId, job_type: &str) -> Result<Option<RolloutView>, PlatformError> {
        Ok(self.rollouts.lock().unwrap().present.get(job_type).cloned())
    }

    async fn put_rollout(&self, request: RolloutRequest, plan: Value) -> Result<RolloutView, PlatformError> {
        if plan.get("versions").is_none() {
            return Err(PlatformError::Invalid("versions: missing".to_owned()));
        }
        let changed = self.rollouts.lock().unwrap().change(request, RolloutAction::Set, Some(plan))?;
        Ok(changed.unwrap())
    }

    async fn delete_rollout(&self, request: RolloutRequest) -> Result<(), PlatformError> {
        self.rollouts.lock().unwrap().change(request, RolloutAction::Removed, None).map(drop)
    }

    async fn roll_back(
        &self,
        request: RolloutRequest,
        revision: Option<i64>,
    ) -> Result<RolloutView, PlatformError> {
        let mut kept = self.rollouts.lock().unwrap();
        let revision = revision.unwrap_or(1);
        let earlier = kept.changes.iter().find(|(_, change)| change.revision == revision);
        let plan = earlier.and_then(|(_, change)| change.to.clone());
        let plan = plan.ok_or_else(|| PlatformError::InvalidState("nothing to go back to".to_owned()))?;
        Ok(kept.change(request, RolloutAction::RolledBack, Some(plan))?.unwrap())
    }

    async fn rollout_history(
        &self,
        _: &TenantId,
        job_type: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<RolloutChangeView>, PlatformError> {
        let kept = self.rollouts.lock().unwrap();
        let changes = kept.changes.iter().rev().filter(|(of, _)| **of == *job_type).map(|(_, change)| change);
        let changes = changes.filter(|change| before.is_none_or(|before| change.revision < before));
        Ok(changes.take(limit as usize).cloned().collect())
    }
}
