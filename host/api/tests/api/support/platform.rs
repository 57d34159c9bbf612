//! Components, grants and secrets in memory. A component is any text `NAME@VERSION`, padded with anything.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use fermata_api::{
    ComponentProblem, ComponentView, GrantChangeView, Platform, PlatformError, RemovedVersion, SecretAction,
    SecretChangeView, SecretView, ServedNow, Uploaded, VersionFigures,
};
use serde_json::{Value, json};
use types::{Actor, TenantId, Timestamp};

use super::rollouts::Kept;

#[derive(Default)]
pub(crate) struct FakePlatform {
    components: Mutex<Vec<(ComponentView, Vec<u8>)>>,
    grants: Mutex<BTreeMap<String, Value>>,
    grant_changes: Mutex<Vec<(String, GrantChangeView)>>,
    secret_changes: Mutex<Vec<(String, SecretChangeView)>>,
    pub(super) rollouts: Mutex<Kept>,
    pub(crate) secrets: Mutex<BTreeMap<String, (u32, String)>>,
    pub(crate) figures: Mutex<Vec<VersionFigures>>,
}

fn view(text: &str, bytes: &[u8], actor: Actor) -> Option<ComponentView> {
    let (name, version) = text.split_whitespace().next()?.split_once('@')?;
    Some(ComponentView {
        missing_grants: Vec::new(),
        name: name.into(),
        version: version.into(),
        digest: format!("digest of {} bytes", bytes.len()).into(),
        size_bytes: bytes.len() as u64,
        job_types: vec![name.into()],
        serving: vec![name.into()],
        manifest: json!({"name": name, "version": version}),
        uploaded_at: Timestamp::from_millis(0),
        uploaded_by: actor,
        prebuilt: false,
        signed_by: None,
        signed_at: None,
        signature_sent_by: None,
        untrusted: None,
        work: None,
    })
}

/// Why a component of this name is not taken.
fn refusal(name: &str) -> Option<PlatformError> {
    let because = format!("`{name}` is refused");
    match name {
        "prebuilt" => Some(PlatformError::InvalidState(because)),
        "one-too-many" => Some(PlatformError::LimitReached(because)),
        "unfit" => Some(PlatformError::Refused(vec![ComponentProblem {
            code: "UNKNOWN_IMPORT".to_owned(),
            message: because,
            name: Some("acme:ledger/book@1.0.0".to_owned()),
            offered: Vec::new(),
        }])),
        "later" => Some(PlatformError::Busy(because)),
        "too-large" => Some(PlatformError::TooLarge(because)),
        "out-of-order" => Some(PlatformError::Unavailable(because)),
        _ => None,
    }
}

fn missing(name: &str, version: &str) -> PlatformError {
    PlatformError::NotFound { what: "component", name: format!("{name}@{version}") }
}

impl FakePlatform {
    fn note_secret(&self, name: &str, action: SecretAction, version: u32, reason: String) {
        let mut changes = self.secret_changes.lock().unwrap();
        let change = SecretChangeView {
            revision: changes.len() as i64 + 1,
            action,
            version,
            reason,
            changed_at: Timestamp::from_millis(0),
            changed_by: Actor::default(),
        };
        changes.push((name.to_owned(), change));
    }
}

/// Changes of what has a name, the last one first.
fn page<C: Clone>(
    changes: &[(String, C)],
    name: &str,
    before: Option<i64>,
    limit: u32,
    revision: impl Fn(&C) -> i64,
) -> Vec<C> {
    let of = changes.iter().rev().filter(|(of, _)| of == name).map(|(_, change)| change);
    let asked_for = of.filter(|change| before.is_none_or(|before| revision(change) < before));
    asked_for.take(limit as usize).cloned().collect()
}

#[async_trait]
impl Platform for FakePlatform {
    async fn upload_component(
        &self,
        _: TenantId,
        actor: Actor,
        bytes: Vec<u8>,
        signature: Option<String>,
    ) -> Result<Uploaded, PlatformError> {
        let text = String::from_utf8_lossy(&bytes);
        let component = view(&text, &bytes, actor)
            .ok_or_else(|| PlatformError::Invalid("this is no component: it has no name".to_owned()))?;
        let component = ComponentView { signed_by: signature.map(Into::into), ..component };
        if let Some(refusal) = refusal(&component.name) {
            return Err(refusal);
        }
        let mut components = self.components.lock().unwrap();
        let twin = components
            .iter()
            .find(|(other, _)| other.name == component.name && other.version == component.version);
        let created = match twin {
            None => true,
            Some((_, same)) if *same == bytes => false,
            Some(_) => {
                return Err(PlatformError::Conflict(format!(
                    "component `{text}` exists already and differs"
                )));
            }
        };
        if created {
            components.insert(0, (component.clone(), bytes.clone()));
        }
        Ok(Uploaded {
            component,
            created,
            signed: false,
            missing_grants: vec!["--host api.example.com".to_owned()],
            notes: Vec::new(),
            secrets_without_value: Vec::new(),
        })
    }

    async fn components(&self, _: &TenantId) -> Result<Vec<ComponentView>, PlatformError> {
        Ok(self.components.lock().unwrap().iter().map(|(view, _)| view.clone()).collect())
    }

    fn figures(&self) -> Vec<VersionFigures> {
        self.figures.lock().unwrap().clone()
    }

    async fn component_bytes(
        &self,
        _: &TenantId,
        name: &str,
        version: &str,
    ) -> Result<Vec<u8>, PlatformError> {
        let components = self.components.lock().unwrap();
        let found = components.iter().find(|(view, _)| view.name == *name && view.version == *version);
        found.map(|(_, bytes)| bytes.clone()).ok_or_else(|| missing(name, version))
    }

    async fn delete_component(
        &self,
        _: &TenantId,
        _: Actor,
        name: &str,
        version: &str,
        _: String,
    ) -> Result<RemovedVersion, PlatformError> {
        let mut components = self.components.lock().unwrap();
        let before = components.len();
        components.retain(|(view, _)| view.name != *name || view.version != *version);
        if components.len() == before {
            return Err(missing(name, version));
        }
        let served = ServedNow { job_type: name.into(), served_by: None, waiting_jobs: Some(2) };
        Ok(RemovedVersion { name: name.into(), version: version.into(), served: vec![served] })
    }

    async fn grant(&self, _: &TenantId, component: &str) -> Result<Value, PlatformError> {
        Ok(self.grants.lock().unwrap().get(component).cloned().unwrap_or_else(|| json!({})))
    }

    async fn put_grant(
        &self,
        _: TenantId,
        actor: Actor,
        component: &str,
        policy: Value,
        reason: String,
    ) -> Result<(), PlatformError> {
        if !policy.is_object() {
            return Err(PlatformError::Invalid("the policy is no object".to_owned()));
        }
        let before = self.grants.lock().unwrap().insert(component.to_owned(), policy.clone());
        let mut changes = self.grant_changes.lock().unwrap();
        let change = GrantChangeView {
            revision: changes.len() as i64 + 1,
            from: before,
            to: Some(policy),
            reason,
            changed_at: Timestamp::from_millis(0),
            changed_by: actor,
        };
        changes.push((component.to_owned(), change));
        Ok(())
    }

    async fn grant_history(
        &self,
        _: &TenantId,
        component: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<GrantChangeView>, PlatformError> {
        let changes = self.grant_changes.lock().unwrap();
        Ok(page(&changes, component, before, limit, |change| change.revision))
    }

    async fn secrets(&self, _: &TenantId) -> Result<Vec<SecretView>, PlatformError> {
        let secrets = self.secrets.lock().unwrap();
        let view = |(name, (version, _)): (&String, &(u32, String))| SecretView {
            name: name.as_str().into(),
            version: *version,
            changed_at: Timestamp::from_millis(0),
            changed_by: Actor::default(),
        };
        Ok(secrets.iter().map(view).collect())
    }

    async fn put_secret(
        &self,
        _: TenantId,
        _: Actor,
        name: &str,
        value: String,
        reason: String,
    ) -> Result<u32, PlatformError> {
        let mut secrets = self.secrets.lock().unwrap();
        let version = secrets.get(name).map_or(1, |(version, _)| version + 1);
        secrets.insert(name.to_owned(), (version, value));
        self.note_secret(name, SecretAction::Set, version, reason);
        Ok(version)
    }

    async fn delete_secret(
        &self,
        _: &TenantId,
        _: Actor,
        name: &str,
        reason: String,
    ) -> Result<(), PlatformError> {
        let Some((version, _)) = self.secrets.lock().unwrap().remove(name) else {
            return Err(PlatformError::NotFound { what: "secret", name: name.to_owned() });
        };
        self.note_secret(name, SecretAction::Removed, version, reason);
        Ok(())
    }

    async fn secret_history(
        &self,
        _: &TenantId,
        name: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<SecretChangeView>, PlatformError> {
        let changes = self.secret_changes.lock().unwrap();
        Ok(page(&changes, name, before, limit, |change| change.revision))
    }
}
