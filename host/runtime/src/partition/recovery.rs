//! Taking up what an earlier process of this host has left.

use engine::Command;
use types::Actor;

use super::Partition;
use super::commit::Pending;
use crate::error::Error;
use crate::inbox::Target;

impl Partition {
    /// Jobs that were running are released, paused instances go on, and the next due time is found.
    ///
    /// # Errors
    /// The store does not answer or does not take the commit. A damaged instance is passed over.
    pub(crate) async fn recover(&mut self) -> Result<(), Error> {
        let running = self.shared.store.running_jobs(self.id).await?;
        if !running.is_empty() {
            tracing::info!(jobs = running.len(), "taking up jobs that were running when the host ended");
        }
        let mut pending = Pending::default();
        for job in running {
            let command = Command::InterruptJob { job: job.job };
            match self.command(Target::Instance(job.instance), command, Actor::host(), &mut pending).await {
                Ok(()) | Err(Error::Rejected(_)) => {}
                Err(Error::Damaged(reason)) => {
                    tracing::error!(job = %job.job, %reason, "a job that was running cannot be taken up");
                }
                Err(error) => return Err(error),
            }
            if !pending.has_room() {
                self.flush(&mut pending).await?;
            }
        }
        self.flush(&mut pending).await?;
        self.paused.read_rows();
        // Anything overdue is due now; `next_due` only looks ahead.
        self.next_due = Some(self.shared.clock.now());
        self.shared.dispatcher.look_for_jobs([self.id]);
        Ok(())
    }
}
