//! The ways into all partitions of a host.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::oneshot;
use types::{Key, PartitionId};

use super::{Ask, Inbox, Letters, Room};
use crate::error::Error;
use crate::figures::Figures;

/// Variables of requests that wait, in bytes of JSON text, in all partitions together. More are refused as overload.
const INBOX_BYTES_MAX: usize = 64 << 20;

/// One inbox for each partition. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Inboxes {
    /// Those of the partitions 1, 2, 3 …
    inboxes: Arc<[Inbox]>,
    turn: Arc<AtomicUsize>,
    figures: Arc<Figures>,
}

impl Inboxes {
    /// Inboxes for the partitions 1 to `count`, in which `commands_max` requests may wait together.
    pub(crate) fn new(
        count: NonZeroU16,
        commands_max: usize,
        figures: &Arc<Figures>,
    ) -> (Self, Vec<(PartitionId, Letters)>) {
        let share = usize::from(count.get());
        // Not divided: the largest request has to fit, however many partitions there are.
        let room = Room::new(INBOX_BYTES_MAX);
        let mut letters = Vec::with_capacity(share);
        let inboxes = ids(count).map(|id| {
            let commands_max = commands_max.div_ceil(share);
            let (inbox, own_letters) = Inbox::new(commands_max, room.clone(), Arc::clone(figures));
            letters.push((id, own_letters));
            inbox
        });
        let inboxes = inboxes.collect();
        (Self { inboxes, turn: Arc::default(), figures: Arc::clone(figures) }, letters)
    }

    /// All partitions.
    pub(crate) fn partitions(&self) -> impl Iterator<Item = PartitionId> + use<> {
        ids(self.count())
    }

    /// How many partitions there are.
    pub(crate) fn count(&self) -> NonZeroU16 {
        // There are no more than the 16-bit count they were made from.
        NonZeroU16::new(self.inboxes.len() as u16).expect("there is at least one partition")
    }

    /// The way into a partition of this host.
    pub(crate) fn of(&self, partition: PartitionId) -> &Inbox {
        self.find(partition).expect("the partition is one of this host's")
    }

    /// The way to whoever owns what has this key; `None` when no partition can have given it out.
    pub(crate) fn of_key(&self, key: Key) -> Option<&Inbox> {
        key.partition().and_then(|partition| self.find(partition))
    }

    /// Puts a request that any partition can carry out into the inbox whose turn it is, or else into the next that has room.
    ///
    /// # Errors
    /// As [`Inbox::try_send`], when no partition takes it.
    pub(crate) fn try_send_to_any(&self, ask: Ask) -> Result<(), Error> {
        let mut left = Some(ask);
        let mut refused = Error::ShuttingDown;
        for inbox in self.in_turn() {
            let Some(ask) = left.take() else { break };
            match inbox.offer(ask) {
                Ok(()) => return Ok(()),
                Err((ask, error)) => (left, refused) = (Some(*ask), error),
            }
        }
        self.figures.answered(&refused);
        Err(refused)
    }

    /// Asks one partition after the other for something for a client, until one has some: an answer that is not empty.
    ///
    /// # Errors
    /// A partition has failed, or all that might have some have no room.
    pub(crate) async fn ask_each<T>(
        &self,
        mut ask: impl FnMut(oneshot::Sender<Result<Vec<T>, Error>>) -> Ask,
    ) -> Result<Vec<T>, Error> {
        let (mut has_answer, mut failed) = (false, None);
        for inbox in self.in_turn() {
            match inbox.ask_as_one_of_many(&mut ask).await {
                Ok(found) if found.is_empty() => has_answer = true,
                Err(error @ Error::Overloaded(_)) => failed = failed.or(Some(error)),
                Err(error) => failed = Some(error),
                found => return found,
            }
        }
        match failed {
            Some(Error::Overloaded(_)) if has_answer => Ok(Vec::new()),
            Some(error) => {
                self.figures.answered(&error);
                Err(error)
            }
            None => Ok(Vec::new()),
        }
    }

    /// How many requests wait in all partitions, of clients and of the host itself.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let each = self.inboxes.iter().map(Inbox::waiting);
        each.fold((0, 0), |(clients, own), more| (clients + more.0, own + more.1))
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
    use std::time::Duration;

    use engine::Command;
    use types::{Actor, JobKey, TenantId, Timestamp, UserTaskKey, VARIABLES_BYTES_MAX, Variables};

    use super::*;
    use crate::error::Overload;
    use crate::inbox::Target;
    use crate::requests::{ActivateJobs, ActivatedJob};

    fn figures() -> Arc<Figures> {
        Arc::new(Figures::new(Timestamp::default()))
    }

    #[test]
    fn keys_lead_to_their_partition_and_new_work_goes_round() {
        let (inboxes, letters) = Inboxes::new(NonZeroU16::new(3).unwrap(), 10, &figures());
        let ids: Vec<PartitionId> = inboxes.partitions().collect();
        assert_eq!(letters.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids);
        let place = |inbox: &Inbox| inboxes.inboxes.iter().position(|other| std::ptr::eq(other, inbox));
        for (index, id) in ids.iter().enumerate() {
            assert_eq!(inboxes.of_key(Key::new(*id, 7)).map(place), Some(Some(index)));
        }
        assert!(inboxes.of_key(Key::new(PartitionId::new(4).unwrap(), 7)).is_none());
        assert!(inboxes.of_key(Key::from_i64(7)).is_none(), "a key of no partition");
        let turns: Vec<_> = (0..4).map(|_| inboxes.in_turn().map(place).collect::<Vec<_>>()).collect();
        assert_eq!(turns[1], [Some(1), Some(2), Some(0)]);
        assert_eq!(turns[0], turns[3]);
    }

    fn question() -> Ask {
        let (reply, _) = oneshot::channel();
        Ask::Describe { jobs: Vec::new(), for_connector: false, reply }
    }

    #[test]
    fn new_work_goes_where_there_is_room() {
        let (inboxes, _letters) = Inboxes::new(NonZeroU16::new(2).unwrap(), 4, &figures());
        let first = inboxes.of(PartitionId::FIRST);
        (0..2).for_each(|_| first.try_send(question()).unwrap());
        assert!(first.try_send(question()).is_err());
        (0..2).for_each(|_| inboxes.try_send_to_any(question()).unwrap());
        let refused = inboxes.try_send_to_any(question());
        assert!(matches!(refused, Err(Error::Overloaded(Overload::Commands(2)))), "{refused:?}");
        let refusals = inboxes.figures.so_far().refused_for_commands;
        assert_eq!(
            (refusals, inboxes.waiting()),
            (2, (4, 0)),
            "what finds room elsewhere is not turned away"
        );
    }

    fn activation(reply: oneshot::Sender<Result<Vec<ActivatedJob>, Error>>) -> Ask {
        let activate = ActivateJobs {
            job_type: "work".into(),
            worker: "worker".into(),
            timeout: Duration::from_secs(1),
            jobs_max: 1,
            wait: Duration::ZERO,
            fetch_variables: None,
            tenants: vec![TenantId::default()],
            actor: Actor::default(),
        };
        Ask::Activate { activate, reply }
    }

    #[tokio::test]
    async fn a_client_is_turned_away_once_however_many_partitions_have_no_room() {
        let (inboxes, mut letters) = Inboxes::new(NonZeroU16::new(3).unwrap(), 3, &figures());
        let refusals = || inboxes.figures.so_far().refused_for_commands;
        inboxes.partitions().for_each(|id| inboxes.of(id).try_send(question()).unwrap());
        let refused = inboxes.ask_each(activation).await;
        assert!(matches!(refused, Err(Error::Overloaded(Overload::Commands(1)))), "{refused:?}");
        assert_eq!(refusals(), 1);
        // One that has room answers for all.
        drop(letters[1].1.try_next(true));
        let (answer, ()) = tokio::join!(inboxes.ask_each(activation), async {
            let Some(Ask::Activate { reply, .. }) = letters[1].1.next(true).await else { return };
            let _ = reply.send(Ok(Vec::new()));
        });
        assert!(answer.unwrap().is_empty());
        assert_eq!(refusals(), 1);
    }

    #[test]
    fn the_largest_request_fits_however_many_partitions_there_are() {
        let (inboxes, _letters) = Inboxes::new(NonZeroU16::new(4_000).unwrap(), 80_000, &figures());
        let last = inboxes.partitions().last().map(|partition| inboxes.of(partition)).unwrap();
        let ask = |bytes: usize| {
            let (reply, _) = oneshot::channel();
            let text = format!("{{\"x\":\"{}\"}}", "x".repeat(bytes));
            Ask::Command {
                target: Target::Job(JobKey(Key::from_i64(1))),
                command: Command::CompleteUserTask {
                    task: UserTaskKey(Key::from_i64(1)),
                    variables: Variables::parse(&text).unwrap(),
                },
                actor: Actor::default(),
                reply,
            }
        };
        let large = VARIABLES_BYTES_MAX - 100;
        (0..INBOX_BYTES_MAX / VARIABLES_BYTES_MAX).for_each(|_| last.try_send(ask(large)).unwrap());
        let refused = inboxes.of(PartitionId::FIRST).try_send(ask(large));
        assert!(matches!(refused, Err(Error::Overloaded(Overload::Bytes(INBOX_BYTES_MAX)))), "{refused:?}");
    }
}
