//! Where histories go before their instances are removed.

use std::fmt;

use async_trait::async_trait;
use store::{EndedInstance, OldestEnd};

/// What an archive says when it has not taken a history.
pub type ArchiveError = Box<dyn std::error::Error + Send + Sync>;

/// Keeps the history of instances that are about to be removed.
#[async_trait]
pub trait Archive: fmt::Debug + Send + Sync + 'static {
    /// Takes the histories of `instances`, all of one process version, and returns when they are durable.
    ///
    /// It may be given the same instance again: when the host ends before the instance is removed.
    ///
    /// # Errors
    /// It has not taken all of them. None of them is removed, and all are given to it again.
    async fn take(&self, definition: &OldestEnd, instances: &[EndedInstance]) -> Result<(), ArchiveError>;
}
