//! Instances that have ended, and their removal.

use std::collections::{BTreeMap, BTreeSet};

use types::{PartitionId, ProcessDefinitionKey, ProcessInstanceKey};

use super::state::{Instance, State};
use crate::{EndedInstance, REMOVED_AT_ONCE_MAX, RemovalLimit, Removed};

impl State {
    pub(super) fn ended_of(
        &self,
        partition: PartitionId,
        definition: ProcessDefinitionKey,
    ) -> impl Iterator<Item = EndedInstance> {
        self.instances_of(partition)
            .filter(move |instance| instance.identity.definition == definition)
            .filter_map(|instance| {
                instance.row.ended_at.map(|ended_at| EndedInstance { key: instance.row.key, ended_at })
            })
    }

    /// Table by table, as the stores in SQL do it.
    pub(super) fn remove_instances(
        &mut self,
        partition: PartitionId,
        instances: &[ProcessInstanceKey],
        limit: RemovalLimit,
    ) -> Removed {
        let ended: Vec<ProcessInstanceKey> = instances
            .iter()
            .filter(|key| key.0.partition() == Some(partition))
            .take(REMOVED_AT_ONCE_MAX)
            .filter(|key| self.instances.get(key).is_some_and(|instance| instance.row.ended_at.is_some()))
            .copied()
            .collect();
        let mut measure = Measure { rows_left: limit.rows, bytes_left: limit.bytes };
        self.of_each(&ended, |instance| {
            measure.take(&mut instance.variables, |row| row.variable.value.as_str().len());
        });
        self.of_each(&ended, |instance| measure.take(&mut instance.user_tasks, |_| 0));
        self.of_each(&ended, |instance| measure.take(&mut instance.incidents, |_| 0));
        measure.bytes_left = limit.bytes;
        self.of_each(&ended, |instance| {
            measure.take(&mut instance.decision_evaluations, |row| row.evaluated.as_str().len());
        });
        measure.bytes_left = limit.bytes;
        self.of_each(&ended, |instance| measure.take(&mut instance.attempts, |row| row.report.len()));
        measure.bytes_left = limit.bytes;
        self.of_each(&ended, |instance| measure.take(&mut instance.correlations, |_| 0));
        measure.bytes_left = limit.bytes;
        let is_of_ended = |owner: &ProcessInstanceKey| ended.contains(owner);
        let mut history: BTreeMap<i64, usize> = self
            .journal
            .iter()
            .filter(|(_, (owner, _))| is_of_ended(owner))
            .map(|(position, (_, entries))| (*position, entries.len()))
            .collect();
        measure.take(&mut history, |bytes| *bytes);
        self.journal.retain(|position, (owner, _)| !is_of_ended(owner) || history.contains_key(position));
        let remaining: BTreeSet<ProcessInstanceKey> =
            self.journal.values().map(|(owner, _)| *owner).collect();
        let mut removed = Removed { instances: 0, rows: u64::from(limit.rows - measure.rows_left) };
        for key in ended {
            let is_bare = |instance: &Instance| {
                instance.variables.is_empty()
                    && instance.user_tasks.is_empty()
                    && instance.incidents.is_empty()
                    && instance.decision_evaluations.is_empty()
                    && instance.attempts.is_empty()
                    && instance.correlations.is_empty()
            };
            if !remaining.contains(&key) && self.instances.get(&key).is_some_and(is_bare) {
                self.instances.remove(&key);
                removed.instances += 1;
            }
        }
        removed.rows += removed.instances;
        removed
    }

    fn of_each(&mut self, keys: &[ProcessInstanceKey], mut change: impl FnMut(&mut Instance)) {
        for key in keys {
            if let Some(instance) = self.instances.get_mut(key) {
                change(instance);
            }
        }
    }
}

/// What may still be taken away.
struct Measure {
    rows_left: u32,
    bytes_left: u64,
}

impl Measure {
    /// Removes rows, the first ones first. A row goes when those before it do not fill the measure.
    fn take<K: Ord + Clone, T>(&mut self, rows: &mut BTreeMap<K, T>, size: impl Fn(&T) -> usize) {
        while self.rows_left > 0
            && self.bytes_left > 0
            && let Some((_, row)) = rows.pop_first()
        {
            self.rows_left -= 1;
            self.bytes_left = self.bytes_left.saturating_sub(size(&row) as u64);
        }
    }
}
