//! Versions of forms and of other files that are no models.

use store::{FileRecord, VersionChoice};
use types::{DeploymentKey, ResourceKey, TenantId};

use super::Partition;
use crate::error::Error;
use crate::inbox::CheckedResource;

impl Partition {
    /// The latest version of each file of `resources` that is no model, and whether it is the same file.
    pub(super) async fn latest_files(
        &self,
        tenant: &TenantId,
        resources: &[CheckedResource],
    ) -> Result<Vec<(Option<FileRecord>, bool)>, Error> {
        let mut versions = Vec::new();
        for CheckedResource { name, checksum, file, .. } in resources {
            let Some(file) = file else { continue };
            let latest =
                self.shared.store.file_of(tenant, file.kind, &file.id, VersionChoice::Latest).await?;
            let is_same = latest
                .as_ref()
                .is_some_and(|latest| latest.checksum == *checksum && latest.resource_name == *name);
            versions.push((latest, is_same));
        }
        Ok(versions)
    }

    /// The version after `latest` of the file that `resource` is; `None` when it is a model.
    pub(super) fn next_file_version(
        &mut self,
        deployment: DeploymentKey,
        tenant: &TenantId,
        resource: &CheckedResource,
        latest: Option<FileRecord>,
    ) -> Option<FileRecord> {
        let file = resource.file.as_ref()?;
        Some(FileRecord {
            key: ResourceKey(self.keys.next_key()),
            deployment,
            tenant: tenant.clone(),
            kind: file.kind,
            id: file.id.clone(),
            version: latest.map_or(1, |latest| latest.version + 1),
            version_tag: file.version_tag.clone(),
            resource_name: resource.name.clone(),
            checksum: resource.checksum,
        })
    }
}
