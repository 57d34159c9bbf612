//! Deployments: versions are counted and stored in one transaction.

use std::sync::Arc;

use engine::Definition;
use store::{DefinitionRecord, DeploymentRecord, NewDeployment, ResourceRecord};
use types::{DeploymentKey, ProcessDefinitionKey, SharedStr};

use super::Partition;
use crate::error::{DeployError, Error};
use crate::inbox::{CheckedResource, Deployment};
use crate::requests::{Deployed, DeployedProcess};

impl Partition {
    /// Stores a deployment. A process whose file is the same as that of its latest version keeps that version.
    pub(super) async fn deploy(&mut self, deployment: Deployment) -> Result<Deployed, DeployError> {
        let Deployment { tenant, actor, resources } = deployment;
        let key = DeploymentKey(self.keys.next_key());
        let mut new_definitions = Vec::new();
        let mut new_records = Vec::new();
        let mut deployed = Vec::new();
        let mut records = Vec::new();
        for CheckedResource { name, checksum, content, processes } in resources {
            for process in processes {
                let latest = self
                    .shared
                    .store
                    .definition_by_id(&tenant, &process.id, None)
                    .await
                    .map_err(Error::from)?;
                let record = match latest {
                    Some(latest) if latest.checksum == checksum && latest.resource_name == name => latest,
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
        let stored = NewDeployment {
            deployment: DeploymentRecord { key, tenant: tenant.clone(), at: self.shared.clock.now(), actor },
            resources: records,
            definitions: new_records,
            next_key_counter: self.keys.next_counter(),
        };
        let deployed_now = self.shared.store.deploy(self.id, stored).await;
        self.has_lost_lease |= matches!(deployed_now, Err(store::Error::LeaseLost { .. }));
        deployed_now.map_err(Error::from)?;
        for definition in new_definitions {
            self.shared.definitions.deployed(definition);
        }
        Ok(Deployed { key, tenant, processes: deployed })
    }
}
