//! Goes back to the stable version by itself when a canary fails too often.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::workers::change::Changes;

/// How long to wait before trying again what the store did not take.
const AGAIN_AFTER: Duration = Duration::from_millis(500);

/// The task that watches the watches; it ends when this is dropped.
pub(in crate::workers) struct Guardian(JoinHandle<()>);

impl Guardian {
    /// Starts the task.
    pub(in crate::workers) fn spawn(changes: &Arc<Changes>) -> Self {
        let bell = Arc::clone(&changes.registry.bell);
        let changes = Arc::downgrade(changes);
        Self(tokio::spawn(async move {
            loop {
                bell.notified().await;
                while !give_up_failing(&changes).await {
                    tokio::time::sleep(AGAIN_AFTER).await;
                }
            }
        }))
    }
}

/// Gives up the canaries that fail. False when the store has not taken all of it: nothing is forgotten meanwhile, because
/// the watches keep what they have found.
async fn give_up_failing(changes: &Weak<Changes>) -> bool {
    let Some(changes) = changes.upgrade() else { return true };
    let mut done = true;
    for (tenant, job_type, rollout) in changes.registry.found_failing() {
        // Of its own, so that store and memory change together also when the host ends this task.
        let given_up = tokio::spawn({
            let changes = Arc::clone(&changes);
            async move { changes.give_up(tenant, job_type, rollout).await }
        });
        match given_up.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!("a canary that fails was not given up: {error}");
                done = false;
            }
            Err(error) => {
                tracing::error!(%error, "a canary that fails was not given up");
                done = false;
            }
        }
    }
    done
}

impl Drop for Guardian {
    fn drop(&mut self) {
        self.0.abort();
    }
}
