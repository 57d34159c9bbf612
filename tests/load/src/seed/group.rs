//! Instances that go through their lives together.

use anyhow::Context as _;
use engine::command::{CompleteJob, CreateInstance, JobAttempt, JobResult, Start, StartJob};
use engine::journal::{self, Entry};
use engine::{Command, InstanceState, describe_job};
use store::{InstanceBatch, InstanceIdentity};
use types::{Actor, JobKey, Json};

use super::stage::Stage;

/// The component that does the jobs, and what it adds to the variables.
const ECHO: &str = "echo@1.0.0";
const ECHO_VERSION: (&str, &str) = ("workerVersion", r#""1.0.0""#);
/// How long an attempt may take.
const ATTEMPT: std::time::Duration = std::time::Duration::from_secs(30);

/// Instances that go through their lives together.
pub(super) struct Group(Vec<Member>);

struct Member {
    state: InstanceState,
    /// What was done since the last commit.
    entries: Vec<Entry>,
}

impl Group {
    /// Starts instances, one each millisecond.
    pub(super) fn start(stage: &mut Stage, size: u64) -> anyhow::Result<Self> {
        let mut members = Vec::new();
        for _ in 0..size {
            stage.tick();
            let create = CreateInstance {
                definition: stage.definition().key,
                tenant: stage.definition().tenant.clone(),
                variables: stage.variables().clone(),
                business_id: None,
                tags: Vec::new(),
                start: Start::Default,
                ends_after: Vec::new(),
                caller: None,
            };
            let mut member = Member { state: InstanceState::default(), entries: Vec::new() };
            member.step(stage, Command::CreateInstance(create), Actor::default())?;
            members.push(member);
        }
        Ok(Self(members))
    }

    /// Does the jobs that wait, as the echo component does them; false when there are none.
    pub(super) fn do_jobs(&mut self, stage: &mut Stage) -> anyhow::Result<bool> {
        let mut any = false;
        for member in &mut self.0 {
            let jobs: Vec<JobKey> = member.state.jobs().map(|job| job.key).collect();
            for job in jobs {
                member.do_job(stage, job)?;
                any = true;
            }
        }
        Ok(any)
    }

    /// What was done since the last call, for one commit.
    pub(super) fn batch_parts(&mut self) -> Vec<InstanceBatch> {
        self.0.iter_mut().filter_map(Member::batch_part).collect()
    }
}

impl Member {
    fn do_job(&mut self, stage: &mut Stage, job: JobKey) -> anyhow::Result<()> {
        let actor = Actor::new(ECHO);
        let described = describe_job(stage.definition(), &self.state, job)
            .context("a job that waits can be described")?;
        let attempt = described.job.attempt + 1;
        let start = StartJob { job, attempt, worker: ECHO.into(), deadline: stage.now() + ATTEMPT };
        self.step(stage, Command::StartJob(start), actor.clone())?;
        let mut variables = described.variables;
        let (name, value) = ECHO_VERSION;
        variables.insert(name, Json::from_trusted(value));
        let result = JobResult::Worker(variables);
        let complete = CompleteJob { attempt: JobAttempt::exactly(job, attempt), result };
        self.step(stage, Command::CompleteJob(complete), actor)
    }

    fn step(&mut self, stage: &mut Stage, command: Command, actor: Actor) -> anyhow::Result<()> {
        let events = stage.step(&mut self.state, command)?;
        self.entries.push(Entry { at: stage.now(), actor, events });
        Ok(())
    }

    fn batch_part(&mut self) -> Option<InstanceBatch> {
        let entries = std::mem::take(&mut self.entries);
        let instance = self.state.instance().filter(|_| !entries.is_empty())?;
        let identity = InstanceIdentity {
            key: instance.key,
            definition: instance.definition,
            bpmn_process_id: instance.bpmn_process_id.clone(),
            version: instance.version,
            tenant: instance.tenant.clone(),
        };
        let changes = self.state.take_changes();
        Some(InstanceBatch {
            identity,
            journal: journal::encode(&entries),
            changes,
            is_migrated: false,
            decision_evaluations: Vec::new(),
            attempts: Vec::new(),
            correlations: Vec::new(),
        })
    }
}
