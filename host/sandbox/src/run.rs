//! Runs one attempt of one job.

use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use types::{Failure, JobError, JobRequest};
use wasmtime::{Store, UpdateDeadline};

use crate::cpu::Metered;
use crate::crash::{self, CpuTimeUsedUp};
use crate::engine::Inner;
use crate::handler::jobs::{Job, JobKind};
use crate::host::{Attempt, JobState};
use crate::text::{duration, printable};
use crate::{Component, Policy, Report, Sandbox, Services, outcome};

/// What a guest may hand to the host in one call, in bytes: the largest result, and some.
const CALL_BYTES_MAX: usize = 16 << 20;
/// Handles to resources that a guest may hold, those of its own making included.
const HANDLES_MAX: usize = 10_000;

impl Sandbox {
    /// Runs one attempt of a job in a fresh instance of `component`, when a slot is free.
    ///
    /// Whatever the component does, the report says how the attempt ended.
    /// Dropping the future stops the guest where it is; requests under way are abandoned.
    pub async fn run(
        &self,
        component: &Component,
        job: JobRequest,
        policy: Arc<Policy>,
        services: Arc<dyn Services>,
    ) -> Report {
        let inner = &*self.inner;
        let _slot = inner.slots.acquire().await.expect("the semaphore is never closed");
        let _running = inner.ticker.running();
        let began = Instant::now();
        let attempt = Arc::new(Attempt::new(policy, services));
        let (kind, input) = (job.kind, input(&job));
        let mut store = inner.store(JobState::new(job, &attempt, &inner.client));

        let wall_time = attempt.policy.limits.wall_time;
        let answer = {
            let call = pin!(component.handler.call(&mut store, input));
            tokio::time::timeout(wall_time, Metered::new(call, &attempt.cpu)).await
        };

        attempt.write_log(attempt.log.rest_of_output(&attempt.vault));
        let mut is_hosts_failure = false;
        let mut result = match answer {
            Ok(Ok(answer)) => outcome::read(answer, kind, &attempt),
            Ok(Err(stopped)) => {
                tracing::debug!(?stopped, "component stopped");
                is_hosts_failure = crash::is_for_want_of_room(&stopped);
                let message = crash::message(&stopped, store.data(), inner.stack_bytes);
                Err(JobError::Failed(Failure::new(message)))
            }
            Err(_elapsed) => Err(JobError::Failed(Failure::new(format!(
                "the component ran longer than its {}",
                duration(wall_time)
            )))),
        };
        let (requests, mut refusals) = attempt.traffic.take();
        // A refusal names what the component asked for, and that may be a secret that it was shown.
        for refusal in &mut refusals {
            *refusal = attempt.vault.redacted(refusal).into_owned();
        }
        if let Err(JobError::Failed(failure)) = &mut result {
            name_refusals(failure, &refusals);
            // The host's own words quote the component too.
            failure.message = printable(attempt.vault.redacted(&failure.message)).into_owned();
        }
        Report {
            result,
            is_hosts_failure,
            wall: began.elapsed(),
            cpu: attempt.cpu.used(),
            memory_peak_bytes: store.data().memory.peak_bytes(),
            requests,
            refusals,
            log_records_dropped: attempt.log.dropped(),
        }
    }
}

impl Inner {
    /// A job's store, with all that bounds what its guest does.
    pub(crate) fn store(&self, state: JobState) -> Store<JobState> {
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.memory);
        store.set_hostcall_fuel(CALL_BYTES_MAX);
        store.set_max_component_handles(HANDLES_MAX);
        store.set_epoch_deadline(1);
        let turns = self.turns.clone();
        store.epoch_deadline_callback(move |context| {
            let attempt = &context.data().attempt;
            if attempt.cpu.used_until_now() > attempt.policy.limits.cpu_time {
                return Err(CpuTimeUsedUp.into());
            }
            // Other jobs get their turn; wall time is looked at by whoever polls this job.
            if attempt.cpu.is_brief() {
                return Ok(UpdateDeadline::Yield(1));
            }
            let (turns, attempt) = (turns.clone(), Arc::clone(attempt));
            Ok(UpdateDeadline::YieldCustom(1, Box::pin(async move { attempt.cpu.next_turn(turns).await })))
        });
        store
    }
}

fn input(job: &JobRequest) -> Job {
    Job {
        key: job.key.to_string(),
        job_type: job.job_type.to_string(),
        kind: match job.kind {
            types::JobKind::Task => JobKind::Task,
            types::JobKind::ExecutionListener => JobKind::ExecutionListener,
            types::JobKind::TaskListener => JobKind::TaskListener,
            types::JobKind::AdHocSubProcess => JobKind::AdHocSubProcess,
        },
        variables: job.variables.to_json(),
        headers: job.headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        idempotency_key: job.idempotency_key.clone(),
    }
}

/// A component often hides why its request was refused behind words of its own.
fn name_refusals(failure: &mut Failure, refusals: &[String]) {
    let named = refusals.iter().any(|refusal| failure.message.contains(refusal.as_str()));
    if let Some(refusal) = refusals.last().filter(|_| !named) {
        failure.message.push_str(&format!(" (a request was refused: {refusal})"));
    }
}
