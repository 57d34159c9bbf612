//! Changes of components, grants and secrets: in the store first, then in memory, then known to the runtime.

use std::sync::Arc;

use api::{Note, PlatformError};
use bytes::Bytes;
use sandbox::Digest;
use serde_json::Value;
use store::{ComponentRecord, ComponentSignature, ComponentSummary, GrantRecord, Removal};
use types::{Actor, SharedStr, TenantId};

use super::catalog::{Origin, Signed, Version};
use super::causes::with_causes;
use super::grant::{self, Grant};
use super::registry::{Registry, Surroundings};
use super::rollout::Label;
use super::serving::{Shift, Who};
use super::upload::{self, Inspected, Sent};
use crate::signature::Signature;

/// Versions of components of one tenant.
const COMPONENTS_MAX: usize = 10_000;

/// Components that are granted something.
const GRANTS_MAX: usize = 10_000;

/// What somebody gives as the reason of a change, in bytes.
const REASON_BYTES_MAX: usize = 1_000;

/// How many versions are tried to find one that is free.
const FREE_VERSION_TRIES_MAX: u64 = 100;

/// Changes the registry in step with the store.
///
/// No change may be dropped between the store and the registry: whoever calls makes sure that it runs to its end.
pub(super) struct Changes {
    pub(super) registry: Arc<Registry>,
    pub(super) runtime: runtime::Handle,
    /// Held from a look at the registry until it and the store were changed: changes come one after the other.
    pub(super) changing: tokio::sync::Mutex<()>,
}

/// What an upload brings.
pub(super) enum Prepared {
    /// It is there already.
    Present(Upload),
    /// It is there already, and not signed like that.
    Signed(Inspected),
    /// It is new, and its code is in the cache.
    Compiled(Inspected),
}

/// What became of an upload.
pub(super) struct Upload {
    pub(super) version: Version,
    /// The job types whose next job goes to it.
    pub(super) serving: Vec<SharedStr>,
    /// False when it was there already.
    pub(super) created: bool,
    /// Whether it was there already, and has got a signature.
    pub(super) signed: bool,
    /// What whoever has uploaded it may not expect.
    pub(super) notes: Vec<Note>,
}

/// What there is of what is uploaded.
enum Found {
    Nothing,
    /// A version with the same bytes, and nothing to change.
    Same(Upload),
    /// A version with the same bytes, which does not have the signature that has come.
    OtherwiseSigned(Version, Signature),
}

impl Changes {
    /// Checks and compiles a component; `None` when it is there already. Changes nothing that anyone could see.
    ///
    /// This takes long, and other changes need not wait for it. When the caller goes away, so does the compilation.
    pub(super) async fn prepare(&self, tenant: &TenantId, sent: Sent) -> Result<Prepared, PlatformError> {
        let Surroundings { sandbox, signatures, component_bytes_max, .. } = &*self.registry.surroundings;
        let bytes = sent.bytes.clone();
        let inspected = upload::inspect(sent, *component_bytes_max).await?;
        let found = self.find(tenant, &inspected).await?;
        if let Found::Same(present) = found {
            return Ok(Prepared::Present(present));
        }
        upload::check_trust(signatures, &inspected)?;
        if let Found::OtherwiseSigned(..) = found {
            return Ok(Prepared::Signed(inspected));
        }
        upload::compile(sandbox, bytes).await?;
        Ok(Prepared::Compiled(inspected))
    }

    /// Keeps a component that was prepared. The same bytes again change nothing.
    pub(super) async fn upload(
        &self,
        tenant: TenantId,
        actor: Actor,
        prepared: Prepared,
        bytes: Bytes,
    ) -> Result<Upload, PlatformError> {
        let inspected = match prepared {
            Prepared::Present(upload) => return Ok(upload),
            Prepared::Signed(inspected) => {
                let _changing = self.changing.lock().await;
                return self.sign(&tenant, actor, &inspected).await;
            }
            Prepared::Compiled(inspected) => inspected,
        };
        let digest = inspected.digest;
        let _changing = self.changing.lock().await;
        let uploaded = self.keep_compiled(tenant, actor, inspected, bytes).await;
        self.forget_unused(&digest).await;
        uploaded
    }

    /// Keeps a component that has been compiled, unless another upload was faster.
    async fn keep_compiled(
        &self,
        tenant: TenantId,
        actor: Actor,
        inspected: Inspected,
        bytes: Bytes,
    ) -> Result<Upload, PlatformError> {
        match self.find(&tenant, &inspected).await? {
            Found::Nothing => {}
            Found::Same(present) => return Ok(present),
            Found::OtherwiseSigned(..) => return self.sign(&tenant, actor, &inspected).await,
        }
        if self.registry.list(&tenant).len() >= COMPONENTS_MAX {
            return Err(PlatformError::LimitReached(format!(
                "there are {COMPONENTS_MAX} components, the limit is reached: remove some with `fermata worker remove`"
            )));
        }
        let (version, replaced) = self.keep(tenant, actor, inspected, bytes).await?;
        self.announce_version(&version);
        tracing::info!(component = %version.label(), digest = %version.digest, by = %version.uploaded_by, "uploaded");
        let serving = self.registry.served_by(&version);
        let notes = self.registry.notes(&version, &replaced);
        for note in &notes {
            tracing::info!(component = %version.label(), "{}", note.message);
        }
        Ok(Upload { version, serving, created: true, signed: false, notes })
    }

    /// Adds a signature to a version that is there, or puts it in the place of another one.
    async fn sign(
        &self,
        tenant: &TenantId,
        actor: Actor,
        inspected: &Inspected,
    ) -> Result<Upload, PlatformError> {
        let (mut version, signature) = match self.find(tenant, inspected).await? {
            Found::OtherwiseSigned(version, signature) => (version, signature),
            Found::Same(upload) => return Ok(upload),
            Found::Nothing => {
                let manifest::Manifest { name, version, .. } = &inspected.manifest;
                return Err(PlatformError::Conflict(format!(
                    "component `{name}` {version} was removed while its signature was on its way: push it again"
                )));
            }
        };
        let Surroundings { store, clock, signatures, .. } = &*self.registry.surroundings;
        if let Some(before) = version.signature() {
            let weaker = signatures.check_replacement(before, &signature);
            weaker
                .map_err(|why| PlatformError::Conflict(format!("component `{}`: {why}", version.label())))?;
        }
        let signed = Signed::new(signature, &version.digest, clock.now(), actor);
        let name = version.name().to_owned();
        let number = version.manifest.version.to_string();
        let digest = digest_text(&version.digest);
        if !store.sign_component(tenant, &name, &number, &digest, stored(&signed)).await.map_err(of_store)? {
            return Err(not_found(&name, &number));
        }
        tracing::info!(component = %version.label(), digest = %version.digest, key = %signed.signature().key(), by = %signed.by, "signed");
        version.signed = Some(signed);
        self.registry.replace(version.clone());
        self.announce_version(&version);
        let serving = self.registry.served_by(&version);
        let notes = self.registry.notes(&version, &[]);
        Ok(Upload { version, serving, created: false, signed: true, notes })
    }

    /// Removes an uploaded version, and its compiled code with the last version of the same bytes. Gives the job types that
    /// it has served, and what serves them now.
    ///
    /// The store remembers its digest: the same bytes may come back, others get no name and version that these had.
    pub(super) async fn delete(
        &self,
        tenant: &TenantId,
        actor: Actor,
        name: &str,
        version: &str,
        reason: String,
    ) -> Result<Vec<(SharedStr, Option<Label>)>, PlatformError> {
        check_reason(&reason)?;
        let _changing = self.changing.lock().await;
        let found = self.registry.find(tenant, name, version).ok_or_else(|| not_found(name, version))?;
        if found.is_prebuilt() {
            return Err(PlatformError::InvalidState(format!(
                "component `{name}` {version} came with the host and cannot be deleted: \
                 upload a later version to replace it"
            )));
        }
        if let Some(job_type) = self.registry.rollouts_naming(tenant, name, version).first() {
            return Err(PlatformError::InvalidState(format!(
                "the roll-out of `{job_type}` names component `{name}` {version}: roll out other versions with \
                 `fermata worker rollout {job_type}`, or go back with `fermata worker rollback {job_type}`; then delete it"
            )));
        }
        let Surroundings { store, clock, .. } = &*self.registry.surroundings;
        let who = Who { by: actor, at: clock.now(), reason };
        let Shift { change, left, .. } = self.registry.shift_without(&found, &who);
        let Who { by, at, reason } = who;
        let removal = Removal { at, by: by.clone() };
        let deleted = store.delete_component(tenant, name, version, removal, change.clone()).await;
        deleted.map_err(of_store)?;
        self.registry.own(&change);
        self.registry.remove(tenant, name, version);
        self.forget_unused(&found.digest).await;
        self.announce_version(&found);
        tracing::info!(component = %found.label(), digest = %found.digest, actor = %by, reason, "deleted");
        for (job_type, now) in &left {
            match now {
                Some(now) => tracing::info!(%job_type, "{now} serves it from now on"),
                None => tracing::warn!(%job_type, "no component serves it any more: its jobs wait"),
            }
        }
        Ok(left)
    }

    /// Replaces what a component is granted. What is granted already changes nothing.
    pub(super) async fn put_grant(
        &self,
        tenant: TenantId,
        actor: Actor,
        component: &str,
        policy: Value,
        reason: &str,
    ) -> Result<(), PlatformError> {
        check_component_name(component)?;
        check_reason(reason)?;
        let grant = Grant::read(component, policy).map_err(|error| match error {
            grant::Error::TooLarge { .. } => PlatformError::TooLarge(error.to_string()),
            error => PlatformError::Invalid(error.to_string()),
        })?;
        let _changing = self.changing.lock().await;
        let has_grant = self.registry.has_grant(&tenant, component);
        let before = self.registry.grant(&tenant, component);
        if has_grant && before == grant {
            return Ok(());
        }
        if self.registry.granted_components() >= GRANTS_MAX && !has_grant {
            let message = format!("{GRANTS_MAX} components are granted something, the limit is reached");
            return Err(PlatformError::LimitReached(message));
        }
        let Surroundings { store, clock, .. } = &*self.registry.surroundings;
        let record = GrantRecord {
            tenant: tenant.clone(),
            component: component.into(),
            policy: grant.to_json().to_string(),
            changed_at: clock.now(),
            changed_by: actor.clone(),
        };
        store.put_grant(record, reason).await.map_err(of_store)?;
        if !self.registry.has_component(&tenant, component) {
            // It may come later; it may as well be a slip of the pen.
            tracing::warn!(component, %actor, "something is granted to a component that is not there yet");
        }
        let changed = grant.changes_from(&before);
        self.registry.put_grant(tenant, grant);
        self.runtime.grants_changed();
        tracing::info!(component, %actor, reason, changed, "grants changed");
        Ok(())
    }

    /// Looks for the version that an upload is about.
    async fn find(&self, tenant: &TenantId, inspected: &Inspected) -> Result<Found, PlatformError> {
        let (name, number) = (&inspected.manifest.name, inspected.manifest.version.to_string());
        let Some(version) = self.registry.find(tenant, name, &number) else {
            self.check_removed(tenant, inspected).await?;
            return Ok(Found::Nothing);
        };
        if version.digest != inspected.digest {
            let whence = if version.is_prebuilt() { "came with the host" } else { "exists" };
            let other = self.free_version(tenant, inspected).await?;
            return Err(PlatformError::Conflict(format!(
                "component `{name}` {number} {whence} with other bytes: a version never changes, give this one another{other}"
            )));
        }
        match &inspected.signature {
            Some(signature) if !version.is_prebuilt() && version.signature() != Some(signature) => {
                Ok(Found::OtherwiseSigned(version, signature.clone()))
            }
            _ => {
                let serving = self.registry.served_by(&version);
                let notes = self.registry.notes(&version, &[]);
                Ok(Found::Same(Upload { version, serving, created: false, signed: false, notes }))
            }
        }
    }

    /// Refuses other bytes under a name and version that were removed.
    async fn check_removed(&self, tenant: &TenantId, inspected: &Inspected) -> Result<(), PlatformError> {
        let (name, number) = (&inspected.manifest.name, inspected.manifest.version.to_string());
        let store = &self.registry.surroundings.store;
        let removed = store.removed_component(tenant, name, &number).await.map_err(of_store)?;
        let digest = inspected.digest.to_string();
        let Some(removed) = removed.filter(|removed| *removed.digest != *digest) else { return Ok(()) };
        let other = self.free_version(tenant, inspected).await?;
        Err(PlatformError::Conflict(format!(
            "component `{name}` {number} had other bytes (digest {}) until {} removed it at {}: a version never changes, \
             so that going back to it never runs other code. Give these bytes another version{other}",
            removed.digest,
            removed.removed_by,
            api::time::to_text(removed.removed_at),
        )))
    }

    /// `, such as 1.0.1`: a version that this component never had, higher than all that are here. Nothing where none is found.
    async fn free_version(&self, tenant: &TenantId, inspected: &Inspected) -> Result<String, PlatformError> {
        let manifest::Manifest { name, version, .. } = &inspected.manifest;
        let highest = self.registry.highest(tenant, name).into_iter().fold(version.clone(), Ord::max);
        for patch in (1..=FREE_VERSION_TRIES_MAX).map_while(|step| highest.patch.checked_add(step)) {
            let candidate = semver::Version::new(highest.major, highest.minor, patch);
            let store = &self.registry.surroundings.store;
            let removed = store.removed_component(tenant, name, &candidate.to_string()).await;
            if removed.map_err(of_store)?.is_none() {
                return Ok(format!(", such as {candidate}"));
            }
        }
        Ok(String::new())
    }

    async fn keep(
        &self,
        tenant: TenantId,
        actor: Actor,
        inspected: Inspected,
        bytes: Bytes,
    ) -> Result<(Version, Vec<(SharedStr, Label)>), PlatformError> {
        let Surroundings { store, clock, .. } = &*self.registry.surroundings;
        let Inspected { manifest, digest, signature } = inspected;
        let (now, by) = (clock.now(), actor.clone());
        let json = manifest.to_json().map_err(|error| PlatformError::Invalid(error.to_string()))?;
        let mut version = Version {
            tenant,
            manifest,
            digest,
            size_bytes: bytes.len() as u64,
            // The store counts.
            origin: Origin::Uploaded { sequence: 0 },
            uploaded_at: now,
            uploaded_by: actor,
            signed: signature.map(|signature| Signed::new(signature, &digest, now, by)),
        };
        let record = ComponentRecord { summary: summary(&version, json), bytes: bytes.into() };
        let who = Who { by: version.uploaded_by.clone(), at: now, reason: String::new() };
        let Shift { change, replaced, .. } = self.registry.shift_with(&version, &who);
        let sequence = store.put_component(record, change.clone()).await.map_err(of_store)?;
        version.origin = Origin::Uploaded { sequence };
        self.registry.own(&change);
        self.registry.add(version.clone());
        Ok((version, replaced))
    }

    /// Removes compiled code that no version needs any more. Failing that, it costs space until the next upgrade.
    async fn forget_unused(&self, digest: &Digest) {
        if self.registry.needs(digest) {
            return;
        }
        if let Err(error) = self.registry.surroundings.sandbox.forget(digest).await {
            tracing::warn!(%digest, "compiled code cannot be removed: {error}");
        }
    }

    /// A version came or went: it concerns the jobs of its types.
    fn announce_version(&self, version: &Version) {
        let job_types: Vec<SharedStr> =
            version.manifest.job_types.iter().map(|name| name.as_str().into()).collect();
        self.announce(&version.tenant, &job_types);
    }

    /// Who does jobs of these types has changed. Loads what was not needed before, away from the caller.
    pub(super) fn announce(&self, tenant: &TenantId, job_types: &[SharedStr]) {
        self.runtime.job_types_changed(tenant, job_types);
        let registry = Arc::clone(&self.registry);
        tokio::spawn(async move { registry.warm_up().await });
    }
}

fn summary(version: &Version, manifest: Vec<u8>) -> ComponentSummary {
    ComponentSummary {
        tenant: version.tenant.clone(),
        name: version.name().into(),
        version: version.manifest.version.to_string().into(),
        digest: digest_text(&version.digest),
        size_bytes: version.size_bytes,
        manifest: String::from_utf8(manifest).expect("JSON is text"),
        signature: version.signed.as_ref().map(stored),
        sequence: 0,
        uploaded_at: version.uploaded_at,
        uploaded_by: version.uploaded_by.clone(),
    }
}

fn stored(signed: &Signed) -> ComponentSignature {
    ComponentSignature {
        text: signed.signature().to_string().into(),
        signed_at: signed.at,
        signed_by: signed.by.clone(),
    }
}

fn digest_text(digest: &Digest) -> SharedStr {
    digest.to_string().into()
}

/// The rule for names in manifests.
fn check_component_name(name: &str) -> Result<(), PlatformError> {
    const BYTES_MAX: usize = manifest::limits::NAME_BYTES_MAX;
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    if name.len() <= BYTES_MAX && name.split('-').all(is_part) {
        return Ok(());
    }
    Err(PlatformError::Invalid(format!(
        "this is not a component's name: use at most {BYTES_MAX} lower-case letters, digits and single hyphens"
    )))
}

pub(super) fn check_reason(reason: &str) -> Result<(), PlatformError> {
    if reason.len() > REASON_BYTES_MAX {
        let message = format!("reason: it takes {} bytes, the limit is {REASON_BYTES_MAX}", reason.len());
        return Err(PlatformError::Invalid(message));
    }
    Ok(())
}

pub(super) fn not_found(name: &str, version: &str) -> PlatformError {
    PlatformError::NotFound { what: "component", name: format!("{name}@{version}") }
}

/// What the caller learns of a store that failed. Why it did is the operator's business, and goes to the log.
pub(super) fn of_store(error: store::Error) -> PlatformError {
    match error {
        store::Error::Conflict { .. } => PlatformError::Conflict(error.to_string()),
        error => {
            tracing::error!("the store has failed: {}", with_causes(&error));
            PlatformError::Unavailable(error.to_string())
        }
    }
}
