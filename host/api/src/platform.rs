//! What the API needs of the part that keeps components and secrets.
//!
//! The server implements it with the sandbox and the vault, which this crate must never see; tests have their own.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use types::{Actor, SharedStr, TenantId, Timestamp};

use crate::metrics::{VersionFigures, WorkView};
use crate::rollouts::Rollouts;

/// Keeps components, what they are granted, their roll-outs, and secrets.
#[async_trait]
pub trait Platform: Rollouts + Send + Sync + 'static {
    /// Checks, compiles and stores a component; when this returns it serves the next job of those of its types
    /// that have no roll-out.
    ///
    /// The same bytes again change nothing and are no error. `signature` is what [`SIGNATURE_HEADER`](crate::SIGNATURE_HEADER) says.
    async fn upload_component(
        &self,
        tenant: TenantId,
        actor: Actor,
        bytes: Vec<u8>,
        signature: Option<String>,
    ) -> Result<Uploaded, PlatformError>;

    /// All components, those uploaded last first.
    async fn components(&self, tenant: &TenantId) -> Result<Vec<ComponentView>, PlatformError>;

    /// How the attempts of the components of all tenants have gone since the host's start, in a fixed order:
    /// of at most [`VERSIONS_MAX`](crate::VERSIONS_MAX) versions apart, and of all others together.
    fn figures(&self) -> Vec<VersionFigures>;

    /// The bytes of a component.
    async fn component_bytes(
        &self,
        tenant: &TenantId,
        name: &str,
        version: &str,
    ) -> Result<Vec<u8>, PlatformError>;

    /// Removes a version; the one uploaded before it serves its job types again. Attempts that run go on to their end.
    /// One that a roll-out names stays.
    async fn delete_component(
        &self,
        tenant: &TenantId,
        actor: Actor,
        name: &str,
        version: &str,
    ) -> Result<(), PlatformError>;

    /// What a component is granted, as `sandbox::Policy` in JSON; the empty policy when nothing was granted yet.
    async fn grant(&self, tenant: &TenantId, component: &str) -> Result<serde_json::Value, PlatformError>;

    /// Replaces what a component is granted; counts from the next attempt on. The component need not exist yet.
    async fn put_grant(
        &self,
        tenant: TenantId,
        actor: Actor,
        component: &str,
        policy: serde_json::Value,
    ) -> Result<(), PlatformError>;

    /// All secrets, without their values.
    async fn secrets(&self, tenant: &TenantId) -> Result<Vec<SecretView>, PlatformError>;

    /// Creates or replaces a secret; returns its version.
    async fn put_secret(
        &self,
        tenant: TenantId,
        actor: Actor,
        name: &str,
        value: String,
    ) -> Result<u32, PlatformError>;

    /// Removes a secret.
    async fn delete_secret(&self, tenant: &TenantId, actor: Actor, name: &str) -> Result<(), PlatformError>;
}

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
    /// Hosts and secrets that its manifest wants and that are not granted, as `fermata worker grant` takes them.
    pub missing_grants: Vec<String>,
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
    /// The job types that it serves, or would if no later version did.
    pub job_types: Vec<SharedStr>,
    /// Those of its job types whose jobs go to this very version, all or some.
    pub serving: Vec<SharedStr>,
    /// Its manifest.
    pub manifest: serde_json::Value,
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
    /// How its attempts have gone since the host's start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<WorkView>,
}

/// A secret as the API shows it: never its value.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretView {
    /// Its name.
    pub name: SharedStr,
    /// Grows with every change, from 1.
    pub version: u32,
    /// When it was last changed.
    #[serde(serialize_with = "crate::time::serialize", deserialize_with = "crate::time::deserialize")]
    pub changed_at: Timestamp,
    /// Who changed it.
    pub changed_by: Actor,
}

/// Something that keeps a component from being run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ComponentProblem {
    /// What programs know it by, such as `UNKNOWN_IMPORT`.
    pub code: String,
    /// What people read.
    pub message: String,
    /// The export or import that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the host has in its place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offered: Vec<String>,
}

fn in_one_line(problems: &[ComponentProblem]) -> String {
    problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; ")
}

/// Why the platform did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// The component, grant or secret is not acceptable: the message says why and what is.
    #[error("{0}")]
    Invalid(String),
    /// The component cannot be run here: each entry says something that has to change.
    #[error("the component is refused: {}", in_one_line(.0))]
    Refused(Vec<ComponentProblem>),
    /// Nothing has this name.
    #[error("no {what} `{name}` exists")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Something else has this name.
    #[error("{0}")]
    Conflict(String),
    /// What is asked for does not fit what is there, such as the deletion of what came with the host.
    #[error("{0}")]
    InvalidState(String),
    /// Somebody else has changed what the caller has read before.
    #[error("{0}")]
    Outdated(String),
    /// There are as many as a host keeps: something has to go before another one comes.
    #[error("{0}")]
    LimitReached(String),
    /// The component, grant or secret takes more bytes than this host takes.
    #[error("{0}")]
    TooLarge(String),
    /// There is too much to do: try again later.
    #[error("{0}")]
    Busy(String),
    /// Try again later.
    #[error("{0}")]
    Unavailable(String),
}
