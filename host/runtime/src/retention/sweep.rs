//! One look at all process versions: removes what is due, and tells when to look again.

use store::{EndedInstance, OldestEnd};
use types::{PartitionId, Timestamp};

use super::batch::{self, INSTANCES_PER_BATCH};
use super::traffic::Traffic;
use super::{Error, Retention, Surroundings};
use crate::inbox::Inbox;

/// Process versions that are read at a time.
const DEFINITIONS_READ: u32 = 500;

/// Removes all that is due. Returns when the next instance will be, as far as it is known: one that has not ended yet may
/// be due earlier, but not before it was kept for the shortest time that is set.
///
/// # Errors
/// The first fault. One of some instances does not keep those of other process versions.
pub(super) async fn sweep(
    retention: &Retention,
    surroundings: &Surroundings,
) -> Result<Option<Timestamp>, Error> {
    let shortest = retention.processes.values().chain([&retention.time]).flatten();
    let begin = surroundings.clock.now();
    let mut next = shortest.map(|time| time.after(begin)).min();
    let mut fault = None;
    for partition in surroundings.inboxes.partitions() {
        let inbox = surroundings.inboxes.of(partition);
        let sweep = Sweep { retention, surroundings, partition, inbox };
        let mut after = None;
        loop {
            let read = surroundings.store.oldest_ends(partition, after, DEFINITIONS_READ).await?;
            after = read.last().map(|last| last.definition);
            let is_last = read.len() < DEFINITIONS_READ as usize;
            for definition in read {
                match sweep.definition(&definition).await {
                    Ok(due) => next = next.into_iter().chain(due).min(),
                    Err(error) if error.concerns_some() => {
                        fault.get_or_insert(error);
                    }
                    Err(error) => return Err(error),
                }
            }
            if is_last {
                break;
            }
        }
    }
    fault.map_or(Ok(next), Err)
}

/// A look at one partition.
struct Sweep<'s> {
    retention: &'s Retention,
    surroundings: &'s Surroundings,
    partition: PartitionId,
    inbox: &'s Inbox,
}

impl Sweep<'_> {
    /// Removes the instances of a process version that are due. Returns when the next one is.
    async fn definition(&self, definition: &OldestEnd) -> Result<Option<Timestamp>, Error> {
        let Some(time) = self.retention.of(&definition.bpmn_process_id) else { return Ok(None) };
        let Some(oldest) = definition.ended_at else { return Ok(None) };
        let due = time.after(oldest);
        if due > self.now() {
            return Ok(Some(due));
        }
        let Surroundings { store, dispatcher, .. } = self.surroundings;
        loop {
            let limit = INSTANCES_PER_BATCH;
            let mut ended = store.ended_instances(self.partition, definition.definition, None, limit).await?;
            let (read, now) = (ended.len(), self.now());
            let due = ended.iter().take_while(|ended| time.after(ended.ended_at) <= now).count();
            let next = ended.get(due).map(|ended| time.after(ended.ended_at));
            ended.truncate(due);
            if !ended.is_empty() {
                let mut traffic = Traffic::of(self.partition, self.inbox, dispatcher);
                traffic.ease().await;
                self.remove(definition, &ended, &mut traffic).await?;
            }
            if next.is_some() || read < limit as usize {
                return Ok(next);
            }
        }
    }

    async fn remove(
        &self,
        definition: &OldestEnd,
        ended: &[EndedInstance],
        traffic: &mut Traffic<'_>,
    ) -> Result<(), Error> {
        if let Some(archive) = &self.retention.archive {
            archive.take(definition, ended).await.map_err(Error::Archive)?;
        }
        batch::remove(&*self.surroundings.store, self.partition, self.inbox, ended, traffic).await
    }

    fn now(&self) -> Timestamp {
        self.surroundings.clock.now()
    }
}
