//! What the API asks of the part that keeps roll-outs.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use types::{Actor, SharedStr, TenantId, Timestamp};

use super::error::PlatformError;
use super::note::Note;

/// Keeps roll-outs.
#[async_trait]
pub trait Rollouts: Send + Sync + 'static {
    /// All roll-outs, by job type.
    async fn rollouts(&self, tenant: &TenantId) -> Result<Vec<RolloutView>, PlatformError>;

    /// The roll-out of a job type; nothing when the newest upload of the component that it belongs to serves it.
    async fn rollout(&self, tenant: &TenantId, job_type: &str) -> Result<Option<RolloutView>, PlatformError>;

    /// Replaces what is rolled out; counts from the next attempt on. The same plan again changes nothing.
    async fn put_rollout(&self, request: RolloutRequest, plan: Value) -> Result<RolloutView, PlatformError>;

    /// Removes a roll-out: the newest upload of the component that the type belongs to serves it again.
    async fn delete_rollout(&self, request: RolloutRequest) -> Result<(), PlatformError>;

    /// Goes back to what was rolled out at a revision, or without one to the stable version.
    async fn roll_back(
        &self,
        request: RolloutRequest,
        revision: Option<i64>,
    ) -> Result<RolloutView, PlatformError>;

    /// Changes of a type's roll-out, and of what serves it without one, the last one first, at most `limit` from before the revision `before`.
    async fn rollout_history(
        &self,
        tenant: &TenantId,
        job_type: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<RolloutChangeView>, PlatformError>;
}

/// Who wants to change which roll-out.
#[derive(Clone, Debug)]
pub struct RolloutRequest {
    /// The tenant.
    pub tenant: TenantId,
    /// Who.
    pub actor: Actor,
    /// The job type.
    pub job_type: SharedStr,
    /// Why, in the caller's words.
    pub reason: String,
    /// What has to be there for the change to be made.
    pub expected: Expected,
}

/// What a caller believes to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// The caller does not care.
    Anything,
    /// No roll-out.
    Nothing,
    /// A roll-out, whichever.
    Something,
    /// A roll-out of one of these revisions.
    Revisions(Vec<i64>),
}

/// A roll-out as the API shows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RolloutView {
    /// The job type.
    pub job_type: SharedStr,
    /// Names this state of it; its ETag.
    pub revision: i64,
    /// When it was last changed.
    #[serde(serialize_with = "crate::time::serialize", deserialize_with = "crate::time::deserialize")]
    pub changed_at: Timestamp,
    /// Who changed it.
    pub changed_by: Actor,
    /// How attempts have ended within the window of its guard, since the host's start or the last change.
    pub counted: Vec<RolloutCount>,
    /// Versions that are not here, or no longer do such jobs: their shares of the jobs fail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<SharedStr>,
    /// What else may be wrong with it: processes that are not here, versions that the host does not trust.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Versions, weights and rules.
    #[serde(flatten)]
    pub plan: Value,
}

/// How the attempts of a version have ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RolloutCount {
    /// The version, `name@version`.
    pub version: SharedStr,
    /// Attempts that have ended.
    pub attempts: u64,
    /// Those that have failed.
    pub failures: u64,
}

/// A change of a roll-out as the API shows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RolloutChangeView {
    /// The revision that it has made.
    pub revision: i64,
    /// What was done.
    pub action: RolloutAction,
    /// What was rolled out before, or has served without a roll-out.
    pub from: Option<Value>,
    /// What is rolled out since, or serves without a roll-out.
    pub to: Option<Value>,
    /// The digests of the versions that `from` and `to` name, as they were at that time.
    #[serde(default)]
    pub digests: BTreeMap<String, String>,
    /// Why.
    pub reason: String,
    /// What was counted, when the host has done it by itself.
    pub figures: Option<Value>,
    /// When it was done.
    #[serde(serialize_with = "crate::time::serialize", deserialize_with = "crate::time::deserialize")]
    pub changed_at: Timestamp,
    /// Who did it.
    pub changed_by: Actor,
}

/// What was done to a roll-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RolloutAction {
    /// It was set.
    Set,
    /// It was removed.
    Removed,
    /// Somebody has gone back to an earlier version.
    RolledBack,
    /// The host has gone back by itself, because a canary failed too often.
    RolledBackByHost,
    /// There is no roll-out, and a version that was uploaded serves since.
    Uploaded,
    /// There is no roll-out, and the version that served was removed.
    VersionRemoved,
}
