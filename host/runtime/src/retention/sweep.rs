//! One look at all process versions: removes what is due, and tells when to look again.
//!
//! It goes round: one batch of each process version of each partition, again and again, so that none waits for another.

use std::collections::{BTreeMap, BTreeSet};

use store::{EndedInstance, OldestEnd};
use types::{PartitionId, ProcessDefinitionKey, Timestamp};

use super::batch::{self, INSTANCES_PER_BATCH};
use super::error::Error;
use super::policy::Retention;
use super::surroundings::Surroundings;
use super::traffic::Traffic;

/// Process versions that are read at a time.
const DEFINITIONS_READ: u32 = 500;

/// Removes all that is due. Returns when the next instance will be, as far as it is known: one that has not ended yet may
/// be due earlier, but not before it was kept for the shortest time that is set.
///
/// # Errors
/// The first fault. One of some instances does not keep others.
pub(super) async fn sweep(
    retention: &Retention,
    surroundings: &Surroundings,
) -> Result<Option<Timestamp>, Error> {
    let shortest = retention.processes.values().chain([&retention.time]).flatten();
    let begin = surroundings.clock.now();
    let mut next = shortest.map(|time| time.after(begin)).min();
    let mut sweep =
        Sweep { retention, surroundings, left: BTreeMap::new(), given_up: BTreeSet::new(), fault: None };
    let mut traffic = Traffic::of(&surroundings.inboxes, &surroundings.dispatcher);
    loop {
        traffic.ease().await;
        let Round { due, has_more } = sweep.round(&mut traffic).await?;
        if !has_more {
            next = next.into_iter().chain(due).min();
            return sweep.fault.map_or(Ok(next), Err);
        }
    }
}

/// What a round has found.
struct Round {
    /// When the next instance is due that is not yet.
    due: Option<Timestamp>,
    /// Whether there may be more that is due now.
    has_more: bool,
}

/// A process version in a partition.
type Place = (PartitionId, ProcessDefinitionKey);

struct Sweep<'s> {
    retention: &'s Retention,
    surroundings: &'s Surroundings,
    /// Some instances up to these were not removed; what comes after them is next.
    left: BTreeMap<Place, EndedInstance>,
    /// Nothing of these is removed before the next look.
    given_up: BTreeSet<Place>,
    /// The first fault of some instances.
    fault: Option<Error>,
}

impl Sweep<'_> {
    /// One batch of each process version of each partition.
    async fn round(&mut self, traffic: &mut Traffic<'_>) -> Result<Round, Error> {
        let mut round = Round { due: None, has_more: false };
        for partition in self.surroundings.inboxes.partitions() {
            let mut after = None;
            loop {
                let store = &self.surroundings.store;
                let read = store.oldest_ends(partition, after, DEFINITIONS_READ).await?;
                after = read.last().map(|last| last.definition);
                let is_last = read.len() < DEFINITIONS_READ as usize;
                for definition in read {
                    self.definition(partition, &definition, traffic, &mut round).await?;
                }
                if is_last {
                    break;
                }
            }
        }
        Ok(round)
    }

    /// One batch of a process version.
    async fn definition(
        &mut self,
        partition: PartitionId,
        definition: &OldestEnd,
        traffic: &mut Traffic<'_>,
        round: &mut Round,
    ) -> Result<(), Error> {
        let Some(time) = self.retention.of(&definition.bpmn_process_id) else { return Ok(()) };
        let Some(oldest) = definition.ended_at else { return Ok(()) };
        let now = self.surroundings.clock.now();
        let mut is_due_at = |due: Timestamp| round.due = round.due.into_iter().chain([due]).min();
        if time.after(oldest) > now {
            is_due_at(time.after(oldest));
            return Ok(());
        }
        let place = (partition, definition.definition);
        if self.given_up.contains(&place) {
            return Ok(());
        }
        let (store, limit) = (&self.surroundings.store, INSTANCES_PER_BATCH);
        let left = self.left.get(&place).copied();
        let mut ended = store.ended_instances(partition, definition.definition, left, limit).await?;
        let read = ended.len();
        let due = ended.iter().take_while(|ended| time.after(ended.ended_at) <= now).count();
        match ended.get(due) {
            Some(next) => is_due_at(time.after(next.ended_at)),
            None => round.has_more |= read == limit as usize,
        }
        ended.truncate(due);
        if ended.is_empty() {
            return Ok(());
        }
        if let Err(error) = self.remove(partition, definition, &ended, traffic).await {
            self.note(error)?;
            self.one_by_one(partition, definition, &ended, traffic).await?;
        }
        Ok(())
    }

    /// Removes instances that were not removed together: one of them may be to blame, and must not keep the others.
    async fn one_by_one(
        &mut self,
        partition: PartitionId,
        definition: &OldestEnd,
        ended: &[EndedInstance],
        traffic: &mut Traffic<'_>,
    ) -> Result<(), Error> {
        let place = (partition, definition.definition);
        let mut kept = Vec::new();
        for one in ended {
            if let Err(error) = self.remove(partition, definition, &[*one], traffic).await {
                self.note(error)?;
                kept.push(one.key);
            }
        }
        if kept.len() == ended.len() {
            // It is not they.
            self.given_up.insert(place);
        } else if !kept.is_empty() {
            tracing::warn!(?kept, "some instances that have ended were not removed, others were");
        }
        self.left.extend(ended.last().map(|last| (place, *last)));
        Ok(())
    }

    /// Keeps the first fault of some instances for the end.
    ///
    /// # Errors
    /// Others would fare no better.
    fn note(&mut self, error: Error) -> Result<(), Error> {
        if !error.concerns_some() {
            return Err(error);
        }
        self.fault.get_or_insert(error);
        Ok(())
    }

    async fn remove(
        &self,
        partition: PartitionId,
        definition: &OldestEnd,
        ended: &[EndedInstance],
        traffic: &mut Traffic<'_>,
    ) -> Result<(), Error> {
        if let Some(archive) = &self.retention.archive {
            archive.take(definition, ended).await.map_err(Error::Archive)?;
        }
        let Surroundings { store, inboxes, .. } = self.surroundings;
        batch::remove(&**store, partition, inboxes.of(partition), ended, traffic).await
    }
}
