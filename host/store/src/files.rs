//! Forms and other deployed files that are no models: each is known by an id and has versions.

use types::{DeploymentKey, FileKind, ResourceKey, SharedStr, TenantId};

/// One version of a form, or of another file that is no model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRecord {
    /// Its key.
    pub key: ResourceKey,
    /// The deployment that brought it.
    pub deployment: DeploymentKey,
    /// The tenant. Unique together with `kind`, `id` and `version`.
    pub tenant: TenantId,
    /// What it is.
    pub kind: FileKind,
    /// A form's own id; the name of any other file.
    pub id: SharedStr,
    /// From 1.
    pub version: u32,
    /// A form's version tag.
    pub version_tag: Option<SharedStr>,
    /// The file that holds it.
    pub resource_name: SharedStr,
    /// SHA-256 of the file.
    pub checksum: [u8; 32],
}
