//! Who serves which job type at this moment.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use manifest::Manifest;
use runtime::{Clock, JobExecutor, JobWorker};
use sandbox::{Component, Digest, Limits, Policy, Sandbox};
use store::{ComponentSummary, Store};
use types::{SharedStr, TenantId};

use super::catalog::{Catalog, Origin, Version};
use super::causes::with_causes;
use super::code::Code;
use super::grant::Grant;
use super::models::ModelSecrets;
use super::prebuilt::Prebuilt;
use super::worker::Worker;
use crate::vault::Vault;

/// What components are run with.
pub(crate) struct Surroundings {
    /// Where components, grants and models are.
    pub(crate) store: Arc<dyn Store>,
    /// Runs them.
    pub(crate) sandbox: Sandbox,
    /// Opens secrets.
    pub(crate) vault: Arc<Vault>,
    /// Knows which secrets a model names.
    pub(crate) models: ModelSecrets,
    /// The host's clock.
    pub(crate) clock: Arc<dyn Clock>,
    /// What a job may use where nothing else is granted.
    pub(crate) limits: Limits,
    /// A component as it is uploaded, in bytes.
    pub(crate) component_bytes_max: usize,
}

/// The components of a host. Gives the runtime the one for a job.
pub(crate) struct Registry {
    pub(super) surroundings: Arc<Surroundings>,
    state: RwLock<State>,
}

/// What tells code from other code.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    tenant: TenantId,
    name: SharedStr,
    version: SharedStr,
    digest: Digest,
}

#[derive(Default)]
struct State {
    catalog: Catalog,
    grants: BTreeMap<(TenantId, SharedStr), Grant>,
    /// By tenant, then job type. Follows from the two others.
    serving: HashMap<TenantId, HashMap<SharedStr, Arc<Worker>>>,
}

impl Registry {
    /// Takes components and grants from the store, and adds those that come with the host. Compiles nothing.
    ///
    /// # Errors
    /// The store does not answer. What is stored and makes no sense is reported and left out.
    pub(crate) async fn open(
        surroundings: Arc<Surroundings>,
        prebuilt: Vec<Prebuilt>,
    ) -> Result<Self, store::Error> {
        let mut state = State::default();
        for connector in prebuilt {
            state.catalog.add(came_with_host(connector, &surroundings));
        }
        for summary in surroundings.store.components().await? {
            let (name, version) = (summary.name.clone(), summary.version.clone());
            match uploaded(summary) {
                Ok(found) => state.catalog.add(found),
                Err(problem) => {
                    tracing::error!(%name, %version, "a stored component is not offered: {problem}")
                }
            }
        }
        for record in surroundings.store.grants().await? {
            let json = serde_json::from_str(&record.policy).map_err(Into::into);
            match json.and_then(|json| Grant::read(&record.component, json)) {
                Ok(grant) => {
                    state.grants.insert((record.tenant, record.component), grant);
                }
                Err(error) => {
                    let component = record.component;
                    tracing::error!(%component, "the component is granted nothing until it is granted again: {error}");
                }
            }
        }
        state.decide(&surroundings, None);
        Ok(Self { surroundings, state: RwLock::new(state) })
    }

    /// Loads the code of what serves something, so that no job waits for it. Returns when that is done.
    pub(crate) async fn warm_up(&self) {
        for worker in self.workers() {
            if worker.code.is_loaded() {
                continue;
            }
            let Surroundings { sandbox, store, .. } = &*self.surroundings;
            if let Err(error) = worker.code.load(sandbox, &**store).await {
                let (component, error) = (&worker.label, with_causes(&error));
                tracing::error!(%component, "a component cannot be loaded, its jobs will fail: {error}");
            }
        }
    }

    /// Adds a version whose code was just compiled.
    pub(super) fn add(&self, version: Version, component: Component) {
        let mut state = self.write();
        let code = (identity(&version), Arc::new(Code::new(&version, Some(component))));
        state.catalog.add(version);
        state.decide(&self.surroundings, Some(code));
    }

    /// Removes an uploaded version. Attempts that run on it go on to their end.
    pub(super) fn remove(&self, tenant: &TenantId, name: &str, version: &str) {
        let mut state = self.write();
        state.catalog.remove(tenant, name, version);
        state.decide(&self.surroundings, None);
    }

    /// Replaces what a component is granted, from the next attempt on.
    pub(super) fn put_grant(&self, tenant: TenantId, grant: Grant) {
        let mut state = self.write();
        state.grants.insert((tenant, grant.component.as_str().into()), grant);
        state.decide(&self.surroundings, None);
    }

    /// What a component is granted.
    pub(super) fn grant(&self, tenant: &TenantId, component: &str) -> Grant {
        let key = (tenant.clone(), component.into());
        self.read().grants.get(&key).cloned().unwrap_or_else(|| Grant::nothing(component))
    }

    /// Whether something was ever granted to a component.
    pub(super) fn has_grant(&self, tenant: &TenantId, component: &str) -> bool {
        self.read().grants.contains_key(&(tenant.clone(), component.into()))
    }

    /// Whether there is a component of this name, in whatever version.
    pub(super) fn has_component(&self, tenant: &TenantId, name: &str) -> bool {
        let state = self.read();
        state.catalog.newest_first().any(|version| version.tenant == *tenant && version.name() == name)
    }

    /// Whether a version of any tenant has these bytes.
    pub(super) fn needs(&self, digest: &Digest) -> bool {
        self.read().catalog.newest_first().any(|version| version.digest == *digest)
    }

    /// How many components were ever granted something.
    pub(super) fn granted_components(&self) -> usize {
        self.read().grants.len()
    }

    /// A version; the uploaded one, when another came with the host.
    pub(super) fn find(&self, tenant: &TenantId, name: &str, version: &str) -> Option<Version> {
        self.read().catalog.find(tenant, name, version).cloned()
    }

    /// The job types whose next job goes to a version.
    pub(super) fn served_by(&self, version: &Version) -> Vec<SharedStr> {
        version.serves(&self.read().catalog.serving())
    }

    /// All versions of a tenant, those that came last first, each with the job types whose next job goes to it.
    pub(super) fn list(&self, tenant: &TenantId) -> Vec<(Version, Vec<SharedStr>)> {
        let state = self.read();
        let serving = state.catalog.serving();
        let versions = state.catalog.newest_first().filter(|version| version.tenant == *tenant);
        versions.map(|version| (version.clone(), version.serves(&serving))).collect()
    }

    fn workers(&self) -> Vec<Arc<Worker>> {
        self.read().serving.values().flat_map(HashMap::values).cloned().collect()
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl JobExecutor for Registry {
    fn worker_for(&self, tenant: &TenantId, job_type: &str) -> Option<Arc<dyn JobWorker>> {
        let state = self.read();
        let worker = state.serving.get(tenant)?.get(job_type)?;
        Some(Arc::clone(worker) as Arc<dyn JobWorker>)
    }

    fn job_types(&self) -> Vec<(TenantId, SharedStr)> {
        let state = self.read();
        let of_tenant = |(tenant, types): (&TenantId, &HashMap<SharedStr, _>)| {
            let tenant = tenant.clone();
            types.keys().map(move |job_type| (tenant.clone(), job_type.clone())).collect::<Vec<_>>()
        };
        state.serving.iter().flat_map(of_tenant).collect()
    }
}

impl State {
    /// Decides anew who serves what. Code that is loaded and still serves is taken over, as is `fresh`;
    /// code that no longer serves goes when its last attempt has ended.
    fn decide(&mut self, surroundings: &Arc<Surroundings>, fresh: Option<(Identity, Arc<Code>)>) {
        let present = self.serving.values().flat_map(HashMap::values);
        let present = present.map(|worker| (worker.identity.clone(), Arc::clone(&worker.code)));
        let mut codes: HashMap<Identity, Arc<Code>> = present.chain(fresh).collect();
        let mut serving: HashMap<TenantId, HashMap<SharedStr, Arc<Worker>>> = HashMap::new();
        let mut workers: HashMap<Identity, Arc<Worker>> = HashMap::new();
        for ((tenant, job_type), version) in self.catalog.serving() {
            let identity = identity(version);
            let worker = workers.entry(identity.clone()).or_insert_with(|| {
                let code =
                    codes.entry(identity.clone()).or_insert_with(|| Arc::new(Code::new(version, None)));
                Arc::new(Worker {
                    label: version.label(),
                    identity,
                    kind: version.manifest.kind,
                    policy: Arc::new(self.policy(version, &surroundings.limits)),
                    code: Arc::clone(code),
                    surroundings: Arc::clone(surroundings),
                })
            });
            serving.entry(tenant).or_default().insert(job_type, Arc::clone(worker));
        }
        self.serving = serving;
    }

    fn policy(&self, version: &Version, limits: &Limits) -> Policy {
        let nothing = Grant::nothing(version.name());
        let grant = self.grants.get(&(version.tenant.clone(), version.name().into())).unwrap_or(&nothing);
        grant.policy(&version.manifest, limits).expect("a grant is checked before it is kept")
    }
}

fn identity(version: &Version) -> Identity {
    Identity {
        tenant: version.tenant.clone(),
        name: version.name().into(),
        version: version.manifest.version.to_string().into(),
        digest: version.digest,
    }
}

fn came_with_host(connector: Prebuilt, surroundings: &Surroundings) -> Version {
    Version {
        tenant: TenantId::default(),
        manifest: connector.manifest,
        digest: connector.digest,
        size_bytes: connector.size_bytes,
        origin: Origin::Prebuilt { path: connector.path },
        uploaded_at: surroundings.clock.now(),
        uploaded_by: types::Actor::host(),
    }
}

fn uploaded(summary: ComponentSummary) -> Result<Version, String> {
    Ok(Version {
        manifest: Manifest::from_json(summary.manifest.as_bytes()).map_err(|error| error.to_string())?,
        digest: summary.digest.parse().map_err(|error: sandbox::ParseDigestError| error.to_string())?,
        tenant: summary.tenant,
        size_bytes: summary.size_bytes,
        origin: Origin::Uploaded { sequence: summary.sequence },
        uploaded_at: summary.uploaded_at,
        uploaded_by: summary.uploaded_by,
    })
}
