//! Somebody who sees to it that everything comes to its end: does the jobs that wait, the user tasks, resolves incidents,
//! and lets time pass.

use std::sync::Arc;
use std::time::Duration;

use engine::state::Awaited;
use runtime::Handle;
use types::SharedStr;

use crate::clients::{Clients, JobAnswer};
use crate::host::Site;
use crate::models::REPAIR;

/// Rounds after which whatever is left is stuck.
const ROUNDS_MAX: u32 = 300;

/// Longer than any attempt may take.
const ROUND: Duration = Duration::from_secs(8);

/// What a long round takes by the clock: enough of them outlast every timer.
const LONG_ROUND: Duration = Duration::from_secs(600);

/// See the module.
pub(crate) struct Operator<'w> {
    pub(crate) site: &'w mut Site,
    pub(crate) clients: &'w mut Clients,
    pub(crate) job_types: &'w [SharedStr],
    /// Rounds before the clock begins to leap.
    pub(crate) patience: u32,
    /// Rounds in which only time passes.
    pub(crate) idle: u32,
}

impl Operator<'_> {
    /// Returns when all instances have ended, or when nothing helps.
    pub(crate) async fn see_to_the_end(mut self) -> anyhow::Result<()> {
        let clock = Arc::clone(&self.site.ground.clock);
        clock.set(clock.highest());
        for round in 0..ROUNDS_MAX {
            let handle = self.site.handle().await?;
            tokio::time::sleep(ROUND).await;
            clock.advance(if round < self.patience { ROUND } else { LONG_ROUND });
            settle().await;
            if !self.site.ground.disk.has_active_instances() && self.clients.waiting() == 0 {
                break;
            }
            if round < self.idle {
                continue;
            }
            self.do_jobs(&handle).await;
            self.do_the_rest(&handle).await;
        }
        Ok(())
    }

    async fn do_jobs(&mut self, handle: &Handle) {
        for job_type in self.job_types {
            if !self.site.ground.components.served().contains(job_type) {
                self.clients.activate(handle, job_type, Duration::ZERO, false);
                settle().await;
            }
        }
        let held = std::mem::take(&mut self.clients.known().held);
        for held in held {
            self.clients.answer(handle, held, JobAnswer::Complete);
            settle().await;
        }
    }

    async fn do_the_rest(&mut self, handle: &Handle) {
        let disk = Arc::clone(&self.site.ground.disk);
        for task in disk.open_user_tasks() {
            self.clients.complete_user_task(handle, task);
            settle().await;
        }
        for awaited in disk.awaited() {
            match awaited {
                Awaited::Message { name, correlation_key } => {
                    self.clients.publish(handle, &name, &correlation_key, Duration::ZERO);
                }
                Awaited::Signal { name } => self.clients.broadcast(handle, &name),
                Awaited::Condition { .. } => {}
            }
            settle().await;
        }
        for (incident, instance, job) in disk.open_incidents() {
            match job {
                Some(job) => self.clients.update_job(handle, job, Some(3), None),
                None => self.clients.set_variables(handle, instance.root_scope(), REPAIR, true),
            }
            settle().await;
            self.clients.resolve(handle, incident);
            settle().await;
        }
    }
}

/// Everybody does what can be done now. One command after the other: the inbox may be small.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}
