//! One instance of a model, and workers that answer as they are told.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use engine::command::{
    CompleteJob, CreateInstance, FailJob, JobAttempt, JobResult, Start, ThrowError, Worker,
};
use engine::state::{Awaited, IncidentKind, MailboxAddress};
use engine::{Command, Event};
use types::{BpmnError, Failure, JobKey, MessageKey, TenantId, Variables};

use crate::world::{DEFINITION, World};

/// What a worker answers.
pub(crate) enum Answer<'a> {
    /// The variables of its result.
    Done(&'a str),
    /// A BPMN error with this code.
    Throws(&'a str),
    /// A technical failure.
    Fails { attempts_left: u32 },
}

/// The text of a model. `None`, loudly, where the models are absent.
pub(crate) fn model(file: &str) -> anyhow::Result<Option<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/models/flowing-retail");
    if !folder.exists() {
        eprintln!("SKIPPED: {} is absent, so {file} is not tested", folder.display());
        return Ok(None);
    }
    let path = folder.join(file);
    Ok(Some(std::fs::read_to_string(&path).with_context(|| path.display().to_string())?))
}

pub(crate) struct Play {
    pub(crate) world: World,
    events: Vec<Event>,
}

impl Play {
    pub(crate) fn start(model: &str, start: Start, variables: &str) -> anyhow::Result<Self> {
        let mut play = Self { world: World::of_model(model)?, events: Vec::new() };
        play.step(Command::CreateInstance(CreateInstance {
            definition: DEFINITION,
            tenant: TenantId::default(),
            variables: Variables::parse(variables)?,
            business_id: None,
            tags: Vec::new(),
            start,
            ends_after: Vec::new(),
            caller: None,
        }))?;
        Ok(play)
    }

    pub(crate) fn step(&mut self, command: Command) -> anyhow::Result<()> {
        self.events.extend(self.world.step(command)?.events);
        self.world.check_invariants()
    }

    /// A worker answers the one job of this type.
    pub(crate) fn answer(&mut self, job_type: &str, answer: Answer<'_>) -> anyhow::Result<()> {
        let attempt = JobAttempt::current(self.job(job_type)?);
        self.step(match answer {
            Answer::Done(variables) => {
                let result = JobResult::Variables(Variables::parse(variables)?);
                Command::CompleteJob(CompleteJob { attempt, result })
            }
            Answer::Throws(code) => {
                let (code, message, variables) = (code.to_owned(), String::new(), Variables::new());
                let error = BpmnError { code, message, variables };
                Command::ThrowError(ThrowError { attempt, error })
            }
            Answer::Fails { attempts_left } => {
                let failure = Failure { retries: Some(attempts_left), ..Failure::new("out of order") };
                Command::FailJob(FailJob { attempt, failure, by: Worker::External })
            }
        })
    }

    pub(crate) fn message(&mut self, name: &str, variables: &str) -> anyhow::Result<()> {
        let is_meant = |awaited: &Awaited| matches!(awaited, Awaited::Message { name: awaited, .. } if **awaited == *name);
        let mut subscriptions = self.world.state.subscriptions();
        let subscription = subscriptions.find(|subscription| is_meant(&subscription.awaited)).cloned();
        drop(subscriptions);
        let subscription = subscription.with_context(|| format!("nobody waits for {name}"))?;
        let Awaited::Message { name, correlation_key } = subscription.awaited else { return Ok(()) };
        self.step(Command::Correlate {
            mailbox: MailboxAddress { tenant: TenantId::default(), name, correlation_key },
            subscription: subscription.key,
            message: MessageKey::from_i64(1),
            variables: Variables::parse(variables)?,
        })
    }

    /// Time passes. Whether timers have become due.
    pub(crate) fn pass(&mut self, time: Duration) -> anyhow::Result<bool> {
        self.world.now = self.world.now + time;
        let now = self.world.now;
        let due: Vec<_> =
            self.world.state.timers().filter(|timer| timer.due <= now).map(|timer| timer.key).collect();
        for timer in &due {
            self.step(Command::TriggerTimer { timer: *timer })?;
        }
        Ok(!due.is_empty())
    }

    pub(crate) fn set(&mut self, variables: &str) -> anyhow::Result<()> {
        let instance = self.world.state.instance().context("the instance")?;
        let scope = instance.key.root_scope();
        self.step(Command::SetVariables { scope, variables: Variables::parse(variables)?, local: false })
    }

    /// Resolves the one incident.
    pub(crate) fn resolve(&mut self) -> anyhow::Result<()> {
        let incident = self.world.state.incidents().next().context("no incident is open")?.key;
        self.step(Command::ResolveIncident { incident })
    }

    pub(crate) fn job(&self, job_type: &str) -> anyhow::Result<JobKey> {
        let mut jobs = self.world.state.jobs();
        let job = jobs.find(|job| &*job.job_type == job_type);
        Ok(job.with_context(|| format!("no job of type {job_type}"))?.key)
    }

    pub(crate) fn variable_of_job(&self, job_type: &str, name: &str) -> Option<String> {
        let job = self.world.state.jobs().find(|job| &*job.job_type == job_type)?;
        Some(self.world.state.visible_variable(job.element_instance, name)?.value.to_string())
    }

    pub(crate) fn waiting_jobs(&self) -> Vec<String> {
        self.world.state.jobs().map(|job| job.job_type.to_string()).collect()
    }

    pub(crate) fn awaited(&self) -> Vec<Awaited> {
        self.world.state.subscriptions().map(|subscription| subscription.awaited.clone()).collect()
    }

    pub(crate) fn incidents(&self) -> Vec<IncidentKind> {
        self.world.state.incidents().map(|incident| incident.kind).collect()
    }

    pub(crate) fn has_completed(&self) -> bool {
        self.events.iter().any(|event| matches!(event, Event::InstanceCompleted { .. }))
    }

    pub(crate) fn has_entered(&self, id: &str) -> bool {
        self.events
            .iter()
            .any(|event| matches!(event, Event::ElementEntered { element, .. } if **element == *id))
    }

    /// The elements whose jobs were completed, in that order.
    pub(crate) fn completed_tasks(&self) -> Vec<String> {
        let element_of_job = |wanted: JobKey| {
            self.events.iter().find_map(|event| match event {
                Event::JobCreated { key, element_instance, .. } if *key == wanted => Some(*element_instance),
                _ => None,
            })
        };
        let completed = self.events.iter().filter_map(|event| match event {
            Event::JobCompleted { job } => element_of_job(*job),
            _ => None,
        });
        completed.map(|instance| self.world.element_name(instance)).collect()
    }
}
