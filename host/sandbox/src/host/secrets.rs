//! `fermata:host/secrets`, and the secrets that one job uses.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::bindings::fermata::host::secrets::{Error, Host};
use crate::host::{Attempt, JobState};
use crate::{SecretString, SecretToken, Unavailable};

/// Shorter values are not looked for in messages: they would be found by chance.
const REDACTED_BYTES_MIN: usize = 6;

/// The secrets that one job uses: their values, and the tokens that stand for them.
#[derive(Debug, Default)]
pub(crate) struct Vault(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    values: BTreeMap<String, SecretString>,
    /// Token of each secret that the guest has asked a placeholder for.
    tokens: BTreeMap<String, SecretToken>,
}

impl Vault {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name of the secret that `token` stands for in this job.
    fn name_of(&self, token: &str) -> Option<String> {
        let state = self.state();
        state.tokens.iter().find(|(_, known)| known.as_str() == token).map(|(name, _)| name.clone())
    }

    pub(crate) fn token(&self, name: &str) -> Result<SecretToken, getrandom::Error> {
        let mut state = self.state();
        if let Some(token) = state.tokens.get(name) {
            return Ok(token.clone());
        }
        let token = SecretToken::random()?;
        state.tokens.insert(name.to_owned(), token.clone());
        Ok(token)
    }

    /// `text` with the names of secrets in the place of their values:
    /// a vendor's answer may repeat a secret, and messages are kept and shown.
    pub(crate) fn redacted<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for (name, value) in &self.state().values {
            let value = value.expose();
            if value.len() >= REDACTED_BYTES_MIN && text.contains(value) {
                text = Cow::Owned(text.replace(value, &format!("[secret {name}]")));
            }
        }
        text
    }
}

/// How a secret can be used.
#[derive(Debug)]
pub(crate) enum SecretUse {
    /// It has this value.
    Value(SecretString),
    /// It has no value; the text says what to set.
    NotSet(String),
}

impl Attempt {
    /// The value of a secret whose grant has been checked. Asks the host once per job.
    pub(crate) async fn secret(&self, name: &str) -> Result<SecretUse, Unavailable> {
        if let Some(value) = self.vault.state().values.get(name) {
            return Ok(SecretUse::Value(value.clone()));
        }
        let Some(value) = self.services.secret(name).await? else {
            return Ok(SecretUse::NotSet(format!(
                "secret `{name}` has no value: set it with `fermata secret set {name}`"
            )));
        };
        self.vault.state().values.insert(name.to_owned(), value.clone());
        Ok(SecretUse::Value(value))
    }

    /// The name of the secret that `token` stands for, be it this job's own or its model's.
    pub(crate) fn secret_of_token(&self, token: &str) -> Option<String> {
        self.vault.name_of(token).or_else(|| self.services.model_secret(token))
    }

    async fn granted_secret(&self, name: &str) -> wasmtime::Result<Result<SecretString, Error>> {
        match self.secret(name).await {
            Ok(SecretUse::Value(value)) => Ok(Ok(value)),
            Ok(SecretUse::NotSet(reason)) => Ok(Err(Error::NotSet(reason))),
            // The interface has no case for a store that does not answer: the attempt fails and is retried.
            Err(error) => Err(wasmtime::Error::msg(format!("secret `{name}` is not available: {error}"))),
        }
    }
}

impl Host for JobState {
    async fn placeholder(&mut self, name: String) -> wasmtime::Result<Result<String, Error>> {
        let policy = &self.attempt.policy;
        if !policy.grants.secrets.iter().any(|grant| grant.secret().as_str() == name) {
            let component = &policy.component;
            return Ok(Err(Error::NotGranted(format!(
                "secret `{name}` is not granted to component `{component}`: \
                 grant it with `fermata worker grant {component} --secret {name}@HOST`"
            ))));
        }
        if let Err(error) = self.attempt.granted_secret(&name).await? {
            return Ok(Err(error));
        }
        let token = self.attempt.vault.token(&name).map_err(wasmtime::Error::new)?;
        Ok(Ok(token.as_str().to_owned()))
    }

    async fn reveal(&mut self, name: String) -> wasmtime::Result<Result<String, Error>> {
        let policy = &self.attempt.policy;
        if !policy.grants.reveal.iter().any(|granted| granted.as_str() == name) {
            let component = &policy.component;
            return Ok(Err(Error::NotGranted(format!(
                "component `{component}` may not see secret `{name}`: \
                 grant it with `fermata worker grant {component} --reveal {name}`"
            ))));
        }
        Ok(self.attempt.granted_secret(&name).await?.map(|value| value.expose().to_owned()))
    }
}
