//! Components, what they were granted, and secrets.

use types::{Actor, SharedStr, TenantId, Timestamp};

/// An uploaded component: one immutable version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentRecord {
    /// All but its bytes.
    pub summary: ComponentSummary,
    /// The component as uploaded.
    pub bytes: Vec<u8>,
}

/// What is known of an uploaded component without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentSummary {
    /// The tenant. Unique together with `name` and `version`.
    pub tenant: TenantId,
    /// Its name, from its manifest.
    pub name: SharedStr,
    /// Its semantic version, from its manifest.
    pub version: SharedStr,
    /// SHA-256 of its bytes, in hexadecimal.
    pub digest: SharedStr,
    /// Size in bytes.
    pub size_bytes: u64,
    /// The manifest's JSON text.
    pub manifest: String,
    /// Who vouches for it.
    pub signature: Option<ComponentSignature>,
    /// Grows with every upload of the installation: the last one that serves a job type wins.
    pub sequence: i64,
    /// When it was uploaded.
    pub uploaded_at: Timestamp,
    /// Who uploaded it.
    pub uploaded_by: Actor,
}

/// Who vouches for a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentSignature {
    /// A text that the store does not read.
    pub text: SharedStr,
    /// When it came: with the component, or later.
    pub signed_at: Timestamp,
    /// Who sent it.
    pub signed_by: Actor,
}

/// A version that was removed: other bytes do not get its name and version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovedComponent {
    /// SHA-256 of its bytes, in hexadecimal.
    pub digest: SharedStr,
    /// When it was removed the last time.
    pub removed_at: Timestamp,
    /// Who removed it.
    pub removed_by: Actor,
}

/// Changes of what one component is granted, and of one secret, that are kept. Those before them are forgotten.
pub const REGISTRY_CHANGES_MAX: u32 = 1_000;

/// What an operator has granted to all versions of a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantRecord {
    /// The tenant. Unique together with `component`.
    pub tenant: TenantId,
    /// The component's name.
    pub component: SharedStr,
    /// Hosts, secrets, limits and settings, as JSON.
    pub policy: String,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// Who changed it.
    pub changed_by: Actor,
}

/// One change of what a component is granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantChange {
    /// Grows with every change of the installation; the store counts.
    pub sequence: i64,
    /// What was granted before, as JSON; nothing when nothing ever was.
    pub before: Option<String>,
    /// What is granted since, as JSON.
    pub after: String,
    /// Why, in the words of whoever did it.
    pub reason: String,
    /// When it was done.
    pub changed_at: Timestamp,
    /// Who did it.
    pub changed_by: Actor,
}

/// One change of a secret. Its value is nowhere in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretChange {
    /// Grows with every change of the installation; the store counts.
    pub sequence: i64,
    /// The version that was set, or removed.
    pub version: u32,
    /// What was done.
    pub step: SecretStep,
    /// Why, in the words of whoever did it.
    pub reason: String,
    /// When it was done.
    pub changed_at: Timestamp,
    /// Who did it.
    pub changed_by: Actor,
}

/// What was done to a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretStep {
    /// It got a value.
    Set,
    /// It was removed.
    Removed,
}

/// Who removes something, when and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Actor,
}

/// A secret, encrypted.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretRecord {
    /// The tenant. Unique together with `name`.
    pub tenant: TenantId,
    /// Its name.
    pub name: SharedStr,
    /// Grows with every change, from 1; what was removed and comes back counts on.
    pub version: u32,
    /// Nonce and ciphertext.
    pub sealed: Vec<u8>,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// Who changed it.
    pub changed_by: Actor,
}

impl std::fmt::Debug for SecretRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretRecord")
            .field("tenant", &self.tenant)
            .field("name", &self.name)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
