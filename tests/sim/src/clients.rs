//! Clients of the API: they start, take, answer, cancel and change, and remember what they were told.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::command::{
    AssignUserTask, CompleteJob, FailJob, JobAttempt, JobResult, ThrowError, UpdateJob, UpdateUserTask,
    Worker,
};
use runtime::{
    ActivateJobs, BroadcastSignal, CorrelateMessage, CorrelatedMessage, DeployError, Error, Handle,
    PublishMessage, Resource, StartInstance,
};
use tokio::task::JoinSet;
use types::{
    Actor, BpmnError, ElementInstanceKey, Failure, IncidentKey, JobKey, ProcessDefinitionKey,
    ProcessInstanceKey, SharedStr, TenantId, Timestamp, UserTaskKey, Variables,
};

use crate::components::{CALM_RESULT, ERROR_CODES, results};
use crate::witness::{Answer, Promise, Witness};

/// How long whoever changes a user task waits for its listeners.
const PATIENCE: Duration = Duration::from_secs(15);

/// An attempt that a client holds, or has held.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) job: JobKey,
    pub(crate) attempt: u32,
}

/// All clients of a history.
pub(crate) struct Clients {
    witness: Arc<Witness>,
    rng: fastrand::Rng,
    sent: u64,
    is_calm: bool,
    known: Arc<Mutex<Known>>,
    waiting: JoinSet<()>,
}

/// What clients have been told.
#[derive(Default)]
pub(crate) struct Known {
    /// Versions, and variables that their instances start with.
    pub(crate) definitions: Vec<(ProcessDefinitionKey, &'static [&'static str])>,
    pub(crate) instances: Vec<ProcessInstanceKey>,
    pub(crate) held: Vec<Held>,
    /// Answered once already.
    pub(crate) answered: Vec<Held>,
}

/// How a worker answers for an attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) enum JobAnswer {
    Complete,
    Fail,
    Throw,
    Postpone,
}

impl Clients {
    pub(crate) fn new(witness: Arc<Witness>, rng: fastrand::Rng) -> Self {
        Self { witness, rng, sent: 0, is_calm: false, known: Arc::default(), waiting: JoinSet::new() }
    }

    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        lock(&self.known)
    }

    /// From now on all workers and humans answer the same.
    pub(crate) fn calm(&mut self) {
        self.is_calm = true;
    }

    /// What a worker or a human answers.
    fn results(&self) -> Variables {
        results(if self.is_calm { CALM_RESULT } else { self.sent })
    }

    /// Commands sent so far.
    pub(crate) fn sent(&self) -> u64 {
        self.sent
    }

    /// How many wait for their answers. One that has panicked ends the history with its panic.
    pub(crate) fn waiting(&mut self) -> usize {
        while let Some(answered) = self.waiting.try_join_next() {
            if let Err(error) = answered
                && error.is_panic()
            {
                std::panic::resume_unwind(error.into_panic());
            }
        }
        self.waiting.len()
    }

    /// Every command has an actor of its own, by which the journal tells what it has done.
    fn next_actor(&mut self) -> Actor {
        self.sent += 1;
        self.witness.count(|counts| counts.commands += 1);
        Actor::new(format!("c{}", self.sent))
    }

    /// Sends a command for one instance.
    fn send<T: Send + 'static>(
        &mut self,
        actor: Actor,
        what: String,
        asked: impl Future<Output = Result<T, Error>> + Send + 'static,
        promises: impl FnOnce(T, &Actor) -> Vec<Promise> + Send + 'static,
    ) {
        let witness = Arc::clone(&self.witness);
        witness.note(|| format!("{actor} {what}"));
        self.waiting.spawn(async move {
            let answer = match asked.await {
                Ok(told) => Answer::Done(promises(told, &actor)),
                Err(Error::AwaitTimedOut { .. } | Error::ListenersTimedOut { .. }) => {
                    Answer::Done(vec![Promise::CarriedOut(actor.clone())])
                }
                Err(Error::AwaitCancelled { key }) => {
                    Answer::Done(vec![Promise::CarriedOut(actor.clone()), Promise::Cancelled(key)])
                }
                // Listeners were asked, which is written; what they said may not be.
                Err(Error::ChangeDenied { .. } | Error::ChangeOvertaken { .. }) => {
                    Answer::Done(vec![Promise::CarriedOut(actor.clone())])
                }
                Err(Error::Rejected(_) | Error::Overloaded { .. } | Error::Search(_)) => Answer::Refused,
                Err(Error::Unavailable(_) | Error::ShuttingDown) => Answer::Unknown,
                Err(error @ Error::Damaged(_)) => {
                    witness.finds(crate::Violation {
                        checker: crate::Checker::Replay,
                        instance: None,
                        what: format!("{actor} {what}: {error}"),
                    });
                    Answer::Unknown
                }
            };
            witness.answered(actor, what, true, answer);
        });
    }

    fn command(
        &mut self,
        actor: Actor,
        what: String,
        asked: impl Future<Output = Result<(), Error>> + Send + 'static,
    ) {
        self.send(actor, what, asked, |(), actor| vec![Promise::CarriedOut(actor.clone())]);
    }

    /// Starts an instance of a version that is known.
    pub(crate) fn start(&mut self, handle: &Handle) {
        let known = Arc::clone(&self.known);
        let Some((definition, starts)) = pick(&lock(&known).definitions, &mut self.rng) else { return };
        let Some(variables) = pick(starts, &mut self.rng) else { return };
        let wait = (self.rng.u8(0..8) == 0).then(|| Duration::from_millis(self.rng.u64(1..2_000)));
        self.start_of(handle, definition, variables, None, wait);
    }

    /// Starts an instance, and waits for its end as long as given.
    pub(crate) fn start_of(
        &mut self,
        handle: &Handle,
        definition: ProcessDefinitionKey,
        variables: &str,
        business_id: Option<SharedStr>,
        wait: Option<Duration>,
    ) {
        let actor = self.next_actor();
        let start = StartInstance {
            definition,
            tenant: TenantId::default(),
            variables: Variables::parse(variables).expect("the models' variables are objects"),
            business_id,
            tags: Vec::new(),
            start: Default::default(),
            ends_after: Vec::new(),
            actor: actor.clone(),
        };
        let (handle, known) = (handle.clone(), Arc::clone(&self.known));
        match wait {
            None => {
                let asked = async move { handle.start_instance(start).await };
                self.send(
                    actor,
                    format!("starts {definition} with {variables}"),
                    asked,
                    move |started, actor| {
                        lock(&known).instances.push(started.key);
                        vec![Promise::CarriedOut(actor.clone())]
                    },
                );
            }
            Some(wait) => {
                let asked = async move { handle.start_instance_and_await(start, wait).await };
                self.send(
                    actor,
                    format!("starts {definition} and waits {wait:?}"),
                    asked,
                    move |ended, actor| {
                        let key = ended.identity.key;
                        lock(&known).instances.push(key);
                        vec![Promise::CarriedOut(actor.clone()), Promise::Completed(key)]
                    },
                );
            }
        }
    }

    /// Takes jobs. A caller that goes away takes none with it.
    pub(crate) fn activate(
        &mut self,
        handle: &Handle,
        job_type: &SharedStr,
        wait: Duration,
        goes_away: bool,
    ) {
        let actor = self.next_actor();
        let activate = ActivateJobs {
            job_type: job_type.clone(),
            worker: actor.as_str().into(),
            timeout: Duration::from_millis(self.rng.u64(500..60_000)),
            jobs_max: self.rng.u32(1..5),
            wait,
            fetch_variables: None,
            tenants: vec![TenantId::default()],
            actor: actor.clone(),
        };
        let what = format!("takes {} jobs {job_type}", activate.jobs_max);
        let (handle, known) = (handle.clone(), Arc::clone(&self.known));
        if goes_away {
            let millis = self.rng.u64(0..4);
            self.witness.note(|| format!("{actor} {what} and goes away"));
            self.waiting.spawn(async move {
                let asked = handle.activate_jobs(activate);
                let _ = tokio::time::timeout(Duration::from_millis(millis), asked).await;
            });
            return;
        }
        let witness = Arc::clone(&self.witness);
        witness.note(|| format!("{actor} {what}"));
        self.waiting.spawn(async move {
            let answer = match handle.activate_jobs(activate).await {
                Ok(jobs) => {
                    let held: Vec<_> =
                        jobs.iter().map(|job| Held { job: job.key, attempt: job.attempt }).collect();
                    lock(&known).held.extend(&held);
                    let holds = |held: Held| Promise::Holds(actor.clone(), held.job, held.attempt);
                    Answer::Done(held.into_iter().map(holds).collect())
                }
                Err(Error::Rejected(_) | Error::Overloaded { .. }) => Answer::Refused,
                Err(_) => Answer::Unknown,
            };
            witness.answered(actor, what, false, answer);
        });
    }

    /// Answers for an attempt: with its number, or for whichever is current.
    pub(crate) fn answer(&mut self, handle: &Handle, held: Held, answer: JobAnswer) {
        let actor = self.next_actor();
        let attempt = if self.rng.bool() {
            JobAttempt::exactly(held.job, held.attempt)
        } else {
            JobAttempt::current(held.job)
        };
        let what = format!("answers {answer:?} for {attempt:?}");
        let (handle, by, variables) = (handle.clone(), actor.clone(), self.results());
        // An attempt that is named is the one that counts, or the answer is refused.
        let promises = move |(), actor: &Actor| {
            let for_attempt =
                attempt.attempt.map(|number| Promise::AnsweredFor(actor.clone(), attempt.job, number));
            [Promise::CarriedOut(actor.clone())].into_iter().chain(for_attempt).collect()
        };
        match answer {
            JobAnswer::Complete => {
                let complete = CompleteJob { attempt, result: JobResult::Variables(variables) };
                self.send(actor, what, async move { handle.complete_job(complete, by).await }, promises);
            }
            JobAnswer::Fail => {
                let failure = Failure {
                    variables,
                    retries: Some(self.rng.u32(0..4)),
                    retry_after_ms: Some(self.rng.u64(0..20_000)),
                    ..Failure::new("not today")
                };
                let fail = FailJob { attempt, failure, by: Worker::External };
                self.send(actor, what, async move { handle.fail_job(fail, by).await }, promises);
            }
            JobAnswer::Throw => {
                let code = ERROR_CODES[self.rng.usize(0..ERROR_CODES.len())].to_owned();
                let error = BpmnError { code, message: "no".to_owned(), variables };
                let throw = ThrowError { attempt, error };
                self.send(actor, what, async move { handle.throw_error(throw, by).await }, promises);
            }
            JobAnswer::Postpone => {
                let after_ms = self.rng.u64(0..3_000);
                self.send(
                    actor,
                    what,
                    async move { handle.postpone_job(attempt, after_ms, by).await },
                    promises,
                );
            }
        }
    }

    /// Publishes a message that is kept for a while, or not at all.
    pub(crate) fn publish(&mut self, handle: &Handle, name: &str, key: &str, time_to_live: Duration) {
        let actor = self.next_actor();
        let publish = PublishMessage {
            name: name.into(),
            correlation_key: key.into(),
            time_to_live,
            message_id: None,
            variables: Variables::parse(&format!("{{\"order\": \"{key}\"}}")).expect("an object"),
            tenant: TenantId::default(),
        };
        let handle = handle.clone();
        let asked = async move { handle.publish_message(publish).await };
        self.tell(actor, format!("publishes {name} for {key}"), asked, |_| Vec::new());
    }

    /// Gives a message to whoever waits now.
    pub(crate) fn correlate(&mut self, handle: &Handle, name: &str, key: &str) {
        let actor = self.next_actor();
        let correlate = CorrelateMessage {
            name: name.into(),
            correlation_key: key.into(),
            variables: Variables::new(),
            tenant: TenantId::default(),
        };
        let handle = handle.clone();
        let asked = async move { handle.correlate_message(correlate).await };
        let took = |taken: CorrelatedMessage| vec![Promise::Took(taken.message, taken.instance)];
        self.tell(actor, format!("correlates {name} for {key}"), asked, took);
    }

    /// Broadcasts a signal.
    pub(crate) fn broadcast(&mut self, handle: &Handle, name: &str) {
        let actor = self.next_actor();
        let broadcast =
            BroadcastSignal { name: name.into(), variables: Variables::new(), tenant: TenantId::default() };
        let handle = handle.clone();
        let asked = async move { handle.broadcast_signal(broadcast).await };
        self.tell(actor, format!("broadcasts {name}"), asked, |_| Vec::new());
    }

    /// Sends what is for no single instance.
    fn tell<T: Send + 'static>(
        &mut self,
        actor: Actor,
        what: String,
        asked: impl Future<Output = Result<T, Error>> + Send + 'static,
        promises: impl FnOnce(T) -> Vec<Promise> + Send + 'static,
    ) {
        let witness = Arc::clone(&self.witness);
        witness.note(|| format!("{actor} {what}"));
        self.waiting.spawn(async move {
            let answer = match asked.await {
                Ok(told) => Answer::Done(promises(told)),
                Err(Error::Rejected(_) | Error::Overloaded { .. }) => Answer::Refused,
                Err(_) => Answer::Unknown,
            };
            witness.answered(actor, what, false, answer);
        });
    }

    pub(crate) fn cancel(&mut self, handle: &Handle, instance: ProcessInstanceKey) {
        let actor = self.next_actor();
        let (handle, by) = (handle.clone(), actor.clone());
        self.command(actor, format!("cancels {instance}"), async move {
            handle.cancel_instance(instance, by).await
        });
    }

    pub(crate) fn update_job(
        &mut self,
        handle: &Handle,
        job: JobKey,
        retries: Option<u32>,
        deadline: Option<Timestamp>,
    ) {
        let actor = self.next_actor();
        let (handle, by) = (handle.clone(), actor.clone());
        let update = UpdateJob { job, retries, deadline };
        self.command(
            actor,
            format!("updates {update:?}"),
            async move { handle.update_job(update, by).await },
        );
    }

    pub(crate) fn resolve(&mut self, handle: &Handle, incident: IncidentKey) {
        let actor = self.next_actor();
        let (handle, by) = (handle.clone(), actor.clone());
        self.command(actor, format!("resolves {incident}"), async move {
            handle.resolve_incident(incident, by).await
        });
    }

    /// Sets variables, all of which change.
    pub(crate) fn set_variables(
        &mut self,
        handle: &Handle,
        scope: ElementInstanceKey,
        variables: &str,
        local: bool,
    ) {
        let actor = self.next_actor();
        let mut variables = Variables::parse(variables).expect("an object with distinct names");
        // Never the same twice, so that there is something to write.
        variables.insert("by", types::Json::string(actor.as_str()));
        let (handle, by) = (handle.clone(), actor.clone());
        self.command(actor, format!("sets variables of {scope}"), async move {
            handle.set_variables(scope, variables, local, by, PATIENCE).await
        });
    }

    pub(crate) fn assign(&mut self, handle: &Handle, task: UserTaskKey) {
        let actor = self.next_actor();
        let (handle, by) = (handle.clone(), actor.clone());
        let assign =
            AssignUserTask { task, assignee: actor.as_str().into(), allow_override: self.rng.bool() };
        self.command(actor, format!("takes user task {task}"), async move {
            handle.assign_user_task(assign, by, PATIENCE).await
        });
    }

    pub(crate) fn unassign(&mut self, handle: &Handle, task: UserTaskKey) {
        let actor = self.next_actor();
        let (handle, by) = (handle.clone(), actor.clone());
        let asked = async move { handle.unassign_user_task(task, by, PATIENCE).await };
        // A task that nobody has stays as it is.
        self.send(actor, format!("gives back user task {task}"), asked, |(), _| Vec::new());
    }

    pub(crate) fn update_user_task(&mut self, handle: &Handle, task: UserTaskKey) {
        let actor = self.next_actor();
        let (handle, by) = (handle.clone(), actor.clone());
        let update = UpdateUserTask {
            task,
            candidate_groups: Some(vec![actor.as_str().into()]),
            candidate_users: None,
            due_date: Some(None),
            follow_up_date: None,
            priority: Some(self.rng.u8(0..120)),
        };
        self.command(actor, format!("updates user task {task}"), async move {
            handle.update_user_task(update, by, PATIENCE).await
        });
    }

    pub(crate) fn complete_user_task(&mut self, handle: &Handle, task: UserTaskKey) {
        let actor = self.next_actor();
        let (handle, by, variables) = (handle.clone(), actor.clone(), self.results());
        self.command(actor, format!("completes user task {task}"), async move {
            handle.complete_user_task(task, variables, by, PATIENCE).await
        });
    }

    /// Deploys a model under a file name. Another name makes another version.
    ///
    /// The file is checked on a thread of its own: only when everybody else waits, the order of events is certain.
    pub(crate) fn deploy(&mut self, handle: &Handle, model: &crate::Model, name: String) {
        let actor = self.next_actor();
        let what = format!("deploys {name}");
        let resource = Resource { name, content: model.xml.as_bytes().to_vec() };
        let (handle, by, starts) = (handle.clone(), actor.clone(), model.starts);
        let (witness, known) = (Arc::clone(&self.witness), Arc::clone(&self.known));
        self.waiting.spawn(async move {
            let answer = match handle.deploy(TenantId::default(), by, vec![resource]).await {
                Ok((deployed, _)) => {
                    let keys: BTreeSet<_> = deployed.processes.iter().map(|process| process.key).collect();
                    lock(&known).definitions.extend(keys.iter().map(|key| (*key, starts)));
                    Answer::Done(keys.into_iter().map(Promise::Deployed).collect())
                }
                Err(DeployError::Runtime(Error::Overloaded { .. })) => Answer::Refused,
                Err(DeployError::Runtime(_)) => Answer::Unknown,
                Err(error) => unreachable!("the models are accepted: {error}"),
            };
            witness.answered(actor, what, false, answer);
        });
    }
}

impl Known {
    /// An attempt that its worker is about to answer for.
    pub(crate) fn give_up(&mut self, rng: &mut fastrand::Rng) -> Option<Held> {
        if self.held.is_empty() {
            return None;
        }
        let held = self.held.swap_remove(rng.usize(0..self.held.len()));
        self.answered.push(held);
        Some(held)
    }
}

/// One of several.
pub(crate) fn any<'t, T>(of: &'t [T], rng: &mut fastrand::Rng) -> Option<&'t T> {
    if of.is_empty() { None } else { of.get(rng.usize(0..of.len())) }
}

/// One of several.
pub(crate) fn pick<T: Copy>(of: &[T], rng: &mut fastrand::Rng) -> Option<T> {
    any(of, rng).copied()
}

fn lock(known: &Mutex<Known>) -> MutexGuard<'_, Known> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}
