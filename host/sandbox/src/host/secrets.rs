//! `fermata:host/secrets`, and the secrets that one job uses.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::bindings::host::fermata::host::secrets::{Error, Host};
use crate::host::redact::{Form, escaped_texts, redacted, secret_in};
use crate::host::{Attempt, Cut, JobState, Needles};
use crate::{SecretString, SecretToken, Unavailable};

/// The secrets that one job uses: their values, and the tokens that stand for them.
#[derive(Debug, Default)]
pub(crate) struct Vault(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    values: BTreeMap<String, SecretString>,
    /// Token of each secret that the guest has asked a placeholder for.
    tokens: BTreeMap<String, SecretToken>,
    /// What is looked for in texts and responses, the longest first.
    forms: Vec<Form>,
}

impl State {
    fn look_for(&mut self, name: &str, value: SecretString) {
        if self.forms.iter().any(|known| known.value == value) {
            return;
        }
        let after = self.forms.partition_point(|known| known.value.expose().len() >= value.expose().len());
        self.forms.insert(after, Form { name: name.to_owned(), value });
    }
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
        self.redacted_piece(text, Cut::Nowhere)
    }

    /// The same for a piece of a longer text.
    pub(crate) fn redacted_piece<'a>(&self, text: &'a str, cut: Cut) -> Cow<'a, str> {
        redacted(&self.state().forms, text, cut)
    }

    /// The secret in use whose value stands in `data`, where it must not be: in what is kept and shown as it is.
    pub(crate) fn secret_in(&self, data: impl AsRef<[u8]>) -> Option<String> {
        secret_in(&self.state().forms, data.as_ref()).map(str::to_owned)
    }

    /// The secret in use whose value stands in a name or a text of `json`. What is escaped there reads the same to whoever
    /// is shown it. Where nothing is escaped [`secret_in`](Self::secret_in) sees all.
    pub(crate) fn secret_in_json(&self, json: impl AsRef<[u8]>) -> Option<String> {
        let json = json.as_ref();
        if !json.contains(&b'\\') || self.state().forms.is_empty() {
            return None;
        }
        escaped_texts(json).find_map(|text| self.secret_in(text))
    }

    /// Looks from now on for what the host has made of a secret's value to send it.
    pub(crate) fn was_sent_as(&self, name: &str, encoded: SecretString) {
        self.state().look_for(name, encoded);
    }

    /// The values that a response to the guest must not carry: those in use that it `may_not_see`.
    pub(crate) fn needles(&self, may_not_see: impl Fn(&str) -> bool) -> Needles {
        let state = self.state();
        let hidden = state.forms.iter().filter(|form| may_not_see(&form.name));
        Needles::new(hidden.map(|form| form.value.clone()))
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
                "secret `{name}` has no value: {}",
                self.policy.valuing(name)
            )));
        };
        let mut state = self.vault.state();
        state.values.insert(name.to_owned(), value.clone());
        state.look_for(name, value.clone());
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
                "secret `{name}` is not granted to component `{component}`: {}",
                policy.granting(format_args!("--secret {name}@HOST"))
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
                "component `{component}` may not see secret `{name}`: {}",
                policy.granting(format_args!("--reveal {name}"))
            ))));
        }
        Ok(self.attempt.granted_secret(&name).await?.map(|value| value.expose().to_owned()))
    }
}
