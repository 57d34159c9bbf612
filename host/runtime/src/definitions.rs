//! Deployed processes, read from their files when they are first needed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use engine::Definition;
use store::Store;
use types::ProcessDefinitionKey;

use crate::error::Error;
use crate::secrets::SecretTokens;

/// Process versions kept in memory at most. What is past it is read again when needed.
const DEFINITIONS_CACHED_MAX: usize = 1_000;

/// Gives process versions by key.
pub(crate) struct DefinitionCache {
    store: Arc<dyn Store>,
    secrets: Arc<dyn SecretTokens>,
    loaded: Mutex<HashMap<ProcessDefinitionKey, Arc<Definition>>>,
}

impl DefinitionCache {
    pub(crate) fn new(store: Arc<dyn Store>, secrets: Arc<dyn SecretTokens>) -> Self {
        Self { store, secrets, loaded: Mutex::default() }
    }

    pub(crate) fn secrets(&self) -> &dyn SecretTokens {
        &*self.secrets
    }

    /// The process version with this key; `None` when there is no such version.
    pub(crate) async fn get(&self, key: ProcessDefinitionKey) -> Result<Option<Arc<Definition>>, Error> {
        if let Some(definition) = self.lock().get(&key) {
            return Ok(Some(Arc::clone(definition)));
        }
        let Some(record) = self.store.definition(key).await? else { return Ok(None) };
        let Some(resource) = self.store.definition_resource(key).await? else {
            return Err(Error::Damaged(format!("process definition {key} has no resource")));
        };
        let xml = std::str::from_utf8(&resource.content)
            .map_err(|_| Error::Damaged(format!("resource {} is not UTF-8", resource.name)))?;
        let token = |name: &str| self.secrets.token(name);
        let parsed =
            bpmn::parse(xml, &bpmn::Options { resource: &resource.name, secret_token: Some(&token) });
        let process =
            parsed.processes.into_iter().find(|process| *process.id == *record.bpmn_process_id).ok_or_else(
                || {
                    let reason = parsed.diagnostics.first().map(ToString::to_string).unwrap_or_default();
                    Error::Damaged(format!(
                        "resource {} no longer gives process `{}`: {reason}",
                        resource.name, record.bpmn_process_id
                    ))
                },
            )?;
        let definition =
            Arc::new(Definition { key, version: record.version, tenant: record.tenant, process });
        self.insert(Arc::clone(&definition));
        Ok(Some(definition))
    }

    /// Remembers a version that was just deployed.
    pub(crate) fn insert(&self, definition: Arc<Definition>) {
        let mut loaded = self.lock();
        if loaded.len() >= DEFINITIONS_CACHED_MAX {
            loaded.clear();
        }
        loaded.insert(definition.key, definition);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ProcessDefinitionKey, Arc<Definition>>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
