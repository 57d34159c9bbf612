//! Which secrets a model names.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use runtime::SecretTokens;
use store::Store;
use types::ProcessDefinitionKey;

/// Models whose secrets are kept in memory. What is past it is read again when needed.
const MODELS_CACHED_MAX: usize = 1_000;

/// Tells the secrets that a model names in its own text from their tokens.
///
/// A token counts in models that name its secret themselves. It is one for each name in the whole installation:
/// where two models name the same secret, the token of one, should it come as data, counts in the other.
/// What it can be used for there is what the component is granted, as with the model's own.
/// A name need not have a value yet.
pub(crate) struct ModelSecrets {
    store: Arc<dyn Store>,
    tokens: Arc<dyn SecretTokens>,
    known: Mutex<HashMap<ProcessDefinitionKey, Arc<NamesByToken>>>,
}

/// The names of a model's secrets by their tokens.
pub(crate) type NamesByToken = BTreeMap<String, String>;

/// Why the secrets of a model are not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The store has no such model.
    #[error("process definition {0} is not in the store")]
    NotFound(ProcessDefinitionKey),
    /// Reading it ended without a result.
    #[error("reading the model was interrupted")]
    Interrupted,
}

impl ModelSecrets {
    pub(crate) fn new(store: Arc<dyn Store>, tokens: Arc<dyn SecretTokens>) -> Self {
        Self { store, tokens, known: Mutex::default() }
    }

    /// The secrets that a process version's model names.
    pub(crate) async fn of(&self, definition: ProcessDefinitionKey) -> Result<Arc<NamesByToken>, Error> {
        if let Some(names) = self.lock().get(&definition) {
            return Ok(Arc::clone(names));
        }
        let resource =
            self.store.definition_resource(definition).await?.ok_or(Error::NotFound(definition))?;
        let tokens = Arc::clone(&self.tokens);
        let names = tokio::task::spawn_blocking(move || {
            let text = String::from_utf8_lossy(&resource.content);
            let secrets = bpmn::load(&text, &bpmn::Options::new(&resource.name)).secrets;
            Arc::new(secrets.into_iter().map(|name| (tokens.token(&name), name)).collect::<NamesByToken>())
        })
        .await
        .map_err(|_| Error::Interrupted)?;
        let mut known = self.lock();
        if known.len() >= MODELS_CACHED_MAX {
            known.clear();
        }
        known.insert(definition, Arc::clone(&names));
        Ok(names)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ProcessDefinitionKey, Arc<NamesByToken>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
