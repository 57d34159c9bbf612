//! Deployed processes, read from their files when they are first needed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use engine::Definition;
use store::Store;
use types::{ProcessDefinitionKey, TenantId};

use crate::error::Error;
use crate::secrets::SecretTokens;

/// Process versions kept in memory at most. What is past it is read again when needed.
const DEFINITIONS_CACHED_MAX: usize = 1_000;

/// Gives process versions by key.
pub(crate) struct DefinitionCache {
    store: Arc<dyn Store>,
    secrets: Arc<dyn SecretTokens>,
    loaded: Mutex<Loaded>,
}

#[derive(Default)]
struct Loaded {
    by_key: HashMap<ProcessDefinitionKey, Arc<Definition>>,
    /// The latest version of each process, by tenant and process id. Deployments keep it up to date.
    latest: HashMap<TenantId, HashMap<String, Arc<Definition>>>,
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
        if let Some(definition) = self.lock().by_key.get(&key) {
            return Ok(Some(Arc::clone(definition)));
        }
        let Some(record) = self.store.definition(key).await? else { return Ok(None) };
        let Some(resource) = self.store.definition_resource(key).await? else {
            return Err(Error::Damaged(format!("process definition {key} has no resource")));
        };
        let xml = std::str::from_utf8(&resource.content)
            .map_err(|_| Error::Damaged(format!("resource {} is not UTF-8", resource.name)))?;
        let token = |name: &str| self.secrets.token(name);
        let parsed = bpmn::load(xml, &bpmn::Options { resource: &resource.name, secret_token: Some(&token) });
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
        self.lock().insert(Arc::clone(&definition));
        Ok(Some(definition))
    }

    /// Version `version` of a process, or the latest one; `None` when there is no such version.
    pub(crate) async fn by_id(
        &self,
        tenant: &TenantId,
        bpmn_process_id: &str,
        version: Option<u32>,
    ) -> Result<Option<Arc<Definition>>, Error> {
        if version.is_none()
            && let Some(latest) =
                self.lock().latest.get(tenant).and_then(|latest| latest.get(bpmn_process_id))
        {
            return Ok(Some(Arc::clone(latest)));
        }
        let Some(record) = self.store.definition_by_id(tenant, bpmn_process_id, version).await? else {
            return Ok(None);
        };
        let definition = self.get(record.key).await?;
        if let (Some(latest), None) = (&definition, version) {
            self.lock().insert_latest(Arc::clone(latest));
        }
        Ok(definition)
    }

    /// Remembers a version that was just deployed.
    pub(crate) fn deployed(&self, definition: Arc<Definition>) {
        let mut loaded = self.lock();
        loaded.insert(Arc::clone(&definition));
        loaded.insert_latest(definition);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Loaded> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Loaded {
    fn insert(&mut self, definition: Arc<Definition>) {
        if self.by_key.len() >= DEFINITIONS_CACHED_MAX {
            *self = Self::default();
        }
        self.by_key.insert(definition.key, definition);
    }

    /// A later version may have come meanwhile: that one stays.
    fn insert_latest(&mut self, definition: Arc<Definition>) {
        let latest = self.latest.entry(definition.tenant.clone()).or_default();
        let known = latest.get(&*definition.process.id).map_or(0, |known| known.version);
        if known < definition.version {
            latest.insert(definition.process.id.to_string(), definition);
        }
    }
}
