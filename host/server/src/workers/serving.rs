//! Who serves a job type by itself, that is without a roll-out.
//!
//! A job type belongs to the component that has served it first, whose newest upload does the jobs. An upload of another
//! component takes it from nobody: only a roll-out gives it away, or the removal of the last version of the component that
//! has it. Whose a type is stands in the store, written in the transaction of the upload or removal that changed it. A type
//! without such a row, of an earlier release or of connectors that came with the host, belongs to the component of the
//! newest upload.

use api::Note;
use store::{JobTypeOwner, RolloutChange, RolloutStep, ServingChange};
use types::{Actor, SharedStr, TenantId, Timestamp};

use super::catalog::Version;
use super::registry::{Registry, State};
use super::rollout::{Label, Plan, digests_of};

/// What an upload or a removal is about to change, to be stored with it.
pub(super) struct Shift {
    pub(super) change: ServingChange,
    /// Job types that go from one version to another one of the same component.
    pub(super) replaced: Vec<(SharedStr, Label)>,
    /// Job types that the version has served, and what does from now on.
    pub(super) left: Vec<(SharedStr, Option<Label>)>,
}

/// Who changes something, and when.
pub(super) struct Who {
    pub(super) by: Actor,
    pub(super) at: Timestamp,
    /// Why, in their words.
    pub(super) reason: String,
}

impl State {
    /// The component that a job type belongs to, of those with `versions`, which are in the order of their uploads.
    pub(super) fn owner<'v>(
        &self,
        tenant: &TenantId,
        job_type: &str,
        versions: &[&'v Version],
    ) -> Option<&'v str> {
        let kept = self.owners.get(&(tenant.clone(), job_type.into()));
        let kept = kept.and_then(|kept| versions.iter().find(|version| version.name() == kept.as_str()));
        kept.or(versions.last()).map(|version| version.name())
    }

    /// The version that serves a job type when no roll-out says otherwise.
    fn by_itself<'v>(
        &self,
        tenant: &TenantId,
        job_type: &str,
        versions: &[&'v Version],
    ) -> Option<&'v Version> {
        let owner = self.owner(tenant, job_type, versions)?;
        versions.iter().rev().find(|version| version.name() == owner).copied()
    }

    fn owner_to_note(&self, tenant: &TenantId, job_type: &str, component: &str) -> Option<JobTypeOwner> {
        let kept = self.owners.get(&(tenant.clone(), job_type.into()));
        let owner = || JobTypeOwner {
            tenant: tenant.clone(),
            job_type: job_type.into(),
            component: component.into(),
        };
        (kept.map(SharedStr::as_str) != Some(component)).then(owner)
    }
}

impl Registry {
    /// What an upload changes.
    pub(super) fn shift_with(&self, new: &Version, who: &Who) -> Shift {
        let state = self.read();
        let mut shift = Shift { change: ServingChange::default(), replaced: Vec::new(), left: Vec::new() };
        for job_type in &new.manifest.job_types {
            let versions = state.catalog.of_job_type(&new.tenant, job_type);
            let before = state.by_itself(&new.tenant, job_type, &versions);
            let owner = before.map_or(new.name(), Version::name);
            shift.change.owners.extend(state.owner_to_note(&new.tenant, job_type, owner));
            if owner != new.name() || state.rollouts.get(&new.tenant, job_type).is_some() {
                continue;
            }
            shift.replaced.extend(before.map(|before| (job_type.as_str().into(), before.full_name())));
            shift.change.noted.push(noted(new, job_type, RolloutStep::Uploaded, before, Some(new), who));
        }
        shift
    }

    /// What a removal changes.
    pub(super) fn shift_without(&self, old: &Version, who: &Who) -> Shift {
        let state = self.read();
        let mut shift = Shift { change: ServingChange::default(), replaced: Vec::new(), left: Vec::new() };
        for job_type in &old.manifest.job_types {
            let mut versions = state.catalog.of_job_type(&old.tenant, job_type);
            let before = state.by_itself(&old.tenant, job_type, &versions);
            versions.retain(|version| !version.is_same(old));
            let after = state.by_itself(&old.tenant, job_type, &versions);
            match after {
                Some(after) => {
                    shift.change.owners.extend(state.owner_to_note(&old.tenant, job_type, after.name()))
                }
                None => shift.change.unowned.push((old.tenant.clone(), job_type.as_str().into())),
            }
            let has_served = before.is_some_and(|before| before.is_same(old));
            if !has_served || state.rollouts.get(&old.tenant, job_type).is_some() {
                continue;
            }
            shift.left.push((job_type.as_str().into(), after.map(Version::full_name)));
            shift.change.noted.push(noted(old, job_type, RolloutStep::VersionRemoved, before, after, who));
        }
        shift
    }

    /// Keeps in mind whose job types are. Counts with the change of the catalog that follows.
    pub(super) fn own(&self, change: &ServingChange) {
        let mut state = self.write();
        for owner in &change.owners {
            state.owners.insert((owner.tenant.clone(), owner.job_type.clone()), owner.component.clone());
        }
        for unowned in &change.unowned {
            state.owners.remove(unowned);
        }
    }

    /// Which job types a version does not serve, and why; and which it has got from a higher one.
    pub(super) fn notes(&self, version: &Version, replaced: &[(SharedStr, Label)]) -> Vec<Note> {
        let served = self.served_by(version);
        let state = self.read();
        let (label, name) = (version.label(), version.name());
        let mut notes = Vec::new();
        for job_type in version
            .manifest
            .job_types
            .iter()
            .filter(|name| !served.iter().any(|it| it.as_str() == name.as_str()))
        {
            if let Some(rollout) = state.rollouts.get(&version.tenant, job_type) {
                notes.push(note(
                    "ROLLED_OUT",
                    format!(
                        "`{job_type}` is rolled out as {}; `fermata worker rollout {job_type} --version {label}` \
                         gives it to this version",
                        rollout.shares()
                    ),
                ));
                continue;
            }
            let versions = state.catalog.of_job_type(&version.tenant, job_type);
            let Some(serving) = state.by_itself(&version.tenant, job_type, &versions) else { continue };
            notes.push(if serving.name() == name {
                note(
                    "SERVED_BY_LATER_UPLOAD",
                    format!("`{job_type}` is served by {}, which was uploaded later", serving.label()),
                )
            } else {
                note(
                    "SERVED_BY_OTHER",
                    format!(
                        "`{job_type}` is served by {}; `fermata worker rollout {job_type} --version {label}` \
                         gives it to {name}",
                        serving.label()
                    ),
                )
            });
        }
        for (job_type, before) in replaced {
            if before.version > version.manifest.version {
                notes.push(note(
                    "LOWER_VERSION",
                    format!(
                        "{label} is lower than {before}, which has served `{job_type}` until now: the newest upload serves, \
                         whatever its number; `fermata worker rollout {job_type} --version {before}` goes back"
                    ),
                ));
            }
        }
        notes
    }
}

/// A note of an answer.
pub(super) fn note(code: &str, message: String) -> Note {
    Note { code: code.to_owned(), message }
}

fn noted(
    cause: &Version,
    job_type: &str,
    step: RolloutStep,
    before: Option<&Version>,
    after: Option<&Version>,
    who: &Who,
) -> RolloutChange {
    let plan = |version: &Version| Plan::only(version.full_name()).to_json().to_string();
    let named = before.into_iter().chain(after);
    RolloutChange {
        sequence: 0,
        tenant: cause.tenant.clone(),
        job_type: job_type.into(),
        step,
        before: before.map(plan),
        after: after.map(plan),
        reason: who.reason.clone(),
        figures: None,
        digests: Some(digests_of(named.map(|version| (version.full_name(), version.digest)))),
        changed_at: who.at,
        changed_by: who.by.clone(),
    }
}
