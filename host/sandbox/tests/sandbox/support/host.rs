//! The host behind a job, in memory.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use fermata_sandbox::{Checkpoint, CheckpointError, LogLine, SecretString, Services, Unavailable};

/// The host behind a job, in memory.
#[derive(Default)]
pub(crate) struct TestHost {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    checkpoint: Option<Checkpoint>,
    superseded: bool,
    secrets: BTreeMap<String, String>,
    store_is_down: bool,
    forgets_secrets: bool,
    model_tokens: BTreeMap<String, String>,
    log: Vec<LogLine>,
}

impl TestHost {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics while it holds the state")
    }

    pub(crate) fn set_secret(&self, name: &str, value: &str) {
        self.state().secrets.insert(name.to_owned(), value.to_owned());
    }

    /// Makes `token` stand for a secret in the job's model.
    pub(crate) fn set_model_token(&self, token: &str, name: &str) {
        self.state().model_tokens.insert(token.to_owned(), name.to_owned());
    }

    pub(crate) fn supersede(&self) {
        self.state().superseded = true;
    }

    /// Removes each secret once somebody has asked for it.
    pub(crate) fn forget_secrets_asked_for(&self) {
        self.state().forgets_secrets = true;
    }

    pub(crate) fn break_secret_store(&self) {
        self.state().store_is_down = true;
    }

    pub(crate) fn checkpoint(&self) -> Option<Checkpoint> {
        self.state().checkpoint.clone()
    }

    pub(crate) fn forget_log(&self) {
        self.state().log.clear();
    }

    pub(crate) fn log(&self) -> Vec<LogLine> {
        self.state().log.clone()
    }
}

#[async_trait]
impl Services for TestHost {
    async fn checkpoint_get(&self) -> Result<Option<Checkpoint>, CheckpointError> {
        Ok(self.checkpoint())
    }

    async fn checkpoint_put(&self, value: Vec<u8>) -> Result<(), CheckpointError> {
        let mut state = self.state();
        if state.superseded {
            return Err(CheckpointError::Superseded);
        }
        state.checkpoint = Some(Checkpoint { value, writer_version: "1.0.0".to_owned(), attempt: 2 });
        Ok(())
    }

    async fn secret(&self, name: &str) -> Result<Option<SecretString>, Unavailable> {
        let mut state = self.state();
        if state.store_is_down {
            return Err(Unavailable("the store is down".to_owned()));
        }
        if state.forgets_secrets {
            return Ok(state.secrets.remove(name).map(SecretString::new));
        }
        Ok(state.secrets.get(name).map(SecretString::new))
    }

    fn model_secret(&self, token: &str) -> Option<String> {
        self.state().model_tokens.get(token).cloned()
    }

    fn log(&self, line: LogLine) {
        self.state().log.push(line);
    }
}
