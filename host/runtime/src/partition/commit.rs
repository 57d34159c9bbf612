//! Writing a batch, and what becomes of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use engine::state::{InstanceStatus, JobState};
use engine::{Change, Event, InstanceState, journal};
use store::{Batch, DecisionEvaluation, Exchange, InstanceBatch, InstanceIdentity, MailboxBatch};
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;
use types::{MessageKey, ProcessInstanceKey, SharedStr};

use super::Partition;
use super::aftermath::Aftermath;
use super::description::described;
use super::pending::Pending;
use super::reply::Reply;
use crate::error::Error;
use crate::figures::Taken;
use crate::requests::AwaitedInstance;

/// How long to leave a store alone that did not take a commit.
const AFTER_FAILED_COMMIT: Duration = Duration::from_millis(100);

/// A commit under way, and what follows from it.
pub(super) struct Writing {
    commit: AbortOnDropHandle<Result<(), store::Error>>,
    pub(super) taken: HashMap<SharedStr, Taken>,
    keys: Vec<ProcessInstanceKey>,
    replies: Vec<Reply>,
    correlations: Vec<MessageKey>,
    aftermath: Aftermath,
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
