//! Versions of decisions: a file that gets a new version gives one to each of its decisions.

use dmn::Model;
use store::{DecisionRecord, DecisionRequirementsRecord, VersionChoice};
use types::{DecisionKey, DecisionRequirementsKey, DeploymentKey, SharedStr, TenantId};

use super::Partition;
use crate::error::Error;
use crate::inbox::CheckedResource;

/// A file with decisions that is deployed.
pub(super) struct DecisionFile<'f> {
    pub(super) deployment: DeploymentKey,
    pub(super) tenant: &'f TenantId,
    pub(super) name: &'f SharedStr,
    pub(super) checksum: [u8; 32],
}

/// The versions that a file stands for.
pub(super) struct DecisionVersions {
    pub(super) requirements: DecisionRequirementsRecord,
    pub(super) decisions: Vec<DecisionRecord>,
}

impl Partition {
    /// The latest version of each file with decisions of `resources`, and whether it is the same file.
    pub(super) async fn latest_decision_files(
        &self,
        tenant: &TenantId,
        resources: &[CheckedResource],
    ) -> Result<Vec<(Option<DecisionRequirementsRecord>, bool)>, Error> {
        let mut versions = Vec::new();
        for CheckedResource { name, checksum, decisions, .. } in resources {
            let Some(model) = decisions else { continue };
            let latest = self.shared.store.latest_decision_requirements(tenant, model.id()).await?;
            let is_same = latest
                .as_ref()
                .is_some_and(|latest| latest.checksum == *checksum && latest.resource_name == *name);
            versions.push((latest, is_same));
        }
        Ok(versions)
    }

    /// The versions that a file stands for: the latest one when all of its deployment is known, a new one otherwise.
    pub(super) async fn decision_versions(
        &mut self,
        file: DecisionFile<'_>,
        model: &Model,
        latest: Option<DecisionRequirementsRecord>,
        is_known: bool,
    ) -> Result<DecisionVersions, Error> {
        let DecisionFile { deployment, tenant, name, checksum } = file;
        let version = match latest {
            Some(requirements) if is_known => {
                let decisions = self.shared.store.decisions_in(requirements.key).await?;
                return Ok(DecisionVersions { requirements, decisions });
            }
            latest => latest.map_or(1, |latest| latest.version + 1),
        };
        let requirements = DecisionRequirementsRecord {
            key: DecisionRequirementsKey(self.keys.next_key()),
            deployment,
            tenant: tenant.clone(),
            requirements_id: model.id().into(),
            name: named(model.name()),
            version,
            resource_name: name.clone(),
            checksum,
        };
        let mut decisions = Vec::with_capacity(model.decisions().len());
        for decision in model.decisions() {
            let latest = self.shared.store.decision_of(tenant, decision.id(), VersionChoice::Latest).await?;
            decisions.push(DecisionRecord {
                key: DecisionKey(self.keys.next_key()),
                requirements: requirements.key,
                deployment,
                tenant: tenant.clone(),
                decision_id: decision.id().into(),
                name: named(decision.name()),
                version: latest.map_or(1, |latest| latest.version + 1),
                version_tag: decision.version_tag().map(SharedStr::from),
            });
        }
        Ok(DecisionVersions { requirements, decisions })
    }
}

/// Whether the latest versions of files with decisions import each other as files of one deployment do: what a file imports is
/// of the same deployment, so that versions of several are no versions of these files together.
pub(super) fn are_read_together(
    latest: &[(Option<DecisionRequirementsRecord>, bool)],
    resources: &[CheckedResource],
) -> bool {
    let may_import = |resource: &CheckedResource| {
        resource.decisions.is_some() && std::str::from_utf8(&resource.content).is_ok_and(dmn::may_import)
    };
    let mut deployments = latest.iter().flat_map(|(latest, _)| latest).map(|latest| latest.deployment);
    let first = deployments.next();
    !resources.iter().any(may_import) || deployments.all(|deployment| Some(deployment) == first)
}

fn named(name: &str) -> Option<SharedStr> {
    (!name.is_empty()).then(|| name.into())
}
