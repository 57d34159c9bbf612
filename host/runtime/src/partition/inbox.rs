//! The way into a partition: a queue that is bounded in requests and in bytes.

use std::sync::Arc;

use engine::Command;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use types::Actor;

use super::request::{Ask, Target};
use crate::error::Error;

/// Variables of requests that wait, in bytes of JSON text. More are refused as overload.
const INBOX_BYTES_MAX: usize = 64 << 20;

/// What one permit of the semaphore stands for, in bytes.
const PERMIT_BYTES: usize = 1 << 10;

/// A request, and its share of the bytes that may wait.
pub(crate) struct Letter {
    pub(super) ask: Ask,
    _room: Option<OwnedSemaphorePermit>,
}

/// Where requests to a partition wait. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Inbox {
    letters: mpsc::Sender<Letter>,
    room: Arc<Semaphore>,
    commands_max: usize,
}

impl Inbox {
    /// `commands_max` requests may wait.
    pub(crate) fn new(commands_max: usize) -> (Self, mpsc::Receiver<Letter>) {
        let (letters, received) = mpsc::channel(commands_max);
        let room = Arc::new(Semaphore::new(INBOX_BYTES_MAX / PERMIT_BYTES));
        (Self { letters, room, commands_max }, received)
    }

    /// Puts a request of a client into the inbox.
    ///
    /// # Errors
    /// [`Error::Overloaded`]: there is no room. [`Error::ShuttingDown`]: nobody takes it any more.
    pub(crate) fn try_send(&self, ask: Ask) -> Result<(), Error> {
        let overloaded = || Error::Overloaded { waiting: self.commands_max };
        let room = match ask.variables_bytes() / PERMIT_BYTES {
            0 => None,
            permits => {
                let permits = u32::try_from(permits).unwrap_or(u32::MAX);
                Some(Arc::clone(&self.room).try_acquire_many_owned(permits).map_err(|_| overloaded())?)
            }
        };
        self.letters.try_send(Letter { ask, _room: room }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => overloaded(),
            mpsc::error::TrySendError::Closed(_) => Error::ShuttingDown,
        })
    }

    /// Puts a request of the host itself into the inbox, waiting for a place. As many can wait as jobs can run.
    pub(crate) async fn send(&self, ask: Ask) -> Result<(), Error> {
        self.letters.send(Letter { ask, _room: None }).await.map_err(|_| Error::ShuttingDown)
    }

    /// Asks the partition to carry out a command of the host itself.
    pub(crate) async fn ask(&self, target: Target, command: Command, actor: Actor) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        self.send(Ask::Command { target, command, actor, reply }).await?;
        answer.await.map_err(|_| Error::ShuttingDown)?
    }
}
