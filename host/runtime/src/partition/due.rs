//! What is due: timers, workers' deadlines, ends of back-offs.

use engine::Command;
use types::Actor;

use super::Partition;
use super::commit::Pending;
use super::request::Target;
use crate::error::Error;

/// Timers and deadlines taken up in one commit at most.
const DUE_PER_COMMIT_MAX: u32 = 1_000;

impl Partition {
    /// Adds what is due to the batch, and finds out when to look again.
    pub(super) async fn take_what_is_due(&mut self, pending: &mut Pending) {
        let now = self.shared.clock.now();
        if self.next_due.is_none_or(|due| due > now) {
            return;
        }
        if let Err(error) = self.try_take_what_is_due(pending).await {
            tracing::error!(%error, "failed to look for due timers; trying again");
            self.next_due = Some(now + std::time::Duration::from_secs(1));
        }
    }

    async fn try_take_what_is_due(&mut self, pending: &mut Pending) -> Result<(), Error> {
        let now = self.shared.clock.now();
        let timers = self.shared.store.due_timers(self.id, now, DUE_PER_COMMIT_MAX).await?;
        let jobs = self.shared.store.timed_out_jobs(self.id, now, DUE_PER_COMMIT_MAX).await?;
        let more = timers.len().max(jobs.len()) == DUE_PER_COMMIT_MAX as usize;
        for timer in timers {
            let command = Command::TriggerTimer { timer: timer.timer };
            let result =
                self.command(Target::Instance(timer.instance), command, Actor::host(), pending).await;
            ignore_rejection(result)?;
        }
        for due in jobs {
            let command = Command::TimeOutJob { job: due.job.job };
            let result =
                self.command(Target::Instance(due.job.instance), command, Actor::host(), pending).await;
            ignore_rejection(result)?;
        }
        // Back-offs that have ended: the jobs are in the rows for whoever looks.
        self.shared.dispatcher.look_for_jobs();
        self.shared.jobs_available.notify_waiters();
        self.next_due = if more { Some(now) } else { self.shared.store.next_due(self.id, now).await? };
        Ok(())
    }
}

/// What was due in the rows may have been done earlier in this batch.
fn ignore_rejection(result: Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(Error::Rejected(_)) => Ok(()),
        other => other,
    }
}
