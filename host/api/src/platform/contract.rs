//! What the API asks of the part that keeps components and secrets.

use async_trait::async_trait;
use types::{Actor, TenantId};

use super::{
    ComponentView, GrantChangeView, PlatformError, RemovedVersion, Rollouts, SecretChangeView, SecretView,
    Uploaded, VersionFigures,
};

/// Keeps components, what they are granted, their roll-outs, and secrets.
#[async_trait]
pub trait Platform: Rollouts + Send + Sync + 'static {
    /// Checks, compiles and stores a component; when this returns it serves the next job of those of its types
    /// that have no roll-out and that no other component serves.
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

    /// Removes a version; the one of the component uploaded before it serves its job types again, or else another component.
    /// Attempts that run go on to their end. One that a roll-out names stays.
    async fn delete_component(
        &self,
        tenant: &TenantId,
        actor: Actor,
        name: &str,
        version: &str,
        reason: String,
    ) -> Result<RemovedVersion, PlatformError>;

    /// What a component is granted, as `sandbox::Policy` in JSON; the empty policy when nothing was granted yet.
    async fn grant(&self, tenant: &TenantId, component: &str) -> Result<serde_json::Value, PlatformError>;

    /// Replaces what a component is granted; counts from the next attempt on. The component need not exist yet.
    async fn put_grant(
        &self,
        tenant: TenantId,
        actor: Actor,
        component: &str,
        policy: serde_json::Value,
        reason: String,
    ) -> Result<(), PlatformError>;

    /// Changes of what a component is granted, the last one first, at most `limit` from before the change `before`.
    async fn grant_history(
        &self,
        tenant: &TenantId,
        component: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<GrantChangeView>, PlatformError>;

    /// All secrets, without their values.
    async fn secrets(&self, tenant: &TenantId) -> Result<Vec<SecretView>, PlatformError>;

    /// Creates or replaces a secret; returns its version.
    async fn put_secret(
        &self,
        tenant: TenantId,
        actor: Actor,
        name: &str,
        value: String,
        reason: String,
    ) -> Result<u32, PlatformError>;

    /// Removes a secret.
    async fn delete_secret(
        &self,
        tenant: &TenantId,
        actor: Actor,
        name: &str,
        reason: String,
    ) -> Result<(), PlatformError>;

    /// Changes of a secret, be it there or not, the last one first, at most `limit` from before the change `before`.
    async fn secret_history(
        &self,
        tenant: &TenantId,
        name: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<SecretChangeView>, PlatformError>;
}
