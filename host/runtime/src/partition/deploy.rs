//! Deployments: versions are counted and stored in one transaction.

use std::sync::Arc;

use engine::Definition;
use store::{DefinitionRecord, DeploymentRecord, NewDeployment, ResourceRecord};
use types::{DeploymentKey, ProcessDefinitionKey, SharedStr, TenantId};

use super::Partition;
use crate::error::{DeployError, Error};
use crate::inbox::{CheckedResource, Deployment};
use crate::requests::{Deployed, DeployedDecisions, DeployedProcess};

use super::deploy_decisions::{DecisionFile, are_read_together};

impl Partition {
    /// Stores a deployment. One whose files are all the same as those of the latest versions gives no new versions.
    /// Otherwise everything in it gets one, because those that are deployed together may call each other.
    pub(super) async fn deploy(&mut self, deployment: Deployment) -> Result<Deployed, DeployError> {
        let Deployment { tenant, actor, resources } = deployment;
        let latest = self.latest_versions(&tenant, &resources).await?;
        let decision_files = self.latest_decision_files(&tenant, &resources).await?;
        let files = self.latest_files(&tenant, &resources).await?;
        let is_known = latest.iter().all(|(latest, is_same)| latest.is_some() && *is_same)
            && decision_files.iter().all(|(latest, is_same)| latest.is_some() && *is_same)
            && are_read_together(&decision_files, &resources)
            && files.iter().all(|(latest, is_same)| latest.is_some() && *is_same);
        let mut decision_files = decision_files.into_iter().map(|(latest, _)| latest);
        let mut latest = latest.into_iter().map(|(latest, _)| latest);
        let mut files = files.into_iter().map(|(latest, _)| latest);
        let key = DeploymentKey(self.keys.next_key());
        let mut new_definitions = Vec::new();
        let mut new_records = Vec::new();
        let mut starts = Vec::new();
        let mut deployed = Vec::new();
        let mut records = Vec::new();
        let mut new_requirements = Vec::new();
        let mut new_decisions = Vec::new();
        let mut deployed_decisions = Vec::new();
        let mut new_files = Vec::new();
        let mut deployed_files = Vec::new();
        for resource in resources {
            if resource.file.is_some() {
                let latest = files.next().flatten();
                match latest {
                    Some(latest) if is_known => deployed_files.push(latest),
                    latest => {
                        let new = self.next_file_version(key, &tenant, &resource, latest);
                        new_files.extend(new.clone());
                        deployed_files.extend(new);
                    }
                }
            }
            let CheckedResource { name, checksum, content, processes, decisions, file: _ } = resource;
            if let Some(model) = decisions {
                let file = DecisionFile { deployment: key, tenant: &tenant, name: &name, checksum };
                let latest = decision_files.next().flatten();
                let versions = self.decision_versions(file, &model, latest, is_known).await?;
                if !is_known {
                    new_requirements.push(versions.requirements.clone());
                    new_decisions.extend(versions.decisions.iter().cloned());
                }
                deployed_decisions.push(DeployedDecisions {
                    requirements: versions.requirements,
                    decisions: versions.decisions,
                });
            }
            for process in processes {
                let record = match latest.next().flatten() {
                    Some(latest) if is_known => latest,
                    latest => {
                        let record = DefinitionRecord {
                            key: ProcessDefinitionKey(self.keys.next_key()),
                            deployment: key,
                            tenant: tenant.clone(),
                            bpmn_process_id: SharedStr::from(&process.id),
                            version: latest.map_or(1, |latest| latest.version + 1),
                            name: process.name.as_ref().map(SharedStr::from),
                            version_tag: process.version_tag.as_ref().map(SharedStr::from),
                            resource_name: name.clone(),
                            checksum,
                        };
                        starts.push(self.starts_of_version(&record, &process).await?);
                        new_definitions.push(Arc::new(Definition {
                            key: record.key,
                            version: record.version,
                            tenant: tenant.clone(),
                            process,
                        }));
                        new_records.push(record.clone());
                        record
                    }
                };
                deployed.push(DeployedProcess {
                    key: record.key,
                    bpmn_process_id: record.bpmn_process_id,
                    version: record.version,
                    resource_name: record.resource_name,
                });
            }
            records.push(ResourceRecord { deployment: key, name, checksum, content });
        }
        let timers: Vec<_> = starts.iter().flat_map(|starts| &starts.timers).map(|timer| timer.due).collect();
        let stored = NewDeployment {
            deployment: DeploymentRecord { key, tenant: tenant.clone(), at: self.shared.clock.now(), actor },
            resources: records,
            definitions: new_records,
            starts,
            decision_requirements: new_requirements,
            decisions: new_decisions,
            files: new_files,
            next_key_counter: self.keys.next_counter(),
        };
        let deployed_now = self.shared.store.deploy(self.id, stored).await;
        for due in timers {
            self.arm(due);
        }
        if let Err(error) = deployed_now {
            self.has_lost_lease |= matches!(error, store::Error::LeaseLost { .. });
            // It may have been stored all the same.
            self.shared.definitions.forget_latest();
            return Err(Error::from(error).into());
        }
        for definition in new_definitions {
            self.shared.definitions.deployed(definition);
        }
        Ok(Deployed {
            key,
            tenant,
            processes: deployed,
            decision_requirements: deployed_decisions,
            files: deployed_files,
        })
    }

    /// The latest version of each process of `resources`, and whether it is of the same file.
    async fn latest_versions(
        &self,
        tenant: &TenantId,
        resources: &[CheckedResource],
    ) -> Result<Vec<(Option<DefinitionRecord>, bool)>, Error> {
        let mut versions = Vec::new();
        for CheckedResource { name, checksum, processes, .. } in resources {
            for process in processes {
                let latest = self.shared.store.definition_by_id(tenant, &process.id, None).await?;
                let is_same = latest
                    .as_ref()
                    .is_some_and(|latest| latest.checksum == *checksum && latest.resource_name == *name);
                versions.push((latest, is_same));
            }
        }
        Ok(versions)
    }
}
