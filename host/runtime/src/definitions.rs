//! Deployed processes, read from their files when they are first needed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use engine::Definition;
use engine::mailbox::MessageStart;
use engine::outgoing::CallProcess;
use store::{StartTrigger, Store, VersionChoice};
use types::{ProcessDefinitionKey, SharedStr, TenantId};

use crate::error::Error;
use crate::secrets::SecretTokens;

/// Process versions kept in memory at most. What is past it is read again when needed.
const DEFINITIONS_CACHED_MAX: usize = 1_000;

/// Names of messages whose start events are kept in memory at most.
const NAMES_CACHED_MAX: usize = 10_000;

/// Gives process versions by key.
pub(crate) struct DefinitionCache {
    store: Arc<dyn Store>,
    secrets: Arc<dyn SecretTokens>,
    loaded: Mutex<Loaded>,
}

#[derive(Default)]
struct Loaded {
    /// Message start events by tenant and name. Deployments clear them.
    message_starts: HashMap<(TenantId, SharedStr), Vec<MessageStart>>,
    /// How many deployments there were: what was read during one is not kept.
    deployments: u64,
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
        let deployments = {
            let loaded = self.lock();
            if version.is_none()
                && let Some(latest) = loaded.latest.get(tenant).and_then(|latest| latest.get(bpmn_process_id))
            {
                return Ok(Some(Arc::clone(latest)));
            }
            loaded.deployments
        };
        let Some(record) = self.store.definition_by_id(tenant, bpmn_process_id, version).await? else {
            return Ok(None);
        };
        let definition = self.get(record.key).await?;
        if let (Some(latest), None) = (&definition, version) {
            let mut loaded = self.lock();
            if loaded.deployments == deployments {
                loaded.insert_latest(Arc::clone(latest));
            }
        }
        Ok(definition)
    }

    /// The version that a call activity calls; `None` when there is none.
    pub(crate) async fn called(&self, call: &CallProcess) -> Result<Option<Arc<Definition>>, Error> {
        let choice = match (&call.version_tag, call.deployed_with) {
            (Some(tag), _) => VersionChoice::Tag(tag),
            (None, Some(caller)) => match self.store.definition(caller).await? {
                Some(caller) => VersionChoice::Deployment(caller.deployment),
                None => return Ok(None),
            },
            (None, None) => return self.by_id(&call.tenant, &call.bpmn_process_id, None).await,
        };
        match self.store.definition_of(&call.tenant, &call.bpmn_process_id, choice).await? {
            Some(record) => self.get(record.key).await,
            None => Ok(None),
        }
    }

    /// The message start events with this name, of the latest versions of a tenant's processes.
    pub(crate) async fn message_starts(
        &self,
        tenant: &TenantId,
        name: &SharedStr,
    ) -> Result<Vec<MessageStart>, Error> {
        let place = (tenant.clone(), name.clone());
        let deployments = {
            let loaded = self.lock();
            if let Some(starts) = loaded.message_starts.get(&place) {
                return Ok(starts.clone());
            }
            loaded.deployments
        };
        let events = self.store.start_events(tenant, &StartTrigger::Message(name.clone())).await?;
        let starts: Vec<MessageStart> = events
            .into_iter()
            .map(|event| MessageStart {
                definition: event.definition,
                bpmn_process_id: event.bpmn_process_id,
                element: event.element,
            })
            .collect();
        let mut loaded = self.lock();
        if loaded.deployments == deployments {
            if loaded.message_starts.len() >= NAMES_CACHED_MAX {
                loaded.message_starts.clear();
            }
            loaded.message_starts.insert(place, starts.clone());
        }
        Ok(starts)
    }

    /// Remembers a version that was just deployed.
    pub(crate) fn deployed(&self, definition: Arc<Definition>) {
        let mut loaded = self.lock();
        loaded.deployments += 1;
        loaded.message_starts.clear();
        loaded.insert(Arc::clone(&definition));
        loaded.insert_latest(definition);
    }

    /// There may be later versions than those that are known.
    pub(crate) fn forget_latest(&self) {
        let mut loaded = self.lock();
        loaded.deployments += 1;
        loaded.message_starts.clear();
        loaded.latest.clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Loaded> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Loaded {
    fn insert(&mut self, definition: Arc<Definition>) {
        if self.by_key.len() >= DEFINITIONS_CACHED_MAX {
            self.by_key.clear();
            self.latest.clear();
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
