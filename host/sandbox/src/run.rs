//! Runs one attempt of one job.

use std::sync::Arc;
use std::time::Instant;

use types::{Failure, JobError, JobOutcome, JobRequest};
use wasmtime::{Store, UpdateDeadline};

use crate::crash::{self, CpuTimeUsedUp};
use crate::engine::Inner;
use crate::handler::jobs::{Job, JobKind};
use crate::host::{Attempt, JobState};
use crate::limits::Limit;
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
        let inner = &self.inner;
        let slots = Arc::clone(&inner.slots);
        let slot = slots.acquire_owned().await.expect("the semaphore is never closed");
        let running = inner.ticker.running();
        let began = Instant::now();
        let attempt = Arc::new(Attempt::new(policy, services));
        let work = {
            let (inner, component, attempt) = (Arc::clone(inner), component.clone(), Arc::clone(&attempt));
            async move {
                // As long as the instance lives, which may be longer than somebody waits for it.
                let _held = (slot, running);
                inner.work(&component, job, &attempt).await
            }
        };
        let End { result, is_hosts_failure, memory_peak_bytes } =
            inner.processors.run(work, &attempt.cpu, &component.habit).await;
        let (requests, refusals) = attempt.traffic.take();
        let (result, refusals) = without_secrets(result, refusals, &attempt);
        Report {
            result,
            is_hosts_failure,
            wall: began.elapsed(),
            cpu: attempt.cpu.used(),
            memory_peak_bytes,
            requests,
            refusals,
            log_records_dropped: attempt.log.dropped(),
        }
    }
}

/// How an attempt has ended.
struct End {
    result: Result<JobOutcome, JobError>,
    is_hosts_failure: bool,
    memory_peak_bytes: usize,
}

impl Inner {
    /// All that an attempt makes a thread compute: the host takes as long as a guest to read a large answer
    /// or to give a large memory back.
    async fn work(&self, component: &Component, job: JobRequest, attempt: &Arc<Attempt>) -> End {
        let wall_time = attempt.policy.limits.wall_time;
        let (kind, input) = (job.kind, input(&job));
        let mut store = self.store(JobState::new(job, attempt, &self.client));
        let answer = tokio::time::timeout(wall_time, component.handler.call(&mut store, input)).await;

        attempt.write_log(attempt.log.rest_of_output(&attempt.vault));
        let memory_peak_bytes = store.data().memory.peak_bytes();
        let failed = |message| Err(JobError::Failed(Failure::new(message)));
        let mut is_hosts_failure = false;
        let result = match answer {
            Ok(Ok(answer)) => {
                let mut result = outcome::read(answer, kind, attempt);
                if let (Err(JobError::Failed(failure)), Some(denial)) =
                    (&mut result, store.data().memory.denial(&attempt.policy))
                {
                    // A language may tell its program of memory that it did not get, and the program fails for want of it.
                    failure.message.push_str(&format!(" (before that: {denial})"));
                }
                result
            }
            Ok(Err(stopped)) => {
                tracing::debug!(?stopped, "component stopped");
                is_hosts_failure = crash::is_for_want_of_room(&stopped);
                failed(crash::message(&stopped, store.data(), self.stack_bytes))
            }
            Err(_elapsed) => {
                let what = format!("the component ran longer than its {}", duration(wall_time));
                failed(attempt.policy.met(Limit::WallTime, what))
            }
        };
        End { result, is_hosts_failure, memory_peak_bytes }
    }

    /// A job's store, with all that bounds what its guest does.
    pub(crate) fn store(&self, state: JobState) -> Store<JobState> {
        let mut store = Store::new(&self.engine, state);
        store.limiter(|state| &mut state.memory);
        store.set_hostcall_fuel(CALL_BYTES_MAX);
        store.set_max_component_handles(HANDLES_MAX);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|context| {
            let attempt = &context.data().attempt;
            if attempt.cpu.used_until_now() > attempt.policy.limits.cpu_time {
                return Err(CpuTimeUsedUp.into());
            }
            // Other jobs get their turn; the wall time is looked at as well.
            Ok(UpdateDeadline::Yield(1))
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

/// Why the attempt failed and what it was refused, as anybody may read it.
fn without_secrets(
    mut result: Result<JobOutcome, JobError>,
    mut refusals: Vec<String>,
    attempt: &Attempt,
) -> (Result<JobOutcome, JobError>, Vec<String>) {
    // A refusal names what the component asked for, and that may be a secret that it was shown.
    for refusal in &mut refusals {
        *refusal = attempt.vault.redacted(refusal).into_owned();
    }
    if let Err(JobError::Failed(failure)) = &mut result {
        name_refusals(failure, &refusals);
        name_remedies(failure, &attempt.policy, attempt.limit_told());
        // The host's own words quote the component too.
        failure.message = printable(attempt.vault.redacted(&failure.message)).into_owned();
    }
    (result, refusals)
}

/// A component that meets a limit, or misses a setting, fails in words of its own, which name no command.
fn name_remedies(failure: &mut Failure, policy: &Policy, limit_told: Option<Limit>) {
    if let Some(raising) = limit_told.and_then(|limit| policy.raising(limit)) {
        failure.message.push_str(&format!(" (a limit was met: {raising})"));
    }
    let is_named = |key: &&String| {
        ['`', '\'', '"'].iter().any(|quote| failure.message.contains(&format!("{quote}{key}{quote}")))
    };
    if let Some(key) = policy.unset_settings.iter().find(is_named) {
        failure.message.push_str(&format!(" (setting `{key}` has no value: {})", policy.setting(key)));
    }
}

/// A component often hides why its request was refused behind words of its own.
fn name_refusals(failure: &mut Failure, refusals: &[String]) {
    let named = refusals.iter().any(|refusal| failure.message.contains(refusal.as_str()));
    if let Some(refusal) = refusals.last().filter(|_| !named) {
        failure.message.push_str(&format!(" (a request was refused: {refusal})"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_in_the_components_own_words_gets_the_command_that_helps() {
        let unset_settings = vec!["base-url".to_owned(), "region".to_owned()];
        let policy = Policy { component: "crm".into(), unset_settings, ..Policy::default() };
        let told = |message: &str, limit| {
            let mut failure = Failure::new(message.to_owned());
            name_remedies(&mut failure, &policy, limit);
            failure.message
        };
        assert_eq!(
            told("setting `base-url` is missing", None),
            "setting `base-url` is missing \
             (setting `base-url` has no value: set it with `fermata worker grant crm --setting base-url=VALUE`)"
        );
        assert_eq!(told("the base-url is not in this region", None), "the base-url is not in this region");
        assert_eq!(
            told("no room", Some(Limit::CheckpointBytes)),
            "no room (a limit was met: raise `checkpoint_bytes` with \
             `fermata worker grant crm --limit checkpoint_bytes=NUMBER`)"
        );
        // No operator can raise it.
        assert_eq!(told("no room", Some(Limit::ResultBytes)), "no room");
    }
}
