//! Roll-outs: which versions do the jobs of a type, with or without one, and how that came to be.

use types::{Actor, SharedStr, TenantId, Timestamp};

/// Changes of one job type's roll-out that are kept. Those before them are forgotten.
pub const ROLLOUT_CHANGES_MAX: u32 = 1_000;

/// Uploads and removals that are kept in the history of one job type, besides the changes of its roll-out: whoever
/// uploads a hundred times a day pushes none of those out.
pub const SERVING_CHANGES_MAX: u32 = 200;

/// The roll-out of a job type at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolloutRecord {
    /// The tenant. Unique together with `job_type`.
    pub tenant: TenantId,
    /// The job type.
    pub job_type: SharedStr,
    /// The sequence of the change that has made it.
    pub revision: i64,
    /// Versions, weights and rules, as JSON.
    pub plan: String,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// Who changed it.
    pub changed_by: Actor,
}

/// One change of a job type's roll-out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolloutChange {
    /// Grows with every change of the installation; the store counts.
    pub sequence: i64,
    /// The tenant.
    pub tenant: TenantId,
    /// The job type.
    pub job_type: SharedStr,
    /// What was done.
    pub step: RolloutStep,
    /// What was rolled out before, as JSON; nothing when nothing was.
    pub before: Option<String>,
    /// What is rolled out since, as JSON; nothing when nothing is.
    pub after: Option<String>,
    /// Why, in the words of whoever did it.
    pub reason: String,
    /// What was counted when the host did it by itself, as JSON.
    pub figures: Option<String>,
    /// The digests of the versions that are named, as JSON; nothing when they were not noted.
    pub digests: Option<String>,
    /// When it was done.
    pub changed_at: Timestamp,
    /// Who did it.
    pub changed_by: Actor,
}

/// What was done to a roll-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RolloutStep {
    /// It was set.
    Set,
    /// It was removed.
    Removed,
    /// Somebody has gone back to an earlier version.
    RolledBack,
    /// The host has gone back by itself, because a version failed too often.
    RolledBackByHost,
    /// There is no roll-out, and a version that was uploaded serves since.
    Uploaded,
    /// There is no roll-out, and the version that served was removed.
    VersionRemoved,
}

impl RolloutStep {
    /// Whether a roll-out has changed. Without it, only what serves while there is none has.
    pub const fn is_of_rollout(self) -> bool {
        !matches!(self, Self::Uploaded | Self::VersionRemoved)
    }

    /// How many steps of this sort are kept of one job type.
    pub(crate) const fn kept_max(self) -> u32 {
        if self.is_of_rollout() { ROLLOUT_CHANGES_MAX } else { SERVING_CHANGES_MAX }
    }
}

/// Whose newest upload serves a job type that has no roll-out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct JobTypeOwner {
    /// The tenant. Unique together with `job_type`.
    pub tenant: TenantId,
    /// The job type.
    pub job_type: SharedStr,
    /// The component's name.
    pub component: SharedStr,
}

/// What an upload or a removal changes in who serves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServingChange {
    /// Whose the job types are from now on.
    pub owners: Vec<JobTypeOwner>,
    /// Job types, with their tenants, that are nobody's any more.
    pub unowned: Vec<(TenantId, SharedStr)>,
    /// What comes into the history. No roll-out changes by it.
    pub noted: Vec<RolloutChange>,
}
