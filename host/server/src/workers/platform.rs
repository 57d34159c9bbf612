//! What the API asks for: components, grants and secrets.

use std::sync::Arc;

use api::{
    ComponentView, GrantChangeView, Platform, PlatformError, RemovedVersion, SecretAction, SecretChangeView,
    SecretView, ServedNow, Uploaded, VersionFigures, WorkView,
};
use async_trait::async_trait;
use bytes::Bytes;
use serde_json::Value;
use store::search::{Condition, JobField, JobSearch, Operand, Operator, PageRequest, names};
use store::{GrantChange, Removal, SecretChange, SecretRecord, SecretStep};
use types::{Actor, SharedStr, TenantId};
use zeroize::Zeroizing;

use super::catalog::{Origin, Version};
use super::causes::with_causes;
use super::change::{Changes, check_reason, not_found, of_store};
use super::registry::{Registry, Surroundings};
use super::rollout::Guardian;
use super::upload::Sent;
use super::wanted;
use crate::vault;

/// The components, grants and secrets of a host, as the API sees them.
pub(crate) struct Workers {
    pub(super) changes: Arc<Changes>,
    /// Ends with this.
    _guardian: Guardian,
}

impl Workers {
    /// The components of `registry`, whose jobs come from `runtime`.
    pub(crate) fn new(registry: Arc<Registry>, runtime: runtime::Handle) -> Self {
        let changes = Arc::new(Changes { registry, runtime, changing: tokio::sync::Mutex::default() });
        let guardian = Guardian::spawn(&changes);
        Self { changes, _guardian: guardian }
    }

    fn component_view(&self, version: &Version, serving: Vec<SharedStr>) -> ComponentView {
        let work = WorkView::new(self.changes.runtime.started_at(), &self.registry().figures(version));
        let untrusted = self.registry().distrust(version).map(|why| why.to_string());
        let missing_grants = self.missing_grants(version);
        ComponentView { untrusted, missing_grants, ..view(version, serving, work) }
    }

    fn missing_grants(&self, version: &Version) -> Vec<String> {
        let granted = self.registry().grant(&version.tenant, version.name());
        wanted::missing(&version.manifest, &granted, &self.surroundings().limits)
    }

    /// Jobs of a type that nobody does at the moment and that no operator has to look at, up to a limit. Nothing when the
    /// store does not tell: whoever asks has changed something already.
    pub(super) async fn jobs_waiting(&self, tenant: &TenantId, job_type: &str) -> Option<u64> {
        let is = |field, text: &str| Condition::Field(field, Operator::Eq(Operand::Text(text.to_owned())));
        let search = JobSearch {
            conditions: vec![
                is(JobField::Type, job_type),
                is(JobField::TenantId, tenant.as_str()),
                is(JobField::State, names::JOB_CREATED),
                // One that runs here or that an external worker holds names who does it.
                Condition::Field(JobField::Worker, Operator::Exists(false)),
            ],
            page: PageRequest { limit: 1, ..PageRequest::default() },
            ..JobSearch::default()
        };
        match self.surroundings().store.search_jobs(&search).await {
            Ok(page) => Some(page.total_items),
            Err(error) => {
                tracing::warn!(job_type, "the jobs that wait cannot be counted: {}", with_causes(&error));
                None
            }
        }
    }

    fn registry(&self) -> &Registry {
        &self.changes.registry
    }

    fn surroundings(&self) -> &Arc<Surroundings> {
        &self.changes.registry.surroundings
    }
}

#[async_trait]
impl Platform for Workers {
    async fn upload_component(
        &self,
        tenant: TenantId,
        actor: Actor,
        bytes: Vec<u8>,
        signature: Option<String>,
    ) -> Result<Uploaded, PlatformError> {
        let changes = Arc::clone(&self.changes);
        let bytes = Bytes::from(bytes);
        let sent = Sent { bytes: bytes.clone(), signature };
        let prepared = changes.prepare(&tenant, sent).await?;
        let upload =
            carried_through(async move { changes.upload(tenant, actor, prepared, bytes).await }).await?;
        let Version { tenant, manifest, .. } = &upload.version;
        let granted = self.registry().grant(tenant, upload.version.name()).grants;
        let known = self.surroundings().vault.list(tenant);
        let has_value = |name: &str| known.iter().any(|secret| *secret.name == *name);
        Ok(Uploaded {
            missing_grants: self.missing_grants(&upload.version),
            secrets_without_value: wanted::without_value(manifest, &granted, has_value),
            created: upload.created,
            signed: upload.signed,
            notes: upload.notes,
            component: self.component_view(&upload.version, upload.serving),
        })
    }

    async fn components(&self, tenant: &TenantId) -> Result<Vec<ComponentView>, PlatformError> {
        let versions = self.registry().list(tenant);
        Ok(versions.into_iter().map(|(version, serving)| self.component_view(&version, serving)).collect())
    }

    fn figures(&self) -> Vec<VersionFigures> {
        self.registry().all_figures()
    }

    async fn component_bytes(
        &self,
        tenant: &TenantId,
        name: &str,
        version: &str,
    ) -> Result<Vec<u8>, PlatformError> {
        let found = self.registry().find(tenant, name, version).ok_or_else(|| not_found(name, version))?;
        match &found.origin {
            Origin::Prebuilt { path } => tokio::fs::read(path).await.map_err(|error| {
                tracing::error!(path = %path.display(), "a component's file cannot be read: {error}");
                PlatformError::Unavailable(format!("{} cannot be read: {error}", path.display()))
            }),
            Origin::Uploaded { .. } => {
                let record = self.surroundings().store.component(tenant, name, version).await;
                Ok(record.map_err(of_store)?.ok_or_else(|| not_found(name, version))?.bytes)
            }
        }
    }

    async fn delete_component(
        &self,
        tenant: &TenantId,
        actor: Actor,
        name: &str,
        version: &str,
        reason: String,
    ) -> Result<RemovedVersion, PlatformError> {
        let changes = Arc::clone(&self.changes);
        let place = (tenant.clone(), name.to_owned(), version.to_owned());
        let left = carried_through(async move {
            let (tenant, name, version) = place;
            changes.delete(&tenant, actor, &name, &version, reason).await
        });
        let mut served = Vec::new();
        for (job_type, now) in left.await? {
            let waiting_jobs = match now {
                Some(_) => None,
                None => self.jobs_waiting(tenant, &job_type).await,
            };
            let served_by = now.map(|label| label.to_string().into());
            served.push(ServedNow { job_type, served_by, waiting_jobs });
        }
        Ok(RemovedVersion { name: name.into(), version: version.into(), served })
    }

    async fn grant(&self, tenant: &TenantId, component: &str) -> Result<Value, PlatformError> {
        Ok(self.registry().grant(tenant, component).to_json())
    }

    async fn put_grant(
        &self,
        tenant: TenantId,
        actor: Actor,
        component: &str,
        policy: Value,
        reason: String,
    ) -> Result<(), PlatformError> {
        let changes = Arc::clone(&self.changes);
        let component = component.to_owned();
        carried_through(async move { changes.put_grant(tenant, actor, &component, policy, &reason).await })
            .await
    }

    async fn grant_history(
        &self,
        tenant: &TenantId,
        component: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<GrantChangeView>, PlatformError> {
        let changes = self.surroundings().store.grant_changes(tenant, component, before, limit).await;
        Ok(changes.map_err(of_store)?.into_iter().map(grant_change).collect())
    }

    async fn secrets(&self, tenant: &TenantId) -> Result<Vec<SecretView>, PlatformError> {
        let view = |record: SecretRecord| SecretView {
            name: record.name,
            version: record.version,
            changed_at: record.changed_at,
            changed_by: record.changed_by,
        };
        Ok(self.surroundings().vault.list(tenant).into_iter().map(view).collect())
    }

    async fn put_secret(
        &self,
        tenant: TenantId,
        actor: Actor,
        name: &str,
        value: String,
        reason: String,
    ) -> Result<u32, PlatformError> {
        check_reason(&reason)?;
        let surroundings = Arc::clone(self.surroundings());
        let (name, value) = (name.to_owned(), Zeroizing::new(value));
        carried_through(async move {
            let Surroundings { vault, clock, .. } = &*surroundings;
            let put = vault.put(tenant, actor.clone(), &name, &value, clock.now(), &reason).await;
            let version = put.map_err(of_vault)?;
            tracing::info!(secret = name, version, %actor, reason, "secret set");
            Ok(version)
        })
        .await
    }

    async fn delete_secret(
        &self,
        tenant: &TenantId,
        actor: Actor,
        name: &str,
        reason: String,
    ) -> Result<(), PlatformError> {
        check_reason(&reason)?;
        let surroundings = Arc::clone(self.surroundings());
        let (tenant, name) = (tenant.clone(), name.to_owned());
        carried_through(async move {
            let removal = Removal { at: surroundings.clock.now(), by: actor.clone() };
            if !surroundings.vault.remove(&tenant, &name, removal, &reason).await.map_err(of_vault)? {
                return Err(PlatformError::NotFound { what: "secret", name });
            }
            tracing::info!(secret = name, %actor, reason, "secret removed");
            Ok(())
        })
        .await
    }

    async fn secret_history(
        &self,
        tenant: &TenantId,
        name: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<SecretChangeView>, PlatformError> {
        let changes = self.surroundings().store.secret_changes(tenant, name, before, limit).await;
        Ok(changes.map_err(of_store)?.into_iter().map(secret_change).collect())
    }
}

/// Carries a change through, also when the caller goes away meanwhile: store and memory change together.
pub(super) async fn carried_through<T: Send + 'static>(
    change: impl Future<Output = Result<T, PlatformError>> + Send + 'static,
) -> Result<T, PlatformError> {
    tokio::spawn(change)
        .await
        .unwrap_or_else(|_| Err(PlatformError::Unavailable("the change was interrupted".to_owned())))
}

fn view(version: &Version, serving: Vec<SharedStr>, work: WorkView) -> ComponentView {
    let manifest = &version.manifest;
    ComponentView {
        missing_grants: Vec::new(),
        name: manifest.name.as_str().into(),
        version: manifest.version.to_string().into(),
        digest: version.digest.to_string().into(),
        size_bytes: version.size_bytes,
        job_types: manifest.job_types.iter().map(|job_type| job_type.as_str().into()).collect(),
        serving,
        manifest: serde_json::to_value(manifest).expect("a manifest was read from JSON"),
        uploaded_at: version.uploaded_at,
        uploaded_by: version.uploaded_by.clone(),
        prebuilt: version.is_prebuilt(),
        signed_by: version.signature().map(|signature| signature.key().to_string().into()),
        signed_at: version.signed.as_ref().map(|signed| api::time::to_text(signed.at).into()),
        untrusted: None,
        signature_sent_by: version.signed.as_ref().map(|signed| signed.by.clone()),
        work: Some(work),
    }
}

fn grant_change(change: GrantChange) -> GrantChangeView {
    // What the host has written itself is JSON.
    let json = |text: &str| serde_json::from_str(text).ok();
    GrantChangeView {
        revision: change.sequence,
        from: change.before.as_deref().and_then(json),
        to: json(&change.after),
        reason: change.reason,
        changed_at: change.changed_at,
        changed_by: change.changed_by,
    }
}

fn secret_change(change: SecretChange) -> SecretChangeView {
    SecretChangeView {
        revision: change.sequence,
        action: match change.step {
            SecretStep::Set => SecretAction::Set,
            SecretStep::Removed => SecretAction::Removed,
        },
        version: change.version,
        reason: change.reason,
        changed_at: change.changed_at,
        changed_by: change.changed_by,
    }
}

fn of_vault(error: vault::Error) -> PlatformError {
    match error {
        vault::Error::Invalid(problem) => PlatformError::Invalid(problem),
        vault::Error::TooLarge { .. } => PlatformError::TooLarge(error.to_string()),
        vault::Error::LimitReached => PlatformError::LimitReached(error.to_string()),
        vault::Error::ChangedElsewhere { .. } => PlatformError::Conflict(error.to_string()),
        error => {
            tracing::error!("a secret cannot be changed: {}", with_causes(&error));
            PlatformError::Unavailable(error.to_string())
        }
    }
}
