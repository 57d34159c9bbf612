//! What the task works with.

use std::sync::Arc;

use store::Store;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::dispatch::Dispatcher;
use crate::inbox::Inboxes;
use crate::suspension::Suspension;

/// What the task works with.
pub(crate) struct Surroundings {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) inboxes: Inboxes,
    pub(crate) dispatcher: Dispatcher,
    pub(crate) suspension: Arc<Suspension>,
    /// Turns true when the host ends.
    pub(crate) shutdown: watch::Receiver<bool>,
}
