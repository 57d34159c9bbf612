//! The way into a partition: a queue of clients' requests, bounded in number and in bytes, and one of the host's own.
//!
//! The host's own come first: they bring to its end what was begun. Under overload it is new work that waits,
//! and then is refused.

mod ask;
mod hints;
mod inboxes;

pub(crate) use ask::{
    Ask, CheckedResource, ConditionalStarts, Deployment, Described, DescribedJob, FileIdentity, Started,
    Target, Undelivered, variables_bytes,
};
pub(crate) use inboxes::Inboxes;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::Command;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use types::{Actor, PartitionId, ProcessInstanceKey};

use crate::attempts::AttemptNote;
use crate::error::{Error, Overload};
use crate::figures::Figures;
pub(crate) use hints::Hints;

/// Requests of the host itself that may wait; whoever has more waits for a place.
const OWN_COMMANDS_MAX: usize = 4_096;

/// So that a client's cancellation is heard however much the host has to do for itself.
const CLIENT_AT_EVERY: usize = 8;

/// What one permit of the semaphore stands for, in bytes.
const PERMIT_BYTES: usize = 1 << 10;

/// A request, and its share of the bytes that may wait.
struct Letter {
    ask: Ask,
    _room: Option<OwnedSemaphorePermit>,
}

/// Where requests to a partition wait. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Inbox {
    clients: mpsc::Sender<Letter>,
    own: mpsc::Sender<Ask>,
    hints: Arc<Hints>,
    room: Room,
    commands_max: usize,
    /// Requests of clients and of the dispatcher so far.
    asked: Arc<AtomicU64>,
    figures: Arc<Figures>,
}

/// What the variables of requests that wait may take together. Clones share it.
#[derive(Clone)]
struct Room {
    permits: Arc<Semaphore>,
    bytes_max: usize,
}

/// The partition's side of its inbox.
pub(crate) struct Letters {
    clients: mpsc::Receiver<Letter>,
    own: mpsc::Receiver<Ask>,
    hints: Arc<Hints>,
    /// Requests taken so far.
    taken: usize,
}

impl Inbox {
    /// `commands_max` requests may wait, as long as there is `room` for their variables.
    fn new(commands_max: usize, room: Room, figures: Arc<Figures>) -> (Self, Letters) {
        let (clients, client_letters) = mpsc::channel(commands_max);
        let (own, own_letters) = mpsc::channel(OWN_COMMANDS_MAX);
        let hints = Arc::<Hints>::default();
        (
            Self {
                clients,
                own,
                hints: Arc::clone(&hints),
                room,
                commands_max,
                asked: Arc::default(),
                figures,
            },
            Letters { clients: client_letters, own: own_letters, hints, taken: 0 },
        )
    }

    /// Puts a request of a client into the inbox.
    ///
    /// # Errors
    /// [`Error::Overloaded`]: there is no room. [`Error::ShuttingDown`]: nobody takes it any more.
    pub(crate) fn try_send(&self, ask: Ask) -> Result<(), Error> {
        self.offer(ask).map_err(|(_, error)| {
            self.figures.answered(&error);
            error
        })
    }

    /// The same; what is refused comes back, and may find room elsewhere.
    fn offer(&self, ask: Ask) -> Result<(), (Box<Ask>, Error)> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let room = match self.room.take(ask.variables_bytes()) {
            Ok(room) => room,
            Err(overload) => return Err((Box::new(ask), overload.into())),
        };
        self.clients.try_send(Letter { ask, _room: room }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(letter) => {
                (Box::new(letter.ask), Overload::Commands(self.commands_max).into())
            }
            mpsc::error::TrySendError::Closed(letter) => (Box::new(letter.ask), Error::ShuttingDown),
        })
    }

    /// Puts a request of the host itself into the inbox, waiting for a place.
    pub(crate) async fn send(&self, ask: Ask) -> Result<(), Error> {
        if !matches!(ask, Ask::Forget { .. }) {
            self.asked.fetch_add(1, Ordering::Relaxed);
        }
        self.own.send(ask).await.map_err(|_| Error::ShuttingDown)
    }

    /// Tells the partition that `sender` has sent something, and that it is written.
    pub(crate) fn wake(&self, sender: PartitionId) {
        self.hints.add(sender);
    }

    /// Asks the partition something for a client.
    pub(crate) async fn ask_for_client<T>(
        &self,
        ask: impl FnOnce(oneshot::Sender<Result<T, Error>>) -> Ask,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        self.try_send(ask(reply))?;
        answer.await.map_err(|_| Error::ShuttingDown)?
    }

    /// The same as one of several partitions that are asked in turn: that it has no room is no answer to the client yet.
    pub(crate) async fn ask_as_one_of_many<T>(
        &self,
        ask: impl FnOnce(oneshot::Sender<Result<T, Error>>) -> Ask,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        self.offer(ask(reply)).map_err(|(_, error)| error)?;
        answer.await.map_err(|_| Error::ShuttingDown)?
    }

    /// How many requests there were so far, without those that only tidy up.
    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// How many requests wait, of clients and of the host itself.
    fn waiting(&self) -> (usize, usize) {
        let waiting_in = |capacity: usize, free: usize| capacity.saturating_sub(free);
        (
            waiting_in(self.clients.max_capacity(), self.clients.capacity()),
            waiting_in(self.own.max_capacity(), self.own.capacity()),
        )
    }

    /// Whether so many requests of clients wait that more may soon be refused.
    pub(crate) fn is_crowded(&self) -> bool {
        self.clients.capacity() < self.commands_max / 2
    }

    /// Asks the partition to carry out a command of the host itself.
    pub(crate) async fn ask(&self, target: Target, command: Command, actor: Actor) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        self.send(Ask::Command { target, command, actor, reply }).await?;
        answer.await.map_err(|_| Error::ShuttingDown)?
    }

    /// Asks the partition to take the answer of an attempt at a job, and to keep what is worth it of the attempt.
    pub(crate) async fn answer(
        &self,
        instance: ProcessInstanceKey,
        command: Command,
        actor: Actor,
        note: Box<AttemptNote>,
    ) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        self.send(Ask::Answer { instance, command, actor, note, reply }).await?;
        answer.await.map_err(|_| Error::ShuttingDown)?
    }
}

impl Room {
    fn new(bytes_max: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(bytes_max / PERMIT_BYTES)), bytes_max }
    }

    /// Room for variables of so many bytes, until it is dropped. What is small needs none.
    fn take(&self, bytes: usize) -> Result<Option<OwnedSemaphorePermit>, Overload> {
        let permits = u32::try_from(bytes / PERMIT_BYTES).unwrap_or(u32::MAX);
        if permits == 0 {
            return Ok(None);
        }
        let taken = Arc::clone(&self.permits).try_acquire_many_owned(permits);
        taken.map(Some).map_err(|_| Overload::Bytes(self.bytes_max))
    }
}

impl Letters {
    /// Which other partitions have sent something.
    pub(crate) fn hints(&self) -> Arc<Hints> {
        Arc::clone(&self.hints)
    }

    /// Who has sent something since the last call.
    pub(crate) fn take_hints(&self) -> BTreeSet<PartitionId> {
        self.hints.take()
    }

    /// The next request, the host's own first; `None` when nobody can send any more.
    /// Clients' requests stay where they are unless `takes_clients`.
    pub(crate) async fn next(&mut self, takes_clients: bool) -> Option<Ask> {
        tokio::select! {
            biased;
            Some(ask) = self.own.recv() => Some(ask),
            Some(letter) = self.clients.recv(), if takes_clients => Some(letter.ask),
            else => None,
        }
    }

    /// The next request that is there already: one of a client at every few of the host's own.
    pub(crate) fn try_next(&mut self, takes_clients: bool) -> Option<Ask> {
        self.taken = self.taken.wrapping_add(1);
        if takes_clients
            && self.taken.is_multiple_of(CLIENT_AT_EVERY)
            && let Ok(letter) = self.clients.try_recv()
        {
            return Some(letter.ask);
        }
        match self.own.try_recv() {
            Ok(ask) => Some(ask),
            Err(_) if takes_clients => self.clients.try_recv().ok().map(|letter| letter.ask),
            Err(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use types::{Key, Timestamp};

    use super::*;

    fn ask(command: Command) -> Ask {
        let target = Target::Instance(ProcessInstanceKey(Key::from_i64(1)));
        let (reply, _) = oneshot::channel();
        Ask::Command { target, command, actor: Actor::default(), reply }
    }

    fn is_own(ask: Option<Ask>) -> Option<bool> {
        match ask? {
            Ask::Command { command, .. } => Some(matches!(command, Command::Continue)),
            _ => None,
        }
    }

    #[tokio::test]
    async fn what_was_begun_comes_before_what_is_new() {
        let figures = Arc::new(Figures::new(Timestamp::default()));
        let (inbox, mut letters) = Inbox::new(2, Room::new(1 << 20), Arc::clone(&figures));
        inbox.try_send(ask(Command::CancelInstance)).unwrap();
        inbox.send(ask(Command::Continue)).await.unwrap();
        assert_eq!(is_own(letters.try_next(true)), Some(true));
        assert_eq!(is_own(letters.try_next(false)), None, "clients wait");
        assert_eq!(is_own(letters.next(true).await), Some(false));
        inbox.try_send(ask(Command::CancelInstance)).unwrap();
        inbox.try_send(ask(Command::CancelInstance)).unwrap();
        let refused = inbox.try_send(ask(Command::CancelInstance));
        assert!(matches!(refused, Err(Error::Overloaded(Overload::Commands(2)))));
        assert_eq!((inbox.waiting(), figures.so_far().refused_for_commands), ((2, 0), 1));
    }
}
