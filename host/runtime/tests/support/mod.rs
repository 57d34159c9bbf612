//! A runtime on the in-memory store, with a clock that the test moves and workers that are closures.

#![allow(dead_code, reason = "each test binary uses its part")]

pub(crate) mod exchange;

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use fermata_runtime::{
    ActivateJobs, ActivatedJob, Attempted, Checkpoints, Clock, Config, Deployed, Handle, Held, JobExecutor,
    JobWorker, Resource, Runtime, SecretTokens, StartInstance,
};
use store::memory::MemoryStore;
use tokio::sync::watch;
use types::{
    Actor, JobError, JobOutcome, JobRequest, ProcessDefinitionKey, ProcessInstanceKey, SharedStr, TenantId,
    Timestamp, Variables,
};

/// A clock that stands still until it is moved.
pub(crate) struct ManualClock(watch::Sender<Timestamp>);

impl ManualClock {
    pub(crate) fn new() -> Arc<Self> {
        // 2026-01-01T00:00:00Z
        Arc::new(Self(watch::Sender::new(Timestamp::from_millis(1_767_225_600_000))))
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.0.send_modify(|now| *now = *now + by);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    async fn sleep_until(&self, time: Timestamp) {
        let _ = self.0.subscribe().wait_for(|now| *now >= time).await;
    }
}

type Answer = Pin<Box<dyn Future<Output = Attempted> + Send>>;
type Preparation = dyn Fn() -> Pin<Box<dyn Future<Output = Result<Held, JobError>> + Send>> + Send + Sync;
type Work = dyn Fn(JobRequest, Arc<dyn Checkpoints>) -> Answer + Send + Sync;

/// Workers by job type; they can be changed while the runtime runs.
#[derive(Default)]
pub(crate) struct Workers(Mutex<BTreeMap<String, Arc<ClosureWorker>>>);

pub(crate) struct ClosureWorker {
    label: SharedStr,
    is_connector: bool,
    preparation: Option<Box<Preparation>>,
    work: Box<Work>,
}

impl Workers {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<ClosureWorker>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn serve<F>(
        &self,
        job_type: &str,
        label: &str,
        work: impl Fn(JobRequest, Arc<dyn Checkpoints>) -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = Result<JobOutcome, JobError>> + Send + 'static,
    {
        self.serve_as(job_type, label, false, work);
    }

    pub(crate) fn serve_as<F>(
        &self,
        job_type: &str,
        label: &str,
        is_connector: bool,
        work: impl Fn(JobRequest, Arc<dyn Checkpoints>) -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = Result<JobOutcome, JobError>> + Send + 'static,
    {
        let work = move |job, checkpoints| {
            let answer = work(job, checkpoints);
            async move { Attempted::from(answer.await) }
        };
        self.add(job_type, label, is_connector, work);
    }

    /// A worker that also says what is to be kept of its attempts.
    pub(crate) fn serve_reporting<F>(
        &self,
        job_type: &str,
        label: &str,
        work: impl Fn(JobRequest, Arc<dyn Checkpoints>) -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = Attempted> + Send + 'static,
    {
        self.add(job_type, label, false, work);
    }

    fn add<F>(
        &self,
        job_type: &str,
        label: &str,
        is_connector: bool,
        work: impl Fn(JobRequest, Arc<dyn Checkpoints>) -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = Attempted> + Send + 'static,
    {
        let work: Box<Work> = Box::new(move |job, checkpoints| Box::pin(work(job, checkpoints)));
        let worker = ClosureWorker { label: label.into(), is_connector, preparation: None, work };
        self.lock().insert(job_type.to_owned(), Arc::new(worker));
    }

    /// What the worker that serves a type does before each of its attempts.
    pub(crate) fn prepare<F>(&self, job_type: &str, preparation: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = Result<Held, JobError>> + Send + 'static,
    {
        let mut workers = self.lock();
        let worker =
            workers.get_mut(job_type).and_then(Arc::get_mut).expect("it serves, and nobody uses it yet");
        worker.preparation = Some(Box::new(move || Box::pin(preparation())));
    }

    pub(crate) fn withdraw(&self, job_type: &str) {
        self.lock().remove(job_type);
    }
}

impl JobExecutor for Workers {
    fn worker_for(&self, _tenant: &TenantId, job_type: &str) -> Option<Arc<dyn JobWorker>> {
        let workers = self.lock();
        workers.get(job_type).map(|worker| Arc::clone(worker) as Arc<dyn JobWorker>)
    }

    fn job_types(&self) -> Vec<(TenantId, SharedStr)> {
        let workers = self.lock();
        workers.keys().map(|job_type| (TenantId::default(), job_type.as_str().into())).collect()
    }
}

#[async_trait]
impl JobWorker for ClosureWorker {
    fn label(&self) -> SharedStr {
        self.label.clone()
    }

    fn component(&self) -> SharedStr {
        self.label.split_once('@').map_or(&*self.label, |(name, _)| name).into()
    }

    fn concurrency(&self) -> usize {
        usize::MAX
    }

    fn is_connector(&self) -> bool {
        self.is_connector
    }

    fn time_limit(&self) -> Duration {
        Duration::from_secs(10)
    }

    async fn prepare(&self) -> Result<Held, JobError> {
        match &self.preparation {
            Some(preparation) => preparation().await,
            None => Ok(Held::default()),
        }
    }

    async fn run(&self, job: JobRequest, checkpoints: Arc<dyn Checkpoints>) -> Attempted {
        (self.work)(job, checkpoints).await
    }
}

pub(crate) struct NoSecrets;

impl SecretTokens for NoSecrets {
    fn token(&self, name: &str) -> String {
        format!("token-of-{name}")
    }
}

/// A runtime and what it stands on, which outlives it.
pub(crate) struct World {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) workers: Arc<Workers>,
    pub(crate) runtime: Runtime,
}

impl World {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let (store, clock) = (Arc::new(MemoryStore::new()), ManualClock::new());
        Self::start_on(store, clock, Arc::default(), Config::default()).await
    }

    pub(crate) async fn start_on(
        store: Arc<MemoryStore>,
        clock: Arc<ManualClock>,
        workers: Arc<Workers>,
        config: Config,
    ) -> anyhow::Result<Self> {
        let runtime = Runtime::start(
            Arc::clone(&store) as _,
            Arc::clone(&clock) as _,
            Arc::clone(&workers) as _,
            Arc::new(NoSecrets),
            config,
        )
        .await?;
        Ok(Self { store, clock, workers, runtime })
    }

    /// Ends the runtime as `kill -9` would, and starts another on the same rows.
    pub(crate) async fn crash(self) -> anyhow::Result<Self> {
        let Self { store, clock, workers, runtime } = self;
        runtime.abort().await;
        Self::start_on(store, clock, workers, Config::default()).await
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.runtime.handle
    }

    /// Deploys a model of the scenarios.
    pub(crate) async fn deploy(&self, name: &str) -> anyhow::Result<ProcessDefinitionKey> {
        self.deploy_for(TenantId::default(), name, scenario(name)?).await
    }

    /// Deploys a process of its own whose one task is of this type.
    pub(crate) async fn deploy_with_type(&self, job_type: &str) -> anyhow::Result<ProcessDefinitionKey> {
        let text = scenario("one-task.bpmn")?
            .replace("<bpmn:process id=\"one-task\"", &format!("<bpmn:process id=\"{job_type}\""))
            .replace("type=\"work\"", &format!("type=\"{job_type}\""));
        self.deploy_for(TenantId::default(), &format!("{job_type}.bpmn"), text).await
    }

    /// Deploys a model for a tenant.
    pub(crate) async fn deploy_for(
        &self,
        tenant: TenantId,
        name: &str,
        xml: String,
    ) -> anyhow::Result<ProcessDefinitionKey> {
        let resource = Resource { name: name.to_owned(), content: xml.into_bytes() };
        let (Deployed { processes, .. }, _) =
            self.handle().deploy(tenant, Actor::default(), vec![resource]).await?;
        Ok(processes.first().context("a process")?.key)
    }

    /// A request to start an instance.
    pub(crate) fn request(
        definition: ProcessDefinitionKey,
        variables: &str,
    ) -> anyhow::Result<StartInstance> {
        Ok(StartInstance {
            definition,
            tenant: TenantId::default(),
            variables: Variables::parse(variables)?,
            business_id: None,
            tags: Vec::new(),
            start: Default::default(),
            ends_after: Vec::new(),
            actor: Actor::default(),
        })
    }

    pub(crate) async fn start_instance(
        &self,
        definition: ProcessDefinitionKey,
        variables: &str,
    ) -> anyhow::Result<ProcessInstanceKey> {
        Ok(self.handle().start_instance(Self::request(definition, variables)?).await?.key)
    }

    /// Takes one job, waiting for it.
    pub(crate) async fn take(&self, job_type: &str) -> anyhow::Result<ActivatedJob> {
        let jobs = self.handle().activate_jobs(activation(job_type, Duration::from_secs(60))).await?;
        jobs.into_iter().next().with_context(|| format!("no job of type {job_type}"))
    }

    /// Returns when the instance has ended.
    pub(crate) async fn ended(&self, key: ProcessInstanceKey) -> anyhow::Result<&'static str> {
        use store::Store as _;
        for _ in 0..100_000 {
            let instance = self.store.process_instance(key).await?.context("the instance")?;
            if instance.ended_at.is_some() {
                return Ok(instance.state.name());
            }
            tokio::task::yield_now().await;
        }
        anyhow::bail!("instance {key} does not end")
    }

    /// Returns when the instance has ended, also when the runtime pauses meanwhile.
    pub(crate) async fn ended_in_time(&self, key: ProcessInstanceKey) -> anyhow::Result<&'static str> {
        use store::Store as _;
        loop {
            if let Some(instance) = self.store.process_instance(key).await?
                && instance.ended_at.is_some()
            {
                return Ok(instance.state.name());
            }
            self.clock.advance(Duration::from_millis(10));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn scenario(name: &str) -> anyhow::Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models/scenarios").join(name);
    Ok(std::fs::read_to_string(path)?)
}

pub(crate) fn activation(job_type: &str, wait: Duration) -> ActivateJobs {
    ActivateJobs {
        job_type: job_type.into(),
        worker: "test".into(),
        timeout: Duration::from_secs(30),
        jobs_max: 1,
        wait,
        fetch_variables: None,
        tenants: vec![TenantId::default()],
        actor: Actor::default(),
    }
}
