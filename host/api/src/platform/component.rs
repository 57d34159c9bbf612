//! Components as the API shows them.

use serde::{Deserialize, Serialize};
use types::{Actor, SharedStr, Timestamp};

use super::attempts::WorkView;
use super::note::Note;

/// The answer to an upload.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Uploaded {
    /// The component.
    pub component: ComponentView,
    /// False when it was there already.
    pub created: bool,
    /// Whether it was there already, and has got the signature that came with this upload.
    #[serde(default)]
    pub signed: bool,
    /// Hosts, secrets, settings and limits that its manifest wants and that are not granted, as `fermata worker grant`
    /// takes them. A setting stands there as `KEY=VALUE`, with the word `VALUE`.
    pub missing_grants: Vec<String>,
    /// Secrets that it wants, that are granted, and that have no value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets_without_value: Vec<SharedStr>,
    /// Which of its job types it does not serve and why, and which it has got from a higher version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// A component as the API shows it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ComponentView {
    /// Its name.
    pub name: SharedStr,
    /// Its semantic version.
    pub version: SharedStr,
    /// SHA-256 in hexadecimal.
    pub digest: SharedStr,
    /// Size in bytes.
    pub size_bytes: u64,
    /// The job types that it serves, or could.
    pub job_types: Vec<SharedStr>,
    /// Those of its job types whose jobs go to this very version, all or some.
    pub serving: Vec<SharedStr>,
    /// Its manifest.
    pub manifest: serde_json::Value,
    /// What its manifest wants and that is not granted now, as in [`Uploaded::missing_grants`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_grants: Vec<String>,
    /// When it was uploaded.
    #[serde(serialize_with = "crate::time::serialize", deserialize_with = "crate::time::deserialize")]
    pub uploaded_at: Timestamp,
    /// Who uploaded it.
    pub uploaded_by: Actor,
    /// Whether it came with the host and cannot be deleted.
    pub prebuilt: bool,
    /// The public key of whoever vouches for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<SharedStr>,
    /// When the signature came, in RFC 3339: with the component, or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_at: Option<SharedStr>,
    /// Who sent the signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature_sent_by: Option<Actor>,
    /// Why this host does not run it, though it is here: nobody that the host trusts has signed it. Its jobs fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untrusted: Option<String>,
    /// How its attempts have gone since the host's start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<WorkView>,
}

/// The answer to the removal of a version.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemovedVersion {
    /// The component's name.
    pub name: SharedStr,
    /// The version.
    pub version: SharedStr,
    /// The job types that it has served, and what does now.
    pub served: Vec<ServedNow>,
}

/// How many jobs that wait are counted; where there are so many, there may be more.
pub const WAITING_JOBS_COUNTED_MAX: u64 = store::search::TOTAL_ITEMS_COUNTED_MAX;

/// What serves a job type after a removal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServedNow {
    /// The job type.
    pub job_type: SharedStr,
    /// The version, `name@version`; nothing when no component does such jobs any more.
    pub served_by: Option<SharedStr>,
    /// Jobs of the type that wait and that nobody does, where nothing serves it; at most
    /// [`WAITING_JOBS_COUNTED_MAX`] are counted, and nothing stands here when they could not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_jobs: Option<u64>,
}
