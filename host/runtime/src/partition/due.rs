//! What is due: timers, workers' deadlines, ends of back-offs.

use std::time::Duration;

use engine::mailbox::MailboxCommand;
use engine::{Command, Outgoing};
use types::{Actor, PartitionId};

use super::Partition;
use super::pending::Pending;
use crate::error::Error;
use crate::inbox::Target;

/// Timers and deadlines taken up in one commit at most.
const DUE_PER_COMMIT_MAX: u32 = 1_000;

/// When to look again for what could not be done, or while the store does not answer.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(1);

impl Partition {
    /// Adds what is due to the batch, and finds out when to look again.
    pub(super) async fn take_what_is_due(&mut self, pending: &mut Pending) {
        let now = self.shared.clock.now();
        if self.next_due.is_none_or(|due| due > now) {
            return;
        }
        if let Err(error) = self.try_take_what_is_due(pending).await {
            tracing::error!(%error, "failed to look for due timers; trying again");
            self.next_due = Some(now + LOOK_AGAIN_AFTER);
        }
    }

    async fn try_take_what_is_due(&mut self, pending: &mut Pending) -> Result<(), Error> {
        let now = self.shared.clock.now();
        let timers = self.shared.store.due_timers(self.id, now, DUE_PER_COMMIT_MAX).await?;
        let jobs = self.shared.store.timed_out_jobs(self.id, now, DUE_PER_COMMIT_MAX).await?;
        let start_timers = match self.id {
            PartitionId::FIRST => {
                self.shared.store.due_start_timers(self.id, now, DUE_PER_COMMIT_MAX).await?
            }
            _ => Vec::new(),
        };
        let expired = self.shared.store.expired_mailboxes(self.id, now, DUE_PER_COMMIT_MAX).await?;
        let most = timers.len().max(jobs.len()).max(start_timers.len()).max(expired.len());
        let mut more = most == DUE_PER_COMMIT_MAX as usize;
        let timers =
            timers.into_iter().map(|timer| (timer.instance, Command::TriggerTimer { timer: timer.timer }));
        let jobs = jobs.into_iter().map(|due| (due.job.instance, Command::TimeOutJob { job: due.job.job }));
        let (mut done, mut left) = (0, 0);
        for timer in start_timers {
            if !pending.has_room() {
                more = true;
                break;
            }
            self.fire_start_timer(timer, pending).await?;
            done += 1;
            self.carry_out_follow_ups(pending).await;
        }
        for address in expired {
            if !pending.has_room() {
                more = true;
                break;
            }
            let expire = Outgoing::ExpireMessages { mailbox: address.clone() };
            if !self.is_for_here(&expire) {
                self.pass_on(vec![expire], pending);
                left += 1;
                continue;
            }
            // A message of which an answer is still to come stays until then.
            match self.load_mailboxes(std::slice::from_ref(&address)).await {
                Ok(()) => {}
                // What is due besides does not wait for all of its rows to be set aside.
                Err(Error::Overloaded(_)) => {
                    (done, more) = (done + 1, true);
                    break;
                }
                Err(error) => return Err(error),
            }
            let before = self.mailbox_messages(&address);
            self.mail(&address, MailboxCommand::Expire, pending).await?;
            if self.mailbox_messages(&address) == before {
                left += 1;
            } else {
                done += 1;
                // Its messages may have taken the places of other mailboxes among those that were found.
                more = true;
            }
        }
        for (instance, command) in timers.chain(jobs) {
            if !pending.has_room() {
                more = true;
                break;
            }
            match self.command(Target::Instance(instance), command, Actor::host(), pending).await {
                Ok(()) => {
                    done += 1;
                    self.carry_out_follow_ups(pending).await;
                }
                // Done earlier in this batch, or the clock was set back meanwhile.
                Err(Error::Rejected(_)) => left += 1,
                Err(Error::Damaged(reason)) => {
                    left += 1;
                    tracing::error!(%instance, %reason, "what is due in an instance cannot be done");
                }
                Err(error) => return Err(error),
            }
        }
        // Back-offs that have ended: the jobs are in the rows for whoever looks.
        self.shared.dispatcher.look_for_jobs([self.id]);
        self.shared.arrivals.announce_all();
        self.next_due = match self.shared.store.next_due(self.id, now).await? {
            _ if more && done > 0 => Some(now),
            next if left > 0 => {
                Some(next.map_or(now + LOOK_AGAIN_AFTER, |next| next.min(now + LOOK_AGAIN_AFTER)))
            }
            next => next,
        };
        Ok(())
    }
}
