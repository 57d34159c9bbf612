//! Deployed decisions: found, read from their files when they are first needed, and evaluated.

mod evaluate;

pub use evaluate::{Decided, Undecided};

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dmn::Model;
use engine::command::CalledDecision;
use store::{DecisionRecord, DecisionRequirementsRecord, Store, VersionChoice};
use types::{DecisionKey, DecisionRequirementsKey, TenantId};

use crate::error::Error;

/// Files with decisions kept in memory at most. What is past it is read again when needed.
const MODELS_CACHED_MAX: usize = 1_000;

/// Finds decisions, and keeps the models that hold them.
pub(crate) struct DecisionCache {
    store: Arc<dyn Store>,
    models: Mutex<HashMap<DecisionRequirementsKey, Arc<Model>>>,
}

/// One version of a decision, ready to be evaluated.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The version.
    pub record: DecisionRecord,
    /// The file that holds it.
    pub requirements: DecisionRequirementsRecord,
    model: Arc<Model>,
}

impl Decision {
    /// What the engine needs of it.
    pub(crate) fn into_called(self) -> CalledDecision {
        CalledDecision {
            key: self.record.key,
            decision_id: self.record.decision_id,
            version: self.record.version,
            model: self.model,
        }
    }
}

impl DecisionCache {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, models: Mutex::default() }
    }

    /// The version with this key; `None` when there is no such version.
    pub(crate) async fn get(&self, key: DecisionKey) -> Result<Option<Decision>, Error> {
        match self.store.decision(key).await? {
            Some(record) => self.with_model(record).await.map(Some),
            None => Ok(None),
        }
    }

    /// The version of a decision that is meant; `None` when there is none.
    pub(crate) async fn find(
        &self,
        tenant: &TenantId,
        decision_id: &str,
        choice: VersionChoice<'_>,
    ) -> Result<Option<Decision>, Error> {
        match self.store.decision_of(tenant, decision_id, choice).await? {
            Some(record) => self.with_model(record).await.map(Some),
            None => Ok(None),
        }
    }

    async fn with_model(&self, record: DecisionRecord) -> Result<Decision, Error> {
        let key = record.requirements;
        let missing = || Error::Damaged(format!("decision requirements {key} are not stored"));
        let requirements = self.store.decision_requirements(key).await?.ok_or_else(missing)?;
        let loaded = self.lock().get(&key).cloned();
        let model = match loaded {
            Some(model) => model,
            None => {
                let model = self.load(key).await?;
                let mut models = self.lock();
                if models.len() >= MODELS_CACHED_MAX {
                    models.clear();
                }
                models.insert(key, Arc::clone(&model));
                model
            }
        };
        Ok(Decision { record, requirements, model })
    }

    async fn load(&self, key: DecisionRequirementsKey) -> Result<Arc<Model>, Error> {
        let resource = self.store.decision_requirements_resource(key).await?;
        let resource = resource
            .ok_or_else(|| Error::Damaged(format!("decision requirements {key} have no resource")))?;
        let xml = std::str::from_utf8(&resource.content)
            .map_err(|_| Error::Damaged(format!("resource {} is not UTF-8", resource.name)))?;
        let beside = match dmn::may_import(xml) {
            true => self.store.decision_files(resource.deployment).await?,
            false => Vec::new(),
        };
        let beside = beside
            .iter()
            .filter(|file| file.name != resource.name)
            .filter_map(|file| Some((&*file.name, std::str::from_utf8(&file.content).ok()?)));
        let files = dmn::Files::deployed([(&*resource.name, xml)].into_iter().chain(beside));
        let parsed = files
            .read(&resource.name)
            .ok_or_else(|| Error::Damaged(format!("resource {} is not read", resource.name)))?;
        parsed.model.clone().ok_or_else(|| {
            let reason = parsed.diagnostics.first().map(ToString::to_string).unwrap_or_default();
            Error::Damaged(format!("resource {} no longer gives its decisions: {reason}", resource.name))
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<DecisionRequirementsKey, Arc<Model>>> {
        self.models.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
