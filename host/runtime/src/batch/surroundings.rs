//! What the task works with.

use std::sync::Arc;

use store::Store;
use tokio::sync::{Notify, watch};

use crate::clock::Clock;
use crate::inbox::Inboxes;
use crate::suspension::Suspension;

/// What the task works with.
pub(crate) struct Surroundings {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) inboxes: Inboxes,
    pub(crate) suspension: Arc<Suspension>,
    /// Rung when there may be something to do.
    pub(crate) bell: Arc<Notify>,
    /// Turns true when the host ends.
    pub(crate) shutdown: watch::Receiver<bool>,
}
