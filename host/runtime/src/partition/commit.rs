//! Writing a batch, and all that happens after it is durable.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use engine::journal::{self, Entry};
use engine::state::{InstanceStatus, JobState, MailboxAddress};
use engine::{Change, Event, InstanceState, Outgoing};
use store::{
    Batch, DecisionEvaluation, Exchange, InstanceBatch, InstanceIdentity, JobAttempt, MailboxBatch,
    MessageCorrelation, Parcel, ParcelKey, StartTimer,
};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;
use types::{
    AttemptKey, JobKey, MessageKey, PartitionId, ProcessInstanceKey, SharedStr, SignalKey, TenantId,
    TimerKey, Timestamp,
};

use super::Partition;
use super::task_changes::Decision;
use super::work::described;
use crate::error::Error;
use crate::figures::{Taken, Tally};
use crate::inbox::{Described, DescribedJob, Started, Undelivered};
use crate::requests::{ActivatedJob, AwaitedInstance, CorrelatedMessage, EvaluatedConditions};

/// Requests that one commit takes in at most: bounds what a failed commit loses and how long a reply waits.
const REQUESTS_PER_COMMIT_MAX: usize = 2_000;

/// What one commit carries out at most of what its own instances ask for.
const FOLLOW_UPS_PER_COMMIT_MAX: usize = 2_000;

/// Journal bytes and variables of one commit, roughly: the rest of the inbox waits for the next.
const BYTES_PER_COMMIT_MAX: usize = 16 << 20;

/// How long to leave a store alone that did not take a commit.
const AFTER_FAILED_COMMIT: Duration = Duration::from_millis(100);

/// What was done in memory and waits for its commit.
#[derive(Default)]
pub(super) struct Pending {
    requests: usize,
    starts: usize,
    /// Rough size of what is to be written and answered.
    bytes: usize,
    pub(super) replies: Vec<Reply>,
    /// How many jobs were handed to external workers, by type.
    pub(super) taken: HashMap<SharedStr, Taken>,
    entries: BTreeMap<ProcessInstanceKey, Vec<Entry>>,
    /// Attempts at jobs of instances that have entries.
    attempts: BTreeMap<ProcessInstanceKey, BTreeMap<AttemptKey, Change<AttemptKey, JobAttempt>>>,
    /// Messages that instances with entries have taken.
    taken_messages: BTreeMap<ProcessInstanceKey, Vec<MessageCorrelation>>,
    /// What is to be carried out in the same batch.
    pub(super) follow_ups: VecDeque<Outgoing>,
    follow_ups_done: usize,
    outbox: BTreeMap<ParcelKey, Change<ParcelKey, Parcel>>,
    /// Mailboxes that have changed.
    pub(super) mailboxes: BTreeSet<MailboxAddress>,
    start_timers: BTreeMap<TimerKey, Change<TimerKey, StartTimer>>,
    /// When the first of what it writes for itself is due.
    due: Option<Timestamp>,
    /// Messages whose senders wait to hear who takes them.
    pub(super) correlations: Vec<MessageKey>,
    /// Something is told a key that no row has.
    keeps_keys: bool,
}

/// A commit under way, and what follows from it.
pub(super) struct Writing {
    commit: AbortOnDropHandle<Result<(), store::Error>>,
    pub(super) taken: HashMap<SharedStr, Taken>,
    keys: Vec<ProcessInstanceKey>,
    replies: Vec<Reply>,
    correlations: Vec<MessageKey>,
    aftermath: Aftermath,
}

/// An answer that waits for the commit.
pub(super) enum Reply {
    Started(oneshot::Sender<Result<Started, Error>>, Result<Started, Error>),
    Done(oneshot::Sender<Result<(), Error>>, Result<(), Error>),
    Changed(oneshot::Sender<Result<Option<Decision>, Error>>, Result<Option<Decision>, Error>),
    Activated(oneshot::Sender<Result<Vec<ActivatedJob>, Error>>, Result<Vec<ActivatedJob>, Error>),
    Described(oneshot::Sender<Result<Described, Error>>, Result<Described, Error>),
    Published(oneshot::Sender<Result<MessageKey, Error>>, Result<MessageKey, Error>),
    Correlated(oneshot::Sender<Result<CorrelatedMessage, Error>>, Result<CorrelatedMessage, Error>),
    Broadcast(oneshot::Sender<Result<SignalKey, Error>>, Result<SignalKey, Error>),
    Evaluated(oneshot::Sender<Result<EvaluatedConditions, Error>>, Result<EvaluatedConditions, Error>),
}

/// What an instance's batch leads to outside, once it is durable.
#[derive(Default)]
struct Aftermath {
    tally: Tally,
    jobs: Vec<DescribedJob>,
    /// Jobs that wait for nobody any longer.
    jobs_gone: Vec<JobKey>,
    /// Types of jobs that no component served when the commit began.
    arrived: BTreeSet<(TenantId, SharedStr)>,
    due: Option<Timestamp>,
    paused: Vec<ProcessInstanceKey>,
    ended: Vec<(ProcessInstanceKey, AwaitedInstance)>,
    cancelled: Vec<ProcessInstanceKey>,
    /// Partitions that something was sent to.
    receivers: BTreeSet<PartitionId>,
}

impl Writing {
    /// Returns when the commit is done; never when none is under way.
    pub(super) async fn outcome(writing: &mut Option<Self>) -> Result<(), store::Error> {
        match writing {
            Some(writing) => match (&mut writing.commit).await {
                Ok(outcome) => outcome,
                // The process is about to end.
                Err(error) if error.is_cancelled() => std::future::pending().await,
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            },
            None => std::future::pending().await,
        }
    }

    /// Whether [`outcome`](Self::outcome) returns at once.
    pub(super) fn is_done(&self) -> bool {
        self.commit.is_finished()
    }
}

impl Pending {
    /// Whether the commit takes more requests.
    pub(super) fn has_room(&self) -> bool {
        self.requests < REQUESTS_PER_COMMIT_MAX && self.bytes < BYTES_PER_COMMIT_MAX
    }

    pub(super) fn count_request(&mut self) {
        self.requests += 1;
    }

    pub(super) fn count_start(&mut self) {
        self.starts += 1;
    }

    /// Instances that the batch starts.
    pub(super) fn starts(&self) -> usize {
        self.starts
    }

    /// About as many jobs as the batch has begun and ended: each is two requests.
    pub(super) fn jobs_brought_forward(&self) -> usize {
        (self.requests - self.starts) / 2
    }

    pub(super) fn add_bytes(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    /// Whether what the batch asks for is carried out in the batch.
    pub(super) fn takes_follow_ups(&self) -> bool {
        self.follow_ups_done < FOLLOW_UPS_PER_COMMIT_MAX && self.bytes < BYTES_PER_COMMIT_MAX
    }

    pub(super) fn count_follow_up(&mut self) {
        self.follow_ups_done += 1;
    }

    /// Notes what becomes of a parcel. The last word counts.
    pub(super) fn change_parcel(&mut self, key: ParcelKey, change: Change<ParcelKey, Parcel>) {
        self.outbox.insert(key, change);
    }

    /// Makes the batch one that is written even if only its keys are: no key is seen outside before that.
    pub(super) fn keep_keys(&mut self) {
        self.keeps_keys = true;
    }

    /// Notes what becomes of a timer of a start event.
    pub(super) fn change_start_timer(&mut self, key: TimerKey, change: Change<TimerKey, StartTimer>) {
        if let Change::Put(timer) = &change {
            self.arm(timer.due);
        }
        self.start_timers.insert(key, change);
    }

    /// Something that the batch writes is due at `time`.
    pub(super) fn arm(&mut self, time: Timestamp) {
        self.due = Some(self.due.map_or(time, |due| due.min(time)));
    }

    /// Whether the batch sends something to a partition.
    pub(super) fn sends_to(&self, receiver: PartitionId) -> bool {
        self.outbox.iter().any(|(key, change)| key.receiver == receiver && matches!(change, Change::Put(_)))
    }

    /// Whether the batch writes rows of an instance.
    pub(super) fn writes(&self, instance: ProcessInstanceKey) -> bool {
        self.entries.contains_key(&instance)
    }

    /// Keeps an attempt at a job of an instance that the batch writes.
    pub(super) fn keep_attempt(&mut self, attempt: JobAttempt) {
        self.bytes += attempt.report.len();
        self.attempts.entry(attempt.instance).or_default().insert(attempt.key, Change::Put(attempt));
    }

    /// An attempt is kept no longer.
    pub(super) fn drop_attempt(&mut self, instance: ProcessInstanceKey, key: AttemptKey) {
        let attempts = self.attempts.entry(instance).or_default();
        // One that was to be written with this batch has no row.
        if attempts.remove(&key).is_none() {
            attempts.insert(key, Change::Delete(key));
        }
    }

    /// Keeps what an instance that the batch writes has taken.
    pub(super) fn keep_correlation(&mut self, correlation: MessageCorrelation) {
        self.bytes += correlation.name.len() + correlation.correlation_key.len();
        self.taken_messages.entry(correlation.instance).or_default().push(correlation);
    }

    fn is_empty(&self) -> bool {
        self.entries.is_empty()
            && self.outbox.is_empty()
            && self.mailboxes.is_empty()
            && self.start_timers.is_empty()
            && !self.keeps_keys
    }

    /// Notes what a command has done to an instance, and tells how much that is to write, roughly.
    pub(super) fn record(&mut self, key: ProcessInstanceKey, entry: Entry) -> usize {
        let bytes = entry.events.iter().map(rough_size).sum();
        self.bytes += bytes;
        self.entries.entry(key).or_default().push(entry);
        bytes
    }
}

impl Partition {
    /// Begins to write what is pending. No other commit is under way.
    pub(super) fn write(&mut self, pending: Pending) {
        self.shared.figures.took(pending.requests);
        if pending.is_empty() {
            self.send(pending.replies);
            self.mailboxes.trim(|_| false);
            return self.cache.trim(|_| false);
        }
        let Pending { replies, entries, mut attempts, taken, outbox, mailboxes, start_timers, .. } = pending;
        let (due, correlations, mut taken_messages) =
            (pending.due, pending.correlations, pending.taken_messages);
        let now = self.shared.clock.now();
        let mut aftermath = Aftermath { due, ..Aftermath::default() };
        let mut instances = Vec::with_capacity(entries.len());
        let mut keys = Vec::with_capacity(entries.len());
        for (key, entries) in entries {
            let cached = self.cache.get(key).expect("what waits for its commit stays in memory");
            let changes = cached.state.take_changes();
            let instance = cached.state.instance().expect("an instance with events was created");
            let identity = InstanceIdentity {
                key,
                definition: instance.definition,
                bpmn_process_id: instance.bpmn_process_id.clone(),
                version: instance.version,
                tenant: instance.tenant.clone(),
            };
            for change in &changes.jobs {
                let job = match change {
                    Change::Put(job) => job,
                    Change::Delete(key) => {
                        aftermath.jobs_gone.push(*key);
                        continue;
                    }
                };
                match &job.state {
                    // It waits for the operator.
                    _ if job.suspended => aftermath.jobs_gone.push(job.key),
                    JobState::Activatable { from } if *from <= now => {
                        match self.shared.dispatcher.worker_for(&identity.tenant, &job.job_type) {
                            None => {
                                aftermath.arrived.insert((identity.tenant.clone(), job.job_type.clone()));
                            }
                            Some(worker) => {
                                let (state, definitions) = (&cached.state, &cached.definitions);
                                let for_connector = worker.is_connector();
                                aftermath.jobs.extend(described(state, definitions, job.key, for_connector));
                            }
                        }
                    }
                    JobState::Activatable { from } => aftermath.arm(*from),
                    JobState::Activated { deadline, .. } => {
                        aftermath.arm(*deadline);
                        aftermath.jobs_gone.push(job.key);
                    }
                    JobState::Running { .. } => {}
                    JobState::Stopped => aftermath.jobs_gone.push(job.key),
                }
            }
            for change in &changes.timers {
                if let Change::Put(timer) = change {
                    aftermath.arm(timer.due);
                }
            }
            match instance.state {
                InstanceStatus::Active if instance.paused && !instance.suspended => {
                    aftermath.paused.push(key)
                }
                InstanceStatus::Active => {}
                InstanceStatus::Completed => {
                    if self.awaited.contains(key) {
                        let variables = cached
                            .state
                            .local_variables(key.root_scope())
                            .map(|(name, variable)| (name.clone(), variable.value.clone()))
                            .collect();
                        aftermath
                            .ended
                            .push((key, AwaitedInstance { identity: identity.clone(), variables }));
                    }
                }
                InstanceStatus::Terminated => aftermath.cancelled.push(key),
            }
            keys.push(key);
            let events = || entries.iter().flat_map(|entry| &entry.events);
            let mut is_migrated = false;
            for event in events() {
                is_migrated |= matches!(event, Event::InstanceMigrated { .. });
                aftermath.tally.note(event);
            }
            let decision_evaluations =
                events().filter_map(|event| decision_evaluation(&identity, &cached.state, event)).collect();
            let attempts = attempts.remove(&key).map(|changes| changes.into_values().collect());
            instances.push(InstanceBatch {
                identity,
                journal: journal::encode(&entries),
                changes,
                is_migrated,
                decision_evaluations,
                attempts: attempts.unwrap_or_default(),
                correlations: taken_messages.remove(&key).unwrap_or_default(),
            });
        }
        aftermath.receivers = outbox
            .iter()
            .filter(|(_, change)| matches!(change, Change::Put(_)))
            .map(|(key, _)| key.receiver)
            .collect();
        let mailboxes = mailboxes.into_iter().filter_map(|address| {
            let changes = self.mailboxes.get(&address)?.take_changes();
            (!changes.is_empty()).then_some(MailboxBatch { address, changes })
        });
        let exchange = Exchange {
            mailboxes: mailboxes.collect(),
            outbox: outbox.into_values().collect(),
            start_timers: start_timers.into_values().collect(),
        };
        let batch =
            Batch { partition: self.id, next_key_counter: self.keys.next_counter(), instances, exchange };
        let shared = Arc::clone(&self.shared);
        let commit = AbortOnDropHandle::new(tokio::spawn(async move {
            let began = Instant::now();
            let outcome = shared.store.commit(batch).await;
            shared.figures.committed(began.elapsed(), outcome.is_ok());
            outcome
        }));
        self.writing = Some(Writing { commit, taken, keys, replies, correlations, aftermath });
    }

    /// A commit is done: answers and acts. `pending` is what was carried out meanwhile.
    ///
    /// # Errors
    /// The store did not take the commit. Callers know, and memory is as the rows are.
    pub(super) fn written(
        &mut self,
        outcome: Result<(), store::Error>,
        pending: &mut Pending,
    ) -> Result<(), Error> {
        let Some(Writing { keys, replies, correlations, aftermath, taken, .. }) = self.writing.take() else {
            return Ok(());
        };
        match outcome {
            Ok(()) => {
                self.shared.figures.written(aftermath.tally, &taken);
                self.correlations.written(&correlations);
                self.send(replies);
                self.business_ids.written(&keys);
                self.follow_up(aftermath);
                self.forget_ended(&keys, pending);
                self.cache.trim(|key| pending.entries.contains_key(&key));
                self.mailboxes.trim(|address| pending.mailboxes.contains(address));
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, instances = keys.len(), "the commit failed; reading the rows again");
                match error {
                    // It would fail every commit that it is part of.
                    store::Error::RowsMissing { instance, .. } => drop(self.damaged.insert(instance)),
                    store::Error::LeaseLost { .. } => self.has_lost_lease = true,
                    _ => {}
                }
                let reason = match std::error::Error::source(&error) {
                    Some(source) => format!("{error}: {source}"),
                    None => error.to_string(),
                };
                // It may have been written all the same.
                self.wake(&aftermath.receivers);
                self.unsure_receivers.extend(aftermath.receivers);
                self.cache.clear();
                self.business_ids.clear();
                self.mailboxes.clear();
                self.lines.read_rows();
                self.correlations.lost(&reason);
                // What was carried out since then rests on what was not written.
                let lost = std::mem::take(pending);
                for reply in replies.into_iter().chain(lost.replies) {
                    if let Reply::Started(_, Ok(started)) = &reply {
                        self.awaited.forget(started.key);
                    }
                    reply.send_unavailable(&reason);
                }
                // What was due stays due, and what was paused stays paused.
                self.arm(self.shared.clock.now() + AFTER_FAILED_COMMIT);
                self.paused.read_rows();
                Err(Error::Unavailable(reason))
            }
        }
    }

    /// Waits for the commit under way, if any.
    pub(super) async fn finish_writing(&mut self, pending: &mut Pending) -> Result<(), Error> {
        if self.writing.is_none() {
            return Ok(());
        }
        let outcome = Writing::outcome(&mut self.writing).await;
        self.written(outcome, pending)
    }

    /// Writes all that is pending, and returns when that is done.
    pub(super) async fn flush(&mut self, pending: &mut Pending) -> Result<(), Error> {
        self.finish_writing(pending).await?;
        self.write(std::mem::take(pending));
        self.finish_writing(pending).await
    }

    /// Leaves a store alone for a moment that did not answer.
    pub(super) async fn pause_a_moment(&self) {
        tokio::time::sleep(AFTER_FAILED_COMMIT).await;
    }

    fn send(&mut self, replies: Vec<Reply>) {
        for reply in replies {
            self.undelivered.extend(reply.send());
        }
    }

    fn follow_up(&mut self, aftermath: Aftermath) {
        if let Some(due) = aftermath.due {
            self.arm(due);
        }
        self.shared.dispatcher.committed(aftermath.jobs, aftermath.jobs_gone);
        for (tenant, job_type) in &aftermath.arrived {
            // A component may have come since the commit began.
            if self.shared.dispatcher.worker_for(tenant, job_type).is_some() {
                self.shared.dispatcher.look_for(self.id, tenant, job_type);
            }
        }
        self.shared.arrivals.announce(aftermath.arrived.iter().map(|(_, job_type)| job_type));
        for (key, result) in aftermath.ended {
            self.awaited.completed(key, &result);
        }
        for key in aftermath.cancelled {
            self.awaited.cancelled(key);
        }
        self.wake(&aftermath.receivers);
        for key in aftermath.paused {
            self.paused.add(key);
        }
    }

    /// Tells partitions that something was sent to them.
    pub(super) fn wake(&mut self, receivers: &BTreeSet<PartitionId>) {
        for receiver in receivers {
            if *receiver == self.id {
                self.lines.hear_of(self.id);
            } else {
                self.shared.inboxes.of(*receiver).wake(self.id);
            }
        }
    }

    /// Forgets instances that have ended, and for which nothing else waits to be written.
    pub(super) fn forget_ended(&mut self, keys: &[ProcessInstanceKey], pending: &Pending) {
        for key in keys {
            if self.cache.get(*key).is_some_and(|cached| !cached.state.is_active())
                && !pending.entries.contains_key(key)
            {
                self.cache.remove(*key);
            }
        }
    }
}

impl Aftermath {
    fn arm(&mut self, time: Timestamp) {
        self.due = Some(self.due.map_or(time, |due| due.min(time)));
    }
}

impl Reply {
    /// Answers. A caller that is gone needs no answer, but jobs that were meant for it are given back.
    fn send(self) -> Vec<Undelivered> {
        match self {
            Self::Started(reply, result) => drop(reply.send(result)),
            Self::Done(reply, result) => drop(reply.send(result)),
            Self::Changed(reply, result) => drop(reply.send(result)),
            Self::Activated(reply, result) => {
                if let Err(Ok(jobs)) = reply.send(result) {
                    return jobs.iter().map(undelivered).collect();
                }
            }
            Self::Described(reply, result) => drop(reply.send(result)),
            Self::Published(reply, result) => drop(reply.send(result)),
            Self::Correlated(reply, result) => drop(reply.send(result)),
            Self::Broadcast(reply, result) => drop(reply.send(result)),
            Self::Evaluated(reply, result) => drop(reply.send(result)),
        }
        Vec::new()
    }

    fn send_unavailable(self, reason: &str) {
        let unavailable = Error::Unavailable(reason.to_owned());
        match self {
            Self::Started(reply, _) => drop(reply.send(Err(unavailable))),
            Self::Done(reply, _) => drop(reply.send(Err(unavailable))),
            Self::Changed(reply, _) => drop(reply.send(Err(unavailable))),
            Self::Activated(reply, _) => drop(reply.send(Err(unavailable))),
            Self::Described(reply, _) => drop(reply.send(Err(unavailable))),
            Self::Published(reply, _) => drop(reply.send(Err(unavailable))),
            Self::Correlated(reply, _) => drop(reply.send(Err(unavailable))),
            Self::Broadcast(reply, _) => drop(reply.send(Err(unavailable))),
            Self::Evaluated(reply, _) => drop(reply.send(Err(unavailable))),
        }
    }
}

/// The evaluation that an event tells of, if it does.
fn decision_evaluation(
    identity: &InstanceIdentity,
    state: &InstanceState,
    event: &Event,
) -> Option<DecisionEvaluation> {
    let Event::DecisionEvaluated {
        key,
        element_instance,
        decision,
        decision_id,
        decision_version,
        output,
        evaluated,
        failure,
        at,
    } = event
    else {
        return None;
    };
    Some(DecisionEvaluation {
        key: *key,
        instance: identity.key,
        definition: identity.definition,
        tenant: identity.tenant.clone(),
        element_instance: *element_instance,
        element: state.element(*element_instance).map(|element| element.element.clone()),
        decision: *decision,
        decision_id: decision_id.clone(),
        decision_version: *decision_version,
        outcome: match (output, failure) {
            (Some(output), _) => Ok(output.clone()),
            (None, failure) => Err(failure.clone().unwrap_or_default()),
        },
        evaluated: evaluated.clone(),
        at: *at,
    })
}

/// Bytes that an event takes in journal and rows, roughly.
fn rough_size(event: &Event) -> usize {
    const FIXED_BYTES: usize = 100;
    FIXED_BYTES + 2 * event.text_bytes()
}

fn undelivered(job: &ActivatedJob) -> Undelivered {
    Undelivered { instance: job.process_instance, job: job.key, attempt: job.attempt }
}
