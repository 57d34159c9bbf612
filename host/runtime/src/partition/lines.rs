//! What is on its way to the partition: parcels of the outbox, in one line for each sender.
//!
//! A parcel is removed by the commit that carries it out, so that it is carried out once. The parcels of one sender go in the
//! order in which they were sent; how far each line was taken is in memory, because the rows still show what the commit
//! under way removes.

use std::collections::BTreeMap;

use engine::outgoing::CallProcess;
use engine::{Change, Outgoing};
use store::{CrossingRow, Parcel, ParcelContent, ParcelKey};
use types::{Key, PartitionId};

use super::Partition;
use super::pending::Pending;
use super::set_aside::SET_ASIDE_AT_ONCE_MAX;
use crate::error::Error;

/// Parcels of one sender that are read at once. Each may hold variables of some MiB.
const PARCELS_READ_MAX: u32 = 32;

/// Parcels of each sender that a batch carries out in any case: requests that fill every batch do not hold them up for ever.
const PARCELS_PER_COMMIT_MIN: usize = 4;

/// How far the lines of all senders are.
pub(super) struct Lines {
    own: PartitionId,
    senders: BTreeMap<PartitionId, Line>,
    /// How many parcels the partition has sent to itself that are not carried out; `None` when the rows have to tell.
    own_parcels: Option<usize>,
}

#[derive(Default)]
struct Line {
    /// There may be more in the rows.
    has_more: bool,
    /// The last parcel that was carried out.
    after: Option<Key>,
    /// The next one, of which a part is done.
    begun: Option<Parcel>,
}

/// What has become of a parcel.
pub(super) enum Progress {
    Done,
    /// So much is left of it.
    InPart(ParcelContent),
}

impl Lines {
    /// The rows may hold something of every sender.
    pub(super) fn new(own: PartitionId, senders: impl Iterator<Item = PartitionId>) -> Self {
        let mut lines =
            Self { own, senders: senders.map(|id| (id, Line::default())).collect(), own_parcels: None };
        lines.read_rows();
        lines
    }

    /// Memory has moved on from what the rows say.
    pub(super) fn read_rows(&mut self) {
        self.senders.values_mut().for_each(|line| *line = Line { has_more: true, ..Line::default() });
        self.own_parcels = None;
    }

    /// A sender has something new.
    pub(super) fn hear_of(&mut self, sender: PartitionId) {
        self.senders.entry(sender).or_default().has_more = true;
    }

    pub(super) fn has_some(&self) -> bool {
        self.senders.values().any(|line| line.has_more)
    }

    /// Whether what the partition asks of itself can be done at once, because nothing is before it.
    pub(super) fn is_own_clear(&self) -> bool {
        self.own_parcels == Some(0)
    }

    /// Nothing that the partition has sent to itself is in the rows.
    pub(super) fn own_is_clear(&mut self) {
        self.own_parcels = Some(0);
    }

    pub(super) fn sent_to_self(&mut self) {
        self.own_parcels = self.own_parcels.map(|count| count + 1);
    }

    fn line(&mut self, sender: PartitionId) -> &mut Line {
        self.senders.entry(sender).or_default()
    }

    fn carried_out(&mut self, sender: PartitionId, key: Key) {
        let line = self.line(sender);
        (line.after, line.begun) = (Some(key), None);
        if sender == self.own {
            self.own_parcels = self.own_parcels.map(|count| count.saturating_sub(1));
        }
    }
}

impl Partition {
    /// Sends something to a partition: a parcel that is written with the batch.
    pub(super) fn send_parcel(&mut self, receiver: PartitionId, outgoing: Outgoing, pending: &mut Pending) {
        let key = ParcelKey { receiver, key: self.keys.next_key() };
        pending.add_bytes(size(&outgoing));
        let content = ParcelContent { outgoing, last_subscription: None };
        pending.change_parcel(key, Change::Put(Parcel { key, content }));
        if receiver == self.id {
            self.lines.sent_to_self();
        }
    }

    /// Carries out what has come from others, and what was left over here. No commit is under way.
    pub(super) async fn take_parcels(&mut self, pending: &mut Pending) {
        let senders: Vec<PartitionId> = self.lines.senders.keys().copied().collect();
        for sender in senders {
            if !self.lines.line(sender).has_more {
                continue;
            }
            let taken = self.take_line(sender, pending).await;
            if let Err(Error::Overloaded(_)) = taken {
                // The line stays where it is: its next look goes on.
                continue;
            }
            if let Err(error) = taken {
                tracing::error!(%error, sender = sender.get(), "failed to carry out what was sent; trying again");
                self.lines.hear_of(sender);
                return self.pause_a_moment().await;
            }
        }
    }

    async fn take_line(&mut self, sender: PartitionId, pending: &mut Pending) -> Result<(), Error> {
        let mut taken = 0;
        if let Some(parcel) = self.lines.line(sender).begun.take() {
            if !self.take_parcel(sender, parcel, pending).await? {
                return Ok(());
            }
            taken += 1;
        }
        let takes_more =
            |taken: usize, pending: &Pending| taken < PARCELS_PER_COMMIT_MIN || pending.takes_follow_ups();
        let (mut is_end, mut set_aside) = (false, 0);
        while !is_end {
            if !takes_more(taken, pending) || set_aside == SET_ASIDE_AT_ONCE_MAX {
                return Ok(());
            }
            let after = self.lines.line(sender).after;
            let read = self.shared.store.outbox(self.id, sender, after, PARCELS_READ_MAX).await;
            let Some(parcels) = self.readable(read).await? else {
                set_aside += 1;
                continue;
            };
            is_end = parcels.len() < PARCELS_READ_MAX as usize;
            for parcel in parcels {
                if !takes_more(taken, pending) || !self.take_parcel(sender, parcel, pending).await? {
                    return Ok(());
                }
                taken += 1;
            }
        }
        self.lines.line(sender).has_more = false;
        // What is sent meanwhile is announced when it is written.
        if sender == self.id && self.lines.own_parcels.is_none() && !pending.sends_to(self.id) {
            self.lines.own_is_clear();
        }
        Ok(())
    }

    /// Carries out a parcel, as far as it goes in one batch. False when a part of it is left.
    async fn take_parcel(
        &mut self,
        sender: PartitionId,
        parcel: Parcel,
        pending: &mut Pending,
    ) -> Result<bool, Error> {
        pending.count_follow_up();
        let carried_out = match &parcel.content.outgoing {
            Outgoing::BroadcastSignal { .. } => self.take_signal(&parcel.content, pending).await,
            // An older release has put mailboxes elsewhere: what was on its way there goes on.
            outgoing if !self.is_for_here(outgoing) => {
                self.pass_on(vec![outgoing.clone()], pending);
                Ok(Progress::Done)
            }
            outgoing => self.carry_out(outgoing, pending).await.map(|()| Progress::Done),
        };
        let progress = match carried_out {
            // Nothing was done, and nothing else would come of the next attempt.
            Err(error @ (Error::Damaged(_) | Error::Rejected(_))) => {
                self.set_aside(&CrossingRow::Parcel(parcel.key), &error.to_string()).await?;
                self.lines.carried_out(sender, parcel.key.key);
                return Ok(true);
            }
            progress => progress?,
        };
        let is_done = matches!(progress, Progress::Done);
        match progress {
            Progress::Done => {
                pending.change_parcel(parcel.key, Change::Delete(parcel.key));
                self.lines.carried_out(sender, parcel.key.key);
            }
            Progress::InPart(content) => {
                let parcel = Parcel { content, ..parcel };
                pending.change_parcel(parcel.key, Change::Put(parcel.clone()));
                self.lines.line(sender).begun = Some(parcel);
            }
        }
        self.carry_out_follow_ups(pending).await;
        Ok(is_done)
    }
}

/// What a parcel takes, in bytes, roughly.
fn size(outgoing: &Outgoing) -> usize {
    const FIXED_BYTES: usize = 200;
    let variables = match outgoing {
        Outgoing::CallProcess(CallProcess { variables, .. })
        | Outgoing::CalledCompleted { variables, .. }
        | Outgoing::Correlate { variables, .. }
        | Outgoing::StartByMessage { variables, .. }
        | Outgoing::BroadcastSignal { variables, .. } => variables.bytes(),
        Outgoing::ErrorInCalled { error, .. } | Outgoing::ErrorUncaught { error } => error.variables.bytes(),
        Outgoing::CancelCalled { .. }
        | Outgoing::CalledTerminated { .. }
        | Outgoing::EscalationInCalled { .. }
        | Outgoing::EvaluateDecision(_)
        | Outgoing::FindFiles(_)
        | Outgoing::OpenSubscription { .. }
        | Outgoing::CloseSubscription { .. }
        | Outgoing::Correlated { .. }
        | Outgoing::StartedInstanceEnded { .. }
        | Outgoing::ExpireMessages { .. } => 0,
    };
    FIXED_BYTES + variables
}
