//! Whether a host keeps from doing anything by itself.
//!
//! A host on a database that came from a backup begins like this: what it would do at once, the original may have done since the
//! backup was made. It answers and takes commands, so that an operator can look and put right; it runs no jobs, hands none out,
//! and lets nothing become due.

use tokio::sync::watch;

/// Whether the host waits for somebody to say that it may go on.
pub(crate) struct Suspension(watch::Sender<bool>);

impl Suspension {
    pub(crate) fn new(is_suspended: bool) -> Self {
        Self(watch::Sender::new(is_suspended))
    }

    pub(crate) fn holds(&self) -> bool {
        *self.0.borrow()
    }

    /// The host may go on, for good.
    pub(crate) fn end(&self) {
        self.0.send_replace(false);
    }

    /// Returns when the host may go on.
    pub(crate) async fn ended(&self) {
        if self.holds() {
            let _ = self.0.subscribe().wait_for(|is_suspended| !is_suspended).await;
        }
    }
}
