//! Changes of roll-outs: in the store first, then in memory, then known to the runtime.

use api::{Expected, PlatformError, RolloutRequest};
use serde_json::Value;
use store::{ROLLOUT_CHANGES_MAX, RolloutChange, RolloutStep, SERVING_CHANGES_MAX};
use types::{Actor, SharedStr, TenantId};

use super::digests;
use super::plan::{self, Label, Plan};
use super::registered::Rollout;
use crate::workers::change::{Changes, check_reason, of_store};

/// Job types with roll-outs.
const ROLLOUTS_MAX: usize = 10_000;

/// All that the history of a job type has.
const KEPT_MAX: u32 = ROLLOUT_CHANGES_MAX + SERVING_CHANGES_MAX;

/// A change that is to be made.
struct Change {
    tenant: TenantId,
    actor: Actor,
    job_type: SharedStr,
    step: RolloutStep,
    after: Option<Plan>,
    reason: String,
    figures: Option<Value>,
}

impl Changes {
    /// Rolls out a plan. The plan that is rolled out already changes nothing.
    pub(super) async fn roll_out(
        &self,
        request: RolloutRequest,
        plan: Value,
    ) -> Result<Rollout, PlatformError> {
        check_reason(&request.reason)?;
        let plan = Plan::read(plan).map_err(of_plan)?;
        let _changing = self.changing.lock().await;
        let present = self.expected(&request)?;
        if let Some(present) = present.filter(|present| *present.plan == plan) {
            return Ok(present);
        }
        if self.registry.rollouts_count() >= ROLLOUTS_MAX
            && self.registry.rollout(&request.tenant, &request.job_type).is_none()
        {
            let message = format!("{ROLLOUTS_MAX} job types have roll-outs, the limit is reached");
            return Err(PlatformError::LimitReached(message));
        }
        self.check_versions(&request.tenant, &request.job_type, &plan)?;
        self.make(Change::of(request, RolloutStep::Set, plan)).await
    }

    /// Removes a roll-out: the newest upload of the component that the type belongs to serves it again.
    pub(super) async fn remove_rollout(&self, request: RolloutRequest) -> Result<(), PlatformError> {
        check_reason(&request.reason)?;
        let _changing = self.changing.lock().await;
        if self.expected(&request)?.is_none() {
            return Err(no_rollout(&request.job_type));
        }
        let RolloutRequest { tenant, actor, job_type, reason, .. } = request;
        let step = RolloutStep::Removed;
        self.write(Change { tenant, actor, job_type, step, after: None, reason, figures: None }).await?;
        Ok(())
    }

    /// Goes back: to what a change has left behind, or else from the canaries to the stable version,
    /// or else to the last stable version that was another one.
    pub(super) async fn roll_back(
        &self,
        request: RolloutRequest,
        revision: Option<i64>,
    ) -> Result<Rollout, PlatformError> {
        check_reason(&request.reason)?;
        let _changing = self.changing.lock().await;
        let present = self.expected(&request)?;
        let (tenant, job_type) = (&request.tenant, &request.job_type);
        let mut passed_over = Vec::new();
        let plan = match (revision, present) {
            (Some(revision), _) => self.plan_of(tenant, job_type, revision).await?,
            (None, None) => return Err(no_rollout(job_type)),
            (None, Some(present)) if present.plan.versions.len() > 1 => present.plan.stable_only(),
            (None, Some(present)) => {
                self.not_just_after_the_host(tenant, job_type).await?;
                let stable = self.stable_before(tenant, job_type, present.plan.stable()).await?;
                passed_over = stable.passed_over;
                Plan { pins: present.plan.pins.clone(), ..Plan::only(stable.version) }
            }
        };
        self.check_versions(tenant, job_type, &plan)?;
        let mut change = Change::of(request, RolloutStep::RolledBack, plan);
        if !passed_over.is_empty() {
            // Whoever went back expects the version that was stable before, and got an older one.
            let note =
                format!("passed over, because it cannot be rolled out any more: {}", listed(&passed_over));
            change.reason =
                if change.reason.is_empty() { note } else { format!("{} ({note})", change.reason) };
        }
        self.make(change).await
    }

    /// Who sees errors and goes back means the canary, which the host may have given up a moment before:
    /// going further back then would bring an old version into production.
    async fn not_just_after_the_host(
        &self,
        tenant: &TenantId,
        job_type: &SharedStr,
    ) -> Result<(), PlatformError> {
        // Nothing but changes of the roll-out is noted while there is one.
        let last = self.rollout_changes(tenant, job_type, None, 1).await?.into_iter().next();
        match last.filter(|change| change.step == RolloutStep::RolledBackByHost) {
            None => Ok(()),
            Some(change) => Err(PlatformError::InvalidState(format!(
                "the host has gone back from a failing canary itself, in change {}: `fermata worker history {job_type}` \
                 tells more, and `fermata worker rollback {job_type} --to REVISION` goes further back",
                change.sequence
            ))),
        }
    }

    /// Gives up the canary that a watch has found to fail, unless somebody has changed the roll-out since.
    pub(super) async fn give_up(
        &self,
        tenant: TenantId,
        job_type: SharedStr,
        failing: Rollout,
    ) -> Result<(), PlatformError> {
        let _changing = self.changing.lock().await;
        let present = self.registry.rollout(&tenant, &job_type);
        let is_present = present.is_some_and(|present| present.revision == failing.revision);
        let finding = failing.watch.as_ref().and_then(|watch| watch.finding());
        let (Some(finding), true) = (finding, is_present) else { return Ok(()) };
        let change = Change {
            tenant,
            actor: Actor::host(),
            job_type,
            step: RolloutStep::RolledBackByHost,
            after: Some(failing.plan.without(&finding.version)),
            reason: finding.reason(),
            figures: Some(finding.figures()),
        };
        tracing::warn!(job_type = %change.job_type, "a canary is given up: {}", change.reason);
        self.write(change).await?;
        Ok(())
    }

    /// A page of the changes of a type's roll-out, the last one first.
    pub(super) async fn rollout_changes(
        &self,
        tenant: &TenantId,
        job_type: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<RolloutChange>, PlatformError> {
        let store = &self.registry.surroundings.store;
        store.rollout_changes(tenant, job_type, before, limit).await.map_err(of_store)
    }

    /// The roll-out, if it is as whoever wants to change it believes.
    fn expected(&self, request: &RolloutRequest) -> Result<Option<Rollout>, PlatformError> {
        let present = self.registry.rollout(&request.tenant, &request.job_type);
        let revision = present.as_ref().map(|present| present.revision);
        let is_so = match &request.expected {
            Expected::Anything => true,
            Expected::Nothing => revision.is_none(),
            Expected::Something => revision.is_some(),
            Expected::Revisions(expected) => revision.is_some_and(|revision| expected.contains(&revision)),
        };
        if is_so {
            return Ok(present);
        }
        let job_type = &request.job_type;
        Err(PlatformError::Outdated(match revision {
            Some(_) => format!("somebody has changed the roll-out of `{job_type}`: read it again"),
            None => format!("`{job_type}` has no roll-out any more: read it again"),
        }))
    }

    /// Every version has to be there and do the job type, and all have to be of one kind.
    fn check_versions(&self, tenant: &TenantId, job_type: &str, plan: &Plan) -> Result<(), PlatformError> {
        let mut kind = None;
        for share in &plan.versions {
            let label = &share.version;
            let found = self.registry.find(tenant, &label.name, &label.version.to_string());
            let Some(found) = found else {
                return Err(PlatformError::Invalid(format!(
                    "versions: no component `{label}` exists: upload it first, `fermata worker list` names those that are here"
                )));
            };
            if !found.manifest.job_types.iter().any(|name| name == job_type) {
                let does = found.manifest.job_types.join(", ");
                return Err(PlatformError::Invalid(format!(
                    "versions: `{label}` does not do `{job_type}`: its manifest names {does}"
                )));
            }
            if *kind.get_or_insert(found.manifest.kind) != found.manifest.kind {
                return Err(PlatformError::Invalid(format!(
                    "versions: `{label}` and `{}` are of different kinds: a worker sees all variables, \
                     a connector its inputs only, so they cannot share jobs",
                    plan.stable()
                )));
            }
            if label.name != plan.stable().name {
                // What a component may use counts for all jobs of the type together.
                return Err(PlatformError::Invalid(format!(
                    "versions: `{label}` and `{}` are versions of different components, which have grants and limits \
                     of their own: a roll-out shares jobs between versions of one",
                    plan.stable()
                )));
            }
        }
        Ok(())
    }

    /// What was rolled out after a change.
    async fn plan_of(
        &self,
        tenant: &TenantId,
        job_type: &SharedStr,
        revision: i64,
    ) -> Result<Plan, PlatformError> {
        let found = match revision.checked_add(1) {
            Some(next) => self.rollout_changes(tenant, job_type, Some(next), 1).await?,
            None => Vec::new(),
        };
        let found = found.into_iter().find(|change| change.sequence == revision);
        if let Some(step) = found.as_ref().map(|change| change.step).filter(|step| !step.is_of_rollout()) {
            let what = if step == RolloutStep::Uploaded { "an upload" } else { "the removal of a version" };
            return Err(PlatformError::Invalid(format!(
                "to: change {revision} of `{job_type}` was {what} and no roll-out: to roll out what served then, name it \
                 with `fermata worker rollout {job_type} --version NAME@VERSION`"
            )));
        }
        let plan = found.as_ref().and_then(|change| change.after.as_deref());
        let plan = plan.and_then(plan_in).ok_or_else(|| {
            PlatformError::Invalid(format!(
                "to: no change {revision} of the roll-out of `{job_type}` has left a roll-out behind: \
                 `fermata worker history {job_type}` names those that are kept"
            ))
        })?;
        let noted = digests::read(found.as_ref().and_then(|change| change.digests.as_deref()));
        if let Some((label, before, now)) = self.registry.changed_since(tenant, &plan, &noted) {
            return Err(PlatformError::InvalidState(format!(
                "to: `{label}` is not the code any more that it was at change {revision} (digest {before}, now {now}): \
                 to have what it is now, name it with `fermata worker rollout {job_type} --version {label}`"
            )));
        }
        Ok(plan)
    }

    /// The last stable version that was not this one, and can still be rolled out.
    async fn stable_before(
        &self,
        tenant: &TenantId,
        job_type: &SharedStr,
        present: &Label,
    ) -> Result<Stable, PlatformError> {
        let changes = self.rollout_changes(tenant, job_type, None, KEPT_MAX).await?;
        // What has served without a roll-out was never called stable.
        let of_rollouts = changes.iter().filter(|change| change.step.is_of_rollout());
        let plans = of_rollouts.filter_map(|change| {
            let stable = plan_in(change.before.as_deref()?)?.stable().clone();
            Some((stable, digests::read(change.digests.as_deref())))
        });
        let mut passed_over: Vec<Label> = Vec::new();
        for (version, noted) in plans.filter(|(stable, _)| stable != present) {
            if passed_over.contains(&version) {
                continue;
            }
            let plan = Plan::only(version.clone());
            if self.check_versions(tenant, job_type, &plan).is_ok()
                && self.registry.changed_since(tenant, &plan, &noted).is_none()
            {
                return Ok(Stable { version, passed_over });
            }
            passed_over.push(version);
        }
        let there_were = match passed_over.is_empty() {
            true => String::new(),
            false => format!(" that can still be rolled out (there were {})", listed(&passed_over)),
        };
        Err(PlatformError::InvalidState(format!(
            "the history of `{job_type}` has no other stable version than `{present}` to go back to{there_were}: \
             name one with `fermata worker rollout {job_type} --version NAME@VERSION`"
        )))
    }

    async fn make(&self, change: Change) -> Result<Rollout, PlatformError> {
        let job_type = change.job_type.clone();
        let made = self.write(change).await?;
        made.ok_or_else(|| no_rollout(&job_type))
    }

    /// Writes a change and follows it.
    async fn write(&self, change: Change) -> Result<Option<Rollout>, PlatformError> {
        let Change { tenant, actor, job_type, step, after, reason, figures } = change;
        let surroundings = &self.registry.surroundings;
        let changed_at = surroundings.clock.now();
        let before = self.registry.rollout(&tenant, &job_type);
        let named = before.as_ref().map(|before| &*before.plan).into_iter().chain(after.as_ref());
        let digests = self.registry.digests(&tenant, named);
        let record = RolloutChange {
            sequence: 0,
            tenant: tenant.clone(),
            job_type: job_type.clone(),
            step,
            before: before.map(|before| before.plan.to_json().to_string()),
            after: after.as_ref().map(|plan| plan.to_json().to_string()),
            reason,
            figures: figures.map(|figures| figures.to_string()),
            digests: Some(digests),
            changed_at,
            changed_by: actor.clone(),
        };
        let revision = surroundings.store.change_rollout(record).await.map_err(of_store)?;
        tracing::info!(%job_type, revision, %actor, ?step, "roll-out changed");
        let rollout = after.map(|plan| {
            Rollout::new(plan, revision, changed_at, actor, &surroundings.clock, &self.registry.bell)
        });
        self.registry.follow(tenant.clone(), job_type.clone(), rollout.clone());
        self.announce(&tenant, &[job_type]);
        Ok(rollout)
    }
}

/// A version to go back to.
struct Stable {
    version: Label,
    /// Those that were stable after it and are not here any more, the last one first.
    passed_over: Vec<Label>,
}

/// Versions in one line, the first few.
fn listed(versions: &[Label]) -> String {
    const NAMED_MAX: usize = 10;
    let named = versions.iter().take(NAMED_MAX).map(|version| format!("`{version}`"));
    let mut line = named.collect::<Vec<_>>().join(", ");
    if versions.len() > NAMED_MAX {
        line += &format!(" and {} more", versions.len() - NAMED_MAX);
    }
    line
}

impl Change {
    fn of(request: RolloutRequest, step: RolloutStep, plan: Plan) -> Self {
        let RolloutRequest { tenant, actor, job_type, reason, .. } = request;
        Self { tenant, actor, job_type, step, after: Some(plan), reason, figures: None }
    }
}

fn plan_in(json: &str) -> Option<Plan> {
    Plan::read(serde_json::from_str(json).ok()?).ok()
}

fn no_rollout(job_type: &str) -> PlatformError {
    PlatformError::NotFound { what: "roll-out of job type", name: job_type.to_owned() }
}

fn of_plan(error: plan::Error) -> PlatformError {
    match error {
        plan::Error::TooLarge { .. } => PlatformError::TooLarge(error.to_string()),
        error => PlatformError::Invalid(error.to_string()),
    }
}
