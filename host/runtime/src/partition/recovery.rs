//! Taking up what an earlier process of this host has left.

use engine::Command;
use types::Actor;

use super::Partition;
use super::commit::Pending;
use super::request::Target;
use crate::error::Error;

impl Partition {
    /// Jobs that were running are released, paused instances go on, and the next due time is found.
    pub(crate) async fn recover(&mut self) -> Result<(), Error> {
        let running = self.shared.store.running_jobs(self.id).await?;
        if !running.is_empty() {
            tracing::info!(jobs = running.len(), "taking up jobs that were running when the host ended");
        }
        let mut pending = Pending::default();
        for job in running {
            let command = Command::InterruptJob { job: job.job };
            self.command(Target::Instance(job.instance), command, Actor::host(), &mut pending).await?;
        }
        for instance in self.shared.store.paused_instances(self.id).await? {
            self.command(Target::Instance(instance), Command::Continue, Actor::host(), &mut pending).await?;
        }
        self.commit(pending).await;
        let now = self.shared.clock.now();
        // Anything overdue is due now; `next_due` only looks ahead.
        self.next_due = Some(now);
        self.shared.dispatcher.look_for_jobs();
        Ok(())
    }
}
