//! Taking up what an earlier process of this host has left.

use std::time::Duration;

use engine::Command;
use store::JobRef;
use types::Actor;

use super::Partition;
use super::pending::Pending;
use crate::attempts::AttemptNote;
use crate::error::Error;
use crate::inbox::Target;

/// When to try again while the store does not answer.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

impl Partition {
    /// Takes it up before the first request, unless the host is suspended.
    ///
    /// # Errors
    /// The store does not take the commit.
    pub(crate) async fn recover(&mut self) -> Result<(), Error> {
        if self.shared.suspension.holds() {
            return Ok(());
        }
        self.take_up(&mut Pending::default()).await
    }

    /// Takes it up when the host is no longer suspended.
    pub(super) async fn recover_late(&mut self, pending: &mut Pending) {
        if self.is_recovered {
            return;
        }
        if let Err(error) = self.take_up(pending).await {
            tracing::error!(%error, "failed to take up what was left; trying again");
            self.arm(self.shared.clock.now() + AGAIN_AFTER);
        }
    }

    /// Jobs that were running are released, paused instances go on, and the next due time is found.
    /// A damaged instance is passed over.
    async fn take_up(&mut self, pending: &mut Pending) -> Result<(), Error> {
        // As the rows were at the start: what runs by now was begun by this process.
        let running = self.left_running.clone();
        if !running.is_empty() {
            tracing::info!(jobs = running.len(), "taking up jobs that were running when the host ended");
        }
        for job in running {
            match self.interrupt(job, pending).await {
                Ok(()) => self.carry_out_follow_ups(pending).await,
                Err(Error::Rejected(_)) => {}
                Err(Error::Damaged(reason)) => {
                    tracing::error!(job = %job.job, %reason, "a job that was running cannot be taken up");
                }
                Err(error) => return Err(error),
            }
            if !pending.has_room() {
                self.flush(pending).await?;
            }
        }
        self.flush(pending).await?;
        self.left_running = Vec::new();
        self.is_recovered = true;
        self.paused.read_rows();
        // Anything overdue is due now; `next_due` only looks ahead.
        self.next_due = Some(self.shared.clock.now());
        self.shared.dispatcher.look_for_jobs([self.id]);
        Ok(())
    }

    /// Ends the attempt at a job that was running when the host ended, and keeps that there was one.
    async fn interrupt(
        &mut self,
        JobRef { job, instance, .. }: JobRef,
        pending: &mut Pending,
    ) -> Result<(), Error> {
        let target = Target::Instance(instance);
        pending.add_bytes(self.load(instance, target).await?);
        let now = self.shared.clock.now();
        let note =
            self.cache.get(instance).and_then(|cached| AttemptNote::interrupted(&cached.state, job, now));
        let command = Command::InterruptJob { job };
        match note {
            Some(note) => self.answer(instance, command, Actor::host(), note, pending).await,
            None => self.command(target, command, Actor::host(), pending).await,
        }
    }
}
