//! The ways into all partitions of a host.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use types::{Key, PartitionId};

use super::{Inbox, Letters};

/// Variables of requests that wait, in bytes of JSON text, in all partitions together. More are refused as overload.
const BYTES_MAX: usize = 64 << 20;

/// One inbox for each partition. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Inboxes {
    /// Those of the partitions 1, 2, 3 …
    inboxes: Arc<[Inbox]>,
    turn: Arc<AtomicUsize>,
}

impl Inboxes {
    /// Inboxes for the partitions 1 to `count`, in which `commands_max` requests may wait together.
    pub(crate) fn new(count: NonZeroU16, commands_max: usize) -> (Self, Vec<(PartitionId, Letters)>) {
        let share = usize::from(count.get());
        let mut letters = Vec::with_capacity(share);
        let inboxes = ids(count).map(|id| {
            let (inbox, own_letters) = Inbox::new(commands_max.div_ceil(share), BYTES_MAX / share);
            letters.push((id, own_letters));
            inbox
        });
        let inboxes = inboxes.collect();
        (Self { inboxes, turn: Arc::default() }, letters)
    }

    /// All partitions.
    pub(crate) fn partitions(&self) -> impl Iterator<Item = PartitionId> + use<> {
        // There are no more than the 16-bit count they were made from.
        ids(NonZeroU16::new(self.inboxes.len() as u16).expect("there is at least one partition"))
    }

    /// The way into a partition of this host.
    pub(crate) fn of(&self, partition: PartitionId) -> &Inbox {
        self.find(partition).expect("the partition is one of this host's")
    }

    /// The way to whoever owns what has this key; `None` when no partition can have given it out.
    pub(crate) fn of_key(&self, key: Key) -> Option<&Inbox> {
        key.partition().and_then(|partition| self.find(partition))
    }

    /// The way into the partition whose turn it is.
    pub(crate) fn next(&self) -> &Inbox {
        &self.inboxes[self.turn.fetch_add(1, Ordering::Relaxed) % self.inboxes.len()]
    }

    /// The ways into all partitions, beginning with another one each time.
    pub(crate) fn in_turn(&self) -> impl Iterator<Item = &Inbox> {
        let first = self.turn.fetch_add(1, Ordering::Relaxed) % self.inboxes.len();
        let (later, earlier) = self.inboxes.split_at(first);
        earlier.iter().chain(later)
    }

    fn find(&self, partition: PartitionId) -> Option<&Inbox> {
        self.inboxes.get(usize::from(partition.get()) - 1)
    }
}

fn ids(count: NonZeroU16) -> impl Iterator<Item = PartitionId> + use<> {
    (1..=count.get()).filter_map(PartitionId::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_lead_to_their_partition_and_new_work_goes_round() {
        let (inboxes, letters) = Inboxes::new(NonZeroU16::new(3).unwrap(), 10);
        let ids: Vec<PartitionId> = inboxes.partitions().collect();
        assert_eq!(letters.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids);
        let place = |inbox: &Inbox| inboxes.inboxes.iter().position(|other| std::ptr::eq(other, inbox));
        for (index, id) in ids.iter().enumerate() {
            assert_eq!(inboxes.of_key(Key::new(*id, 7)).map(place), Some(Some(index)));
        }
        assert!(inboxes.of_key(Key::new(PartitionId::new(4).unwrap(), 7)).is_none());
        assert!(inboxes.of_key(Key::from_i64(7)).is_none(), "a key of no partition");
        let turns: Vec<_> = (0..4).map(|_| place(inboxes.next())).collect();
        assert_eq!(turns, [Some(0), Some(1), Some(2), Some(0)]);
        let all: Vec<_> = inboxes.in_turn().map(place).collect();
        assert_eq!(all, [Some(1), Some(2), Some(0)]);
    }
}
