//! Writing a batch, and all that happens after it is durable.

use std::collections::BTreeMap;

use engine::journal::{self, Entry};
use engine::state::{InstanceStatus, JobState};
use engine::{Change, Event};
use store::{Batch, InstanceBatch, InstanceIdentity};
use tokio::sync::oneshot;
use types::{Actor, ProcessInstanceKey, Timestamp};

use super::Partition;
use super::request::{DescribedJob, Started};
use super::work::described;
use crate::activation::ActivatedJob;
use crate::error::Error;
use crate::handle::AwaitedInstance;

/// What was done in memory and waits for its commit.
#[derive(Default)]
pub(super) struct Pending {
    pub(super) requests: usize,
    /// Rough size of what is to be written.
    pub(super) bytes: usize,
    pub(super) replies: Vec<Reply>,
    entries: BTreeMap<ProcessInstanceKey, Vec<Entry>>,
}

/// An answer that waits for the commit.
pub(super) enum Reply {
    Started(oneshot::Sender<Result<Started, Error>>, Result<Started, Error>),
    Done(oneshot::Sender<Result<(), Error>>, Result<(), Error>),
    Activated(oneshot::Sender<Result<Vec<ActivatedJob>, Error>>, Result<Vec<ActivatedJob>, Error>),
    Described(
        oneshot::Sender<Result<Option<Box<DescribedJob>>, Error>>,
        Result<Option<Box<DescribedJob>>, Error>,
    ),
}

/// What an instance's batch leads to outside, once it is durable.
#[derive(Default)]
struct Aftermath {
    jobs: Vec<DescribedJob>,
    jobs_for_external_workers: bool,
    due: Option<Timestamp>,
    paused: Vec<ProcessInstanceKey>,
    ended: Vec<(ProcessInstanceKey, AwaitedInstance)>,
    cancelled: Vec<ProcessInstanceKey>,
}

impl Pending {
    /// Notes what a command has done to an instance.
    pub(super) fn record(
        &mut self,
        key: ProcessInstanceKey,
        at: Timestamp,
        actor: Actor,
        events: Vec<Event>,
    ) {
        if events.is_empty() {
            return;
        }
        self.bytes += events.iter().map(rough_size).sum::<usize>();
        self.entries.entry(key).or_default().push(Entry { at, actor, events });
    }
}

impl Partition {
    /// Writes what is pending in one commit, then answers and acts.
    pub(super) async fn commit(&mut self, pending: Pending) {
        let Pending { replies, entries, .. } = pending;
        if entries.is_empty() {
            for reply in replies {
                reply.send();
            }
            return;
        }
        let mut aftermath = Aftermath::default();
        let mut instances = Vec::with_capacity(entries.len());
        let keys: Vec<ProcessInstanceKey> = entries.keys().copied().collect();
        for (key, entries) in entries {
            let Some(cached) = self.cache.get(key) else { continue };
            let changes = cached.state.take_changes();
            let Some(instance) = cached.state.instance() else { continue };
            let identity = InstanceIdentity {
                key,
                definition: instance.definition,
                bpmn_process_id: instance.bpmn_process_id.clone(),
                version: instance.version,
                tenant: instance.tenant.clone(),
            };
            for change in &changes.jobs {
                let Change::Put(job) = change else { continue };
                match &job.state {
                    JobState::Activatable { from } if *from <= self.shared.clock.now() => {
                        if self.shared.dispatcher.serves(&identity.tenant, &job.job_type) {
                            aftermath.jobs.extend(described(&cached.state, &cached.definitions, job.key));
                        } else {
                            aftermath.jobs_for_external_workers = true;
                        }
                    }
                    JobState::Activatable { from: due } | JobState::Activated { deadline: due, .. } => {
                        aftermath.arm(*due);
                    }
                    JobState::Running { .. } | JobState::Stopped => {}
                }
            }
            for change in &changes.timers {
                if let Change::Put(timer) = change {
                    aftermath.arm(timer.due);
                }
            }
            match instance.state {
                InstanceStatus::Active if instance.paused => aftermath.paused.push(key),
                InstanceStatus::Active => {}
                InstanceStatus::Completed => {
                    if self.awaited.contains_key(&key) {
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
            instances.push(InstanceBatch { identity, journal: journal::encode(&entries), changes });
        }
        let batch = Batch { partition: self.id, next_key_counter: self.keys.next_counter(), instances };
        match self.shared.store.commit(batch).await {
            Ok(()) => {
                for reply in replies {
                    reply.send();
                }
                self.follow_up(aftermath);
                self.drop_ended(&keys);
                self.cache.trim();
            }
            Err(error) => {
                tracing::error!(%error, instances = keys.len(), "the commit failed; reading the rows again");
                self.cache.clear();
                let reason = match std::error::Error::source(&error) {
                    Some(source) => format!("{error}: {source}"),
                    None => error.to_string(),
                };
                for reply in replies {
                    reply.send_unavailable(&reason);
                }
                // What was due stays due: look again soon.
                let now = self.shared.clock.now();
                self.arm(now + std::time::Duration::from_millis(100));
            }
        }
    }

    fn follow_up(&mut self, aftermath: Aftermath) {
        if let Some(due) = aftermath.due {
            self.arm(due);
        }
        for job in aftermath.jobs {
            self.shared.dispatcher.offer(job);
        }
        if aftermath.jobs_for_external_workers {
            self.shared.jobs_available.notify_waiters();
        }
        for (key, result) in aftermath.ended {
            for ended in self.awaited.remove(&key).into_iter().flatten() {
                let _ = ended.send(Ok(result.clone()));
            }
        }
        for key in aftermath.cancelled {
            for ended in self.awaited.remove(&key).into_iter().flatten() {
                let _ = ended.send(Err(Error::AwaitCancelled { key }));
            }
        }
        for key in aftermath.paused {
            self.shared.dispatcher.resume(key);
        }
        // Callers that no longer wait.
        self.awaited.retain(|_, waiting| {
            waiting.retain(|ended| !ended.is_closed());
            !waiting.is_empty()
        });
    }

    fn drop_ended(&mut self, keys: &[ProcessInstanceKey]) {
        for key in keys {
            if self.cache.get(*key).is_some_and(|cached| !cached.state.is_active()) {
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
    /// Answers. A caller that is gone needs no answer.
    fn send(self) {
        match self {
            Self::Started(reply, result) => drop(reply.send(result)),
            Self::Done(reply, result) => drop(reply.send(result)),
            Self::Activated(reply, result) => drop(reply.send(result)),
            Self::Described(reply, result) => drop(reply.send(result)),
        }
    }

    fn send_unavailable(self, reason: &str) {
        let unavailable = Error::Unavailable(reason.to_owned());
        match self {
            Self::Started(reply, _) => drop(reply.send(Err(unavailable))),
            Self::Done(reply, _) => drop(reply.send(Err(unavailable))),
            Self::Activated(reply, _) => drop(reply.send(Err(unavailable))),
            Self::Described(reply, _) => drop(reply.send(Err(unavailable))),
        }
    }
}

/// Bytes that an event takes in journal and rows, roughly.
fn rough_size(event: &Event) -> usize {
    const FIXED_BYTES: usize = 100;
    match event {
        Event::VariableSet { value, .. } => FIXED_BYTES + 2 * value.as_str().len(),
        Event::CheckpointSaved { value, .. } => FIXED_BYTES + 2 * value.len(),
        _ => FIXED_BYTES,
    }
}
