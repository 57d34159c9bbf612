//! Who serves which job type at this moment.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use api::{AttemptFigures, OTHERS, VersionFigures};
use manifest::Manifest;
use runtime::{Assignment, Clock, JobExecutor, JobWorker};
use sandbox::{Digest, Limits, Pace, Sandbox};
use store::{ComponentSignature, ComponentSummary, Store};
use types::{SharedStr, TenantId};

use super::catalog::{Catalog, Origin, Signed, Version};
use super::causes::with_causes;
use super::code::Code;
use super::grant::Grant;
use super::meter::{Meter, Meters};
use super::models::ModelSecrets;
use super::prebuilt::Prebuilt;
use super::rollout::{Bell, Candidate, Choice, Rollouts};
use super::worker::Worker;
use crate::signature::{Distrust, ParseError, Policy, Signature};
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
    /// Whose components are accepted.
    pub(crate) signatures: Policy,
    /// A component as it is uploaded, in bytes.
    pub(crate) component_bytes_max: usize,
}

/// The components of a host. Gives the runtime the one for a job.
pub(crate) struct Registry {
    pub(super) surroundings: Arc<Surroundings>,
    pub(super) bell: Bell,
    /// What the meters of all versions share.
    meters: Arc<Meters>,
    state: RwLock<State>,
}

/// What tells code from other code.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    tenant: TenantId,
    pub(super) name: SharedStr,
    version: SharedStr,
    digest: Digest,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) catalog: Catalog,
    grants: BTreeMap<(TenantId, SharedStr), Grant>,
    pub(super) rollouts: Rollouts,
    /// The component that a job type belongs to, by tenant and job type.
    pub(super) owners: BTreeMap<(TenantId, SharedStr), SharedStr>,
    /// By tenant, then job type. Follows from the four others.
    serving: HashMap<TenantId, HashMap<SharedStr, Choice<Worker>>>,
    /// By component. They outlive changes of versions and grants.
    paces: HashMap<(TenantId, SharedStr), Arc<Pace>>,
    /// By component and version; so do they.
    meters: BTreeMap<(TenantId, SharedStr, SharedStr), Arc<Meter>>,
    /// How often was decided who serves what.
    generation: u64,
}

impl Registry {
    /// Takes components, grants and roll-outs from the store, and adds those that come with the host. Compiles nothing.
    ///
    /// # Errors
    /// The store does not answer, or has a roll-out that makes no sense: without it, jobs would go to versions that they
    /// must not go to. What else is stored and makes no sense is reported and left out.
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
            match json.and_then(|json| Grant::stored(&record.component, json)) {
                Ok(grant) => {
                    state.grants.insert((record.tenant, record.component), grant);
                }
                Err(error) => {
                    let component = record.component;
                    tracing::error!(%component, "the component is granted nothing until it is granted again: {error}");
                }
            }
        }
        for owner in surroundings.store.job_type_owners().await? {
            state.owners.insert((owner.tenant, owner.job_type), owner.component);
        }
        let bell = Bell::default();
        for record in surroundings.store.rollouts().await? {
            state.rollouts.load(record, &surroundings.clock, &bell)?;
        }
        let meters = Arc::<Meters>::default();
        state.decide(&surroundings, &meters);
        state.report_missing();
        Ok(Self { surroundings, bell, meters, state: RwLock::new(state) })
    }

    /// Loads the code of what serves something as far as there is room in memory, and has the rest compiled,
    /// so that no job waits for a compiler. Returns when that is done.
    pub(crate) async fn warm_up(&self) {
        for worker in self.workers() {
            let done = if self.surroundings.sandbox.has_room() {
                worker.code.load(&self.surroundings, Duration::MAX).await.map(drop)
            } else {
                worker.code.compile_ahead(&self.surroundings).await
            };
            if let Err(error) = done {
                let (component, error) = (&worker.label, with_causes(&error));
                tracing::error!(%component, "a component cannot be loaded, its jobs will fail: {error}");
            }
        }
        // A task may ask for any other.
        let versions: Vec<Version> = self.read().catalog.newest_first().cloned().collect();
        for version in versions {
            if let Err(error) = Code::new(&version).compile_ahead(&self.surroundings).await {
                let (component, error) = (version.label(), with_causes(&error));
                tracing::warn!(%component, "a component without traffic cannot be compiled: {error}");
            }
        }
    }

    /// Removes compiled code of components that are gone: a host may have ended between two steps.
    pub(crate) async fn tidy_up(&self) {
        let needed = self.read().catalog.newest_first().map(|version| version.digest).collect();
        if let Err(error) = self.surroundings.sandbox.retain(needed).await {
            tracing::warn!("compiled code that nobody needs cannot be removed: {}", with_causes(&error));
        }
    }

    /// Adds a version.
    pub(super) fn add(&self, version: Version) {
        let mut state = self.write();
        state.catalog.add(version);
        state.decide(&self.surroundings, &self.meters);
    }

    /// Puts a version in the place of the same one, which was not signed like that. Its code is looked at anew.
    pub(super) fn replace(&self, version: Version) {
        let mut state = self.write();
        state.catalog.remove(&version.tenant, version.name(), &version.manifest.version.to_string());
        state.catalog.add(version);
        state.decide(&self.surroundings, &self.meters);
    }

    /// Removes an uploaded version. Attempts that run on it go on to their end.
    pub(super) fn remove(&self, tenant: &TenantId, name: &str, version: &str) {
        let mut state = self.write();
        state.catalog.remove(tenant, name, version);
        state.decide(&self.surroundings, &self.meters);
    }

    /// Replaces what a component is granted, from the next attempt on.
    pub(super) fn put_grant(&self, tenant: TenantId, grant: Grant) {
        let mut state = self.write();
        state.grants.insert((tenant, grant.component.as_str().into()), grant);
        state.decide(&self.surroundings, &self.meters);
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

    /// The job types whose jobs go to a version, all or some.
    pub(super) fn served_by(&self, version: &Version) -> Vec<SharedStr> {
        self.read().served_by(version)
    }

    /// All versions of a tenant, those that came last first, each with the job types whose jobs go to it.
    pub(super) fn list(&self, tenant: &TenantId) -> Vec<(Version, Vec<SharedStr>)> {
        let state = self.read();
        let versions = state.catalog.newest_first().filter(|version| version.tenant == *tenant);
        versions.map(|version| (version.clone(), state.served_by(version))).collect()
    }

    /// Why the code of a version is not run here, if it is not: nobody that the host trusts has signed it.
    pub(super) fn distrust(&self, version: &Version) -> Option<Distrust> {
        if version.is_prebuilt() {
            return None;
        }
        self.surroundings.signatures.judge(version.signed.as_ref().map(Signed::verdict)).err()
    }

    /// The highest version of a component that is here.
    pub(super) fn highest(&self, tenant: &TenantId, name: &str) -> Option<semver::Version> {
        let state = self.read();
        let versions = state.catalog.newest_first();
        let own = versions.filter(|version| version.tenant == *tenant && version.name() == name);
        own.map(|version| version.manifest.version.clone()).max()
    }

    /// How the attempts of a version have gone.
    pub(super) fn figures(&self, version: &Version) -> AttemptFigures {
        let meter = self.read().meters.get(&meter_key(version)).cloned();
        meter.map(|meter| meter.so_far()).unwrap_or_default()
    }

    /// How the attempts of all versions have gone: of those with a name on the page of metrics, and of the others together.
    pub(super) fn all_figures(&self) -> Vec<VersionFigures> {
        let state = self.read();
        let named = state.meters.iter().filter_map(|((tenant, component, version), meter)| {
            let (tenant, component, version) = (tenant.clone(), component.clone(), version.clone());
            Some(VersionFigures { tenant, component, version, figures: meter.named()? })
        });
        let others = self.meters.others().map(|figures| VersionFigures {
            tenant: TenantId::new(OTHERS),
            component: OTHERS.into(),
            version: OTHERS.into(),
            figures,
        });
        named.chain(others).collect()
    }

    /// What the meters of all versions share.
    pub(super) fn meters(&self) -> &Arc<Meters> {
        &self.meters
    }

    fn workers(&self) -> Vec<Arc<Worker>> {
        self.read().in_traffic().cloned().collect()
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl JobExecutor for Registry {
    fn worker_for(&self, tenant: &TenantId, job_type: &str) -> Option<Arc<dyn JobWorker>> {
        let state = self.read();
        Some(state.serving.get(tenant)?.get(job_type)?.stands_for_all())
    }

    fn choose(&self, assignment: &Assignment<'_>) -> Option<Arc<dyn JobWorker>> {
        let state = self.read();
        Some(state.serving.get(assignment.tenant)?.get(assignment.job_type)?.choose(assignment))
    }

    fn generation(&self) -> u64 {
        self.read().generation
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
    /// Decides anew who serves what.
    ///
    /// Every version has a worker, because a task may ask for one that has no traffic; its code is loaded when that happens.
    pub(super) fn decide(&mut self, surroundings: &Arc<Surroundings>, all_meters: &Arc<Meters>) {
        self.generation += 1;
        let mut meters = std::mem::take(&mut self.meters);
        let mut workers: HashMap<Identity, Arc<Worker>> = HashMap::new();
        let mut paces = std::mem::take(&mut self.paces);
        let mut worker_of = |version: &Version| {
            let identity = identity(version);
            let worker = workers.entry(identity.clone()).or_insert_with(|| {
                Arc::new(Worker {
                    label: version.label(),
                    identity,
                    kind: version.manifest.kind,
                    policy: Arc::new(self.policy(version, &surroundings.limits)),
                    pace: Arc::clone(
                        paces.entry((version.tenant.clone(), version.name().into())).or_default(),
                    ),
                    meter: Arc::clone(
                        meters.entry(meter_key(version)).or_insert_with(|| Arc::new(Meter::new(all_meters))),
                    ),
                    code: Code::new(version),
                    surroundings: Arc::clone(surroundings),
                })
            });
            Arc::clone(worker)
        };
        let mut by_job_type = self.catalog.by_job_type();
        for name in self.rollouts.names() {
            by_job_type.entry(name.clone()).or_default();
        }
        let mut serving: HashMap<TenantId, HashMap<SharedStr, Choice<Worker>>> = HashMap::new();
        for ((tenant, job_type), mut versions) in by_job_type {
            let rollout = self.rollouts.get(&tenant, &job_type);
            let component = match rollout {
                Some(rollout) => Some(rollout.component()),
                None => self.owner(&tenant, &job_type, &versions),
            };
            // What other components have of the type is not asked, whichever versions a task wants.
            versions.retain(|version| Some(version.name()) == component);
            let candidates = versions
                .into_iter()
                .map(|version| Candidate { label: version.full_name(), worker: worker_of(version) });
            if let Some(choice) = Choice::new(job_type.clone(), candidates.collect(), rollout) {
                serving.entry(tenant).or_default().insert(job_type, choice);
            }
        }
        // Those of before go first, and with them what only they have used; those of now are all still there.
        self.serving = serving;
        paces.retain(|_, pace| Arc::strong_count(pace) > 1);
        meters.retain(|_, meter| Arc::strong_count(meter) > 1);
        (self.paces, self.meters) = (paces, meters);
    }

    /// The versions that jobs go to, once for each job type.
    fn in_traffic(&self) -> impl Iterator<Item = &Arc<Worker>> {
        self.serving.values().flat_map(HashMap::values).flat_map(Choice::in_traffic)
    }

    /// Those of a version's job types whose jobs go to it, all or some.
    fn served_by(&self, version: &Version) -> Vec<SharedStr> {
        let Some(serving) = self.serving.get(&version.tenant) else { return Vec::new() };
        let identity = identity(version);
        let serves = |job_type: &SharedStr| {
            let choice = serving.get(job_type);
            choice.is_some_and(|choice| choice.in_traffic().iter().any(|worker| worker.identity == identity))
        };
        version.manifest.job_types.iter().map(|name| name.as_str().into()).filter(serves).collect()
    }

    fn policy(&self, version: &Version, limits: &Limits) -> sandbox::Policy {
        let nothing = Grant::nothing(version.name());
        let grant = self.grants.get(&(version.tenant.clone(), version.name().into())).unwrap_or(&nothing);
        grant.policy(&version.manifest, limits).expect("a grant is checked before it is kept")
    }
}

/// Whose attempts count together: figures name no digest.
fn meter_key(version: &Version) -> (TenantId, SharedStr, SharedStr) {
    (version.tenant.clone(), version.name().into(), version.manifest.version.to_string().into())
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
        signed: None,
    }
}

fn uploaded(summary: ComponentSummary) -> Result<Version, String> {
    let digest: Digest =
        summary.digest.parse().map_err(|error: sandbox::ParseDigestError| error.to_string())?;
    let read = |stored: ComponentSignature| {
        let signature = stored.text.parse::<Signature>()?;
        Ok(Signed::new(signature, &digest, stored.signed_at, stored.signed_by))
    };
    let signed = summary.signature.map(read).transpose();
    Ok(Version {
        manifest: Manifest::from_json(summary.manifest.as_bytes()).map_err(|error| error.to_string())?,
        digest,
        tenant: summary.tenant,
        size_bytes: summary.size_bytes,
        origin: Origin::Uploaded { sequence: summary.sequence },
        uploaded_at: summary.uploaded_at,
        uploaded_by: summary.uploaded_by,
        signed: signed.map_err(|error: ParseError| error.to_string())?,
    })
}
