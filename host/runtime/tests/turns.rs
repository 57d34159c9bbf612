//! Whose turn it is when jobs wait for a place: those of tenants by their weights, those of a type by their priority.

mod support;

use std::num::NonZeroU16;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use fermata_runtime::{Config, StartInstance};
use store::memory::MemoryStore;
use tokio::sync::{Notify, Semaphore};
use types::{
    Failure, JobError, JobOutcome, JobRequest, ProcessDefinitionKey, ProcessInstanceKey, TenantId, Variables,
};

use support::{ManualClock, World};

/// More jobs than wait in memory.
const BACKLOG: usize = 1_200;

/// Less than an attempt may take: one is under way when it is over.
const BACK_OFF: Duration = Duration::from_secs(5);

/// A host with a place for one job, and the jobs that were done, in their order. None is done while the gate is shut.
struct OnePlace {
    world: World,
    done: Arc<Mutex<Vec<JobRequest>>>,
    gate: Arc<Semaphore>,
    begun: Arc<Notify>,
}

impl OnePlace {
    async fn start(weights: &[(&str, u16)]) -> anyhow::Result<Self> {
        let mut config = Config { concurrent_jobs_max: 1, ..Config::default() };
        for (tenant, weight) in weights {
            config
                .tenant_weights
                .insert(TenantId::new(*tenant), NonZeroU16::new(*weight).context("a weight")?);
        }
        let (store, clock) = (Arc::new(MemoryStore::new()), ManualClock::new());
        let world = World::start_on(store, clock, Arc::default(), config).await?;
        let (done, gate, begun) =
            (Arc::<Mutex<Vec<_>>>::default(), Arc::new(Semaphore::new(0)), Arc::new(Notify::new()));
        let (note, open, ring) = (Arc::clone(&done), Arc::clone(&gate), Arc::clone(&begun));
        world.workers.serve("work", "worker@1.0.0", move |job, _| {
            let (note, open, ring) = (Arc::clone(&note), Arc::clone(&open), Arc::clone(&ring));
            async move {
                if job.attempt == 1 && job.variables.get("fails").is_some() {
                    return Err(JobError::Failed(Failure {
                        retry_after_ms: Some(BACK_OFF.as_millis() as u64),
                        ..Failure::new("once")
                    }));
                }
                ring.notify_one();
                drop(open.acquire().await);
                note.lock().unwrap_or_else(PoisonError::into_inner).push(job);
                Ok(JobOutcome::Completed(Variables::new()))
            }
        });
        Ok(Self { world, done, gate, begun })
    }

    /// Deploys a process of one task whose jobs have the priority `urgency`.
    async fn deploy(&self, tenant: &str) -> anyhow::Result<ProcessDefinitionKey> {
        let xml = include_str!("../../../tests/models/scenarios/one-task.bpmn");
        let task = r#"<zeebe:taskDefinition type="work" />"#;
        let xml = xml.replace(task, &format!(r#"{task}<zeebe:jobPriorityDefinition priority="=urgency" />"#));
        self.world.deploy_for(TenantId::new(tenant), "one-task.bpmn", xml).await
    }

    async fn start_instance(
        &self,
        definition: ProcessDefinitionKey,
        tenant: &str,
        variables: &str,
    ) -> anyhow::Result<ProcessInstanceKey> {
        let request =
            StartInstance { tenant: TenantId::new(tenant), ..World::request(definition, variables)? };
        Ok(self.world.handle().start_instance(request).await?.key)
    }

    /// Lets jobs be done. Returns the instances and tenants of all, in the order in which they were done.
    async fn done(
        &self,
        instances: &[ProcessInstanceKey],
    ) -> anyhow::Result<Vec<(ProcessInstanceKey, TenantId)>> {
        self.gate.add_permits(1);
        for instance in instances {
            assert_eq!(self.world.ended(*instance).await?, "COMPLETED");
        }
        let done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(done.iter().map(|job| (job.process_instance, job.tenant.clone())).collect())
    }
}

#[tokio::test]
async fn a_job_whose_back_off_ends_while_a_backlog_waits_is_done_before_those_that_are_less_urgent()
-> anyhow::Result<()> {
    let host = OnePlace::start(&[]).await?;
    let definition = host.deploy(TenantId::DEFAULT).await?;
    let start = async |variables: &str| host.start_instance(definition, TenantId::DEFAULT, variables).await;
    let urgent = start(r#"{"urgency": 9, "fails": true}"#).await?;
    let equal = start(r#"{"urgency": 0, "fails": true}"#).await?;
    let mut instances = vec![urgent, equal];
    for _ in 0..BACKLOG {
        instances.push(start(r#"{"urgency": 0}"#).await?);
    }
    host.begun.notified().await;
    let later = start(r#"{"urgency": 5}"#).await?;
    instances.push(later);
    host.world.clock.advance(BACK_OFF);

    let done = host.done(&instances).await?;
    assert_eq!(done.len(), BACKLOG + 3, "each was done once");
    let place = |key| done.iter().position(|(instance, _)| *instance == key).context("it was done");
    assert!(place(later)? < BACKLOG / 10, "the one that has come later was number {}", place(later)?);
    // It was looked for while others were done.
    assert!(place(urgent)? < BACKLOG / 10, "the one with a back-off was number {}", place(urgent)?);
    assert!(place(equal)? > BACKLOG / 10, "one that is no more urgent than others waits its turn");
    Ok(())
}

#[tokio::test]
async fn tenants_get_places_by_their_weights_whoever_has_come_first() -> anyhow::Result<()> {
    let host = OnePlace::start(&[("gold", 3)]).await?;
    let mut instances = Vec::new();
    for tenant in ["iron", "gold"] {
        let definition = host.deploy(tenant).await?;
        for _ in 0..40 {
            instances.push(host.start_instance(definition, tenant, r#"{"urgency": 0}"#).await?);
        }
    }
    host.begun.notified().await;
    let done = host.done(&instances).await?;
    let gold = |part: &[(ProcessInstanceKey, TenantId)]| {
        part.iter().filter(|(_, tenant)| *tenant == TenantId::new("gold")).count()
    };
    // The first job had begun before there was anybody else; of the next, three in four, and one for the first.
    assert_eq!((done.len(), gold(&done[..1]), gold(&done[1..41])), (80, 0, 31));
    assert_eq!(gold(&done), 40);
    Ok(())
}
