//! Instances that have more to do than one step allows.

use std::collections::{HashSet, VecDeque};

use engine::Command;
use types::{Actor, ProcessInstanceKey};

use super::Partition;
use super::pending::Pending;
use crate::error::Error;
use crate::inbox::Target;

/// Instances that go on in one commit at most: the others, and the inbox, have their turn after that.
const CONTINUED_PER_COMMIT_MAX: usize = 64;

/// Instances that wait for `Continue`, in the order in which they were paused.
#[derive(Default)]
pub(super) struct Paused {
    turns: VecDeque<ProcessInstanceKey>,
    known: HashSet<ProcessInstanceKey>,
    /// The rows tell of more: after a start or a failed commit.
    read_rows: bool,
}

impl Paused {
    pub(super) fn add(&mut self, instance: ProcessInstanceKey) {
        if self.known.insert(instance) {
            self.turns.push_back(instance);
        }
    }

    /// The rows may hold paused instances that were not added.
    pub(super) fn read_rows(&mut self) {
        self.read_rows = true;
    }

    pub(super) fn has_some(&self) -> bool {
        self.read_rows || !self.turns.is_empty()
    }

    fn next(&mut self) -> Option<ProcessInstanceKey> {
        let instance = self.turns.pop_front()?;
        self.known.remove(&instance);
        Some(instance)
    }
}

impl Partition {
    /// Lets paused instances go on, a few at a time.
    pub(super) async fn continue_paused(&mut self, pending: &mut Pending) {
        if self.paused.read_rows {
            match self.shared.store.paused_instances(self.id).await {
                Ok(instances) => {
                    self.paused.read_rows = false;
                    instances.into_iter().for_each(|instance| self.paused.add(instance));
                    // By now it is decided whether what a failed commit has sent is there.
                    let receivers = std::mem::take(&mut self.unsure_receivers);
                    self.wake(&receivers);
                }
                Err(error) => {
                    tracing::error!(%error, "failed to look for paused instances; trying again");
                    return self.pause_a_moment().await;
                }
            }
        }
        for _ in 0..CONTINUED_PER_COMMIT_MAX {
            if !pending.has_room() {
                return;
            }
            let Some(instance) = self.paused.next() else { return };
            match self.command(Target::Instance(instance), Command::Continue, Actor::host(), pending).await {
                Ok(()) => self.carry_out_follow_ups(pending).await,
                Err(Error::Rejected(_)) => {}
                Err(Error::Damaged(reason)) => {
                    tracing::error!(%instance, %reason, "an instance cannot go on");
                }
                Err(error) => {
                    tracing::error!(%error, %instance, "failed to continue an instance; trying again");
                    self.paused.read_rows();
                    return self.pause_a_moment().await;
                }
            }
        }
    }
}
