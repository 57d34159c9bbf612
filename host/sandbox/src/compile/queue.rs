//! Whose turn it is to be compiled.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::Error;

/// Uploads that are compiled at the same time, and components that jobs wait for beside them.
/// Each compilation uses all processors by itself.
const COMPILATIONS_MAX: usize = 1;
/// Uploads that wait for their turn. Each keeps its component in memory meanwhile.
const WAITING_MAX: usize = 8;

/// Whose turn it is to be compiled. Those that came first go first, and no upload keeps jobs waiting.
#[derive(Debug)]
pub(crate) struct Queue {
    uploads: Arc<Semaphore>,
    accepted: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// A turn, as long as it lives.
#[derive(Debug)]
pub(crate) struct Turn(
    #[expect(dead_code, reason = "what counts is when it is dropped")] OwnedSemaphorePermit,
);

impl Default for Queue {
    fn default() -> Self {
        let turns = || Arc::new(Semaphore::new(COMPILATIONS_MAX));
        Self { uploads: turns(), accepted: turns(), waiting: AtomicUsize::new(0) }
    }
}

impl Queue {
    /// Waits for a turn, unless many do so already.
    pub(crate) async fn turn_of_upload(&self) -> Result<Turn, Error> {
        let _place = Place::take(&self.waiting)?;
        turn_of(&self.uploads).await
    }

    /// Waits for a turn. For components that were accepted before: jobs wait for them, and jobs have bounds of their own.
    pub(crate) async fn turn(&self) -> Result<Turn, Error> {
        turn_of(&self.accepted).await
    }
}

async fn turn_of(turns: &Arc<Semaphore>) -> Result<Turn, Error> {
    Arc::clone(turns).acquire_owned().await.map(Turn).map_err(|_| Error::Interrupted)
}

/// A place among those that wait.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Result<Self, Error> {
        let room = |waiting: usize| (waiting < WAITING_MAX).then_some(waiting + 1);
        waiting
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, room)
            .map_err(|waiting| Error::CompilerBusy { waiting })?;
        Ok(Self(waiting))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    #[tokio::test]
    async fn a_full_queue_turns_uploads_away_and_nobody_else() {
        let queue = Queue::default();
        let mut context = Context::from_waker(Waker::noop());
        let at_work = queue.turn_of_upload().await.expect("nobody else is here");
        let mut waiting: Vec<_> = (0..WAITING_MAX).map(|_| Box::pin(queue.turn_of_upload())).collect();
        for upload in &mut waiting {
            assert!(upload.as_mut().poll(&mut context).is_pending());
        }
        let refused = queue.turn_of_upload().await;
        assert!(matches!(refused, Err(Error::CompilerBusy { waiting: WAITING_MAX })), "{refused:?}");
        let mut job = pin!(queue.turn());
        assert!(
            matches!(job.as_mut().poll(&mut context), Poll::Ready(Ok(_))),
            "jobs do not wait for uploads"
        );

        // One that gives up makes room, and the others move up in their order.
        drop(waiting.pop());
        let mut late = pin!(queue.turn_of_upload());
        assert!(late.as_mut().poll(&mut context).is_pending());
        drop(at_work);
        let first = waiting[0].as_mut().poll(&mut context);
        assert!(matches!(first, Poll::Ready(Ok(_))), "{first:?}");
    }
}
