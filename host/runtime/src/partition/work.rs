//! Carrying out one request in memory.

use engine::{Command, Context, Definitions, InstanceState, Rejection};
use engine::{EntityKind, describe_job};
use types::{Actor, ProcessInstanceKey};

use super::Partition;
use super::commit::{Pending, Reply};
use super::request::{Ask, DescribedJob, Started, Target};
use crate::activation::{ActivateJobs, ActivatedJob};
use crate::error::Error;

impl Partition {
    /// Carries out a request in memory. Its answer waits in `pending` for the commit.
    pub(super) async fn take(&mut self, ask: Ask, pending: &mut Pending) {
        pending.requests += 1;
        match ask {
            Ask::Start { create, actor, reply, ended } => {
                let result = self.start(create, actor, pending).await;
                if let (Ok(started), Some(ended)) = (&result, ended) {
                    self.awaited.entry(started.key).or_default().push(ended);
                }
                pending.replies.push(Reply::Started(reply, result));
            }
            Ask::Command { target, command, actor, reply } => {
                let result = self.command(target, command, actor, pending).await;
                pending.replies.push(Reply::Done(reply, result));
            }
            Ask::Activate { activate, reply } => {
                let result = self.activate(activate, pending).await;
                pending.replies.push(Reply::Activated(reply, result));
            }
            Ask::Describe { job, reply } => {
                let result =
                    self.describe(job.instance, job.job).await.map(|described| described.map(Box::new));
                pending.replies.push(Reply::Described(reply, result));
            }
            Ask::Deploy { deployment, reply } => {
                // A deployment has a commit of its own; what came before it goes first.
                self.commit(std::mem::take(pending)).await;
                let result = self.deploy(deployment).await;
                let _ = reply.send(result);
            }
        }
    }

    async fn start(
        &mut self,
        create: engine::command::CreateInstance,
        actor: Actor,
        pending: &mut Pending,
    ) -> Result<Started, Error> {
        let Some(definition) = self.shared.definitions.get(create.definition).await? else {
            return Err(Rejection::NotFound {
                kind: EntityKind::ProcessDefinition,
                key: create.definition.0,
            }
            .into());
        };
        let mut definitions = Definitions::default();
        definitions.insert(definition);
        let mut state = InstanceState::default();
        let at = self.shared.clock.now();
        let seed = self.next_seed();
        let output = engine::step(
            Context { definitions: &definitions, at, seed },
            &mut state,
            &mut self.keys,
            Command::CreateInstance(create),
        )?;
        let Some(key) = state.instance().map(|instance| instance.key) else {
            return Err(Error::Damaged("a started instance has no key".to_owned()));
        };
        self.cache.insert(key, state, definitions);
        pending.record(key, at, actor, output.events);
        Ok(Started { key })
    }

    pub(super) async fn command(
        &mut self,
        target: Target,
        command: Command,
        actor: Actor,
        pending: &mut Pending,
    ) -> Result<(), Error> {
        let key = self.instance_of(target).await?;
        self.load(key, target).await?;
        let at = self.shared.clock.now();
        let seed = self.next_seed();
        let Some(cached) = self.cache.get(key) else { return Err(missing(target).into()) };
        let output = engine::step(
            Context { definitions: &cached.definitions, at, seed },
            &mut cached.state,
            &mut self.keys,
            command,
        )?;
        pending.record(key, at, actor, output.events);
        Ok(())
    }

    async fn instance_of(&self, target: Target) -> Result<ProcessInstanceKey, Error> {
        let store = &self.shared.store;
        let found = match target {
            Target::Instance(key) => Some(key),
            Target::Job(key) => store.instance_of_job(key).await?,
            Target::UserTask(key) => store.instance_of_user_task(key).await?,
            Target::Incident(key) => store.instance_of_incident(key).await?,
            Target::Element(key) => store.instance_of_element(key).await?,
        };
        found.ok_or_else(|| missing(target).into())
    }

    /// Makes sure that an instance is in memory.
    async fn load(&mut self, key: ProcessInstanceKey, target: Target) -> Result<(), Error> {
        if self.cache.get(key).is_some() {
            return Ok(());
        }
        let Some(rows) = self.shared.store.load_instance(key).await? else {
            return Err(missing(target).into());
        };
        let definition_key = rows.instance.definition;
        let Some(definition) = self.shared.definitions.get(definition_key).await? else {
            return Err(Error::Damaged(format!("instance {key} runs unknown definition {definition_key}")));
        };
        let state = InstanceState::load(rows, &definition.process)
            .map_err(|error| Error::Damaged(format!("instance {key}: {error}")))?;
        let mut definitions = Definitions::default();
        definitions.insert(definition);
        self.cache.insert(key, state, definitions);
        Ok(())
    }

    async fn activate(
        &mut self,
        activate: ActivateJobs,
        pending: &mut Pending,
    ) -> Result<Vec<ActivatedJob>, Error> {
        let now = self.shared.clock.now();
        let deadline = now + activate.timeout;
        let mut activated = Vec::new();
        let mut after = None;
        while activated.len() < activate.jobs_max as usize {
            let wanted = activate.jobs_max - activated.len() as u32;
            let found = self
                .shared
                .store
                .activatable_jobs(self.id, &activate.job_type, &activate.tenants, now, after, wanted)
                .await?;
            let Some(last) = found.last() else { break };
            after = Some(last.job);
            for job in found {
                let command = Command::ActivateJob(engine::command::ActivateJob {
                    job: job.job,
                    worker: activate.worker.clone(),
                    deadline,
                });
                let target = Target::Instance(job.instance);
                match self.command(target, command, activate.actor.clone(), pending).await {
                    Ok(()) => {}
                    // Taken since the rows were written: earlier in this batch.
                    Err(Error::Rejected(_)) => continue,
                    Err(error) => return Err(error),
                }
                if let Some(described) = self.describe(job.instance, job.job).await? {
                    activated.push(ActivatedJob::new(described, &activate, deadline));
                }
            }
        }
        Ok(activated)
    }

    async fn describe(
        &mut self,
        key: ProcessInstanceKey,
        job: types::JobKey,
    ) -> Result<Option<DescribedJob>, Error> {
        match self.load(key, Target::Instance(key)).await {
            Ok(()) => {}
            Err(Error::Rejected(_)) => return Ok(None),
            Err(error) => return Err(error),
        }
        let Some(cached) = self.cache.get(key) else { return Ok(None) };
        Ok(described(&cached.state, &cached.definitions, job))
    }
}

/// What the worker of `job` may know.
pub(super) fn described(
    state: &InstanceState,
    definitions: &Definitions,
    job: types::JobKey,
) -> Option<DescribedJob> {
    let instance = state.instance()?;
    let definition = definitions.get(instance.definition)?;
    let description = describe_job(definition, state, job)?;
    Some(DescribedJob {
        instance: instance.key,
        definition: instance.definition,
        bpmn_process_id: instance.bpmn_process_id.clone(),
        version: instance.version,
        tenant: instance.tenant.clone(),
        business_id: instance.business_id.clone(),
        tags: instance.tags.clone(),
        description,
    })
}

fn missing(target: Target) -> Rejection {
    let (kind, key) = match target {
        Target::Instance(key) => (EntityKind::ProcessInstance, key.0),
        Target::Job(key) => (EntityKind::Job, key.0),
        Target::UserTask(key) => (EntityKind::UserTask, key.0),
        Target::Incident(key) => (EntityKind::Incident, key.0),
        Target::Element(key) => (EntityKind::ElementInstance, key.0),
    };
    Rejection::NotFound { kind, key }
}
