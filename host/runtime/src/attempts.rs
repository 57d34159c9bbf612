//! What is kept of an attempt at a job, and how much of it.
//!
//! An attempt is kept when it has failed or has written to its log. It is written in the commit of its answer; an attempt of
//! which nothing is kept costs nothing. One that the end of the host has interrupted is kept by the host that takes its job up.

use engine::InstanceState;
use engine::state::JobState;
use store::{AttemptOutcome, AttemptReport, JobAttempt, KeptAttempt};
use types::{
    AttemptKey, ElementInstanceKey, JobError, JobKey, JobOutcome, ProcessInstanceKey, SharedStr, Timestamp,
};

/// Attempts that are kept of one job. The oldest make room for new ones, here as below.
const ATTEMPTS_PER_JOB_MAX: usize = 20;
/// Attempts that are kept of one instance.
const ATTEMPTS_PER_INSTANCE_MAX: usize = 1_000;
/// What all reports of one instance may take, in bytes.
const BYTES_PER_INSTANCE_MAX: u64 = 8 << 20;
/// The log of one attempt as it is kept, in bytes, also where more is granted.
const LOG_BYTES_MAX: usize = 1 << 20;
/// Requests of one attempt that are kept, also where more are granted.
const REQUESTS_MAX: usize = 200;
/// What one record or request takes beside its texts, in bytes, roughly.
const BYTES_PER_ITEM: usize = 16;

/// An attempt that is to be kept with its answer.
#[derive(Clone, Debug)]
pub(crate) struct AttemptNote {
    pub(crate) job: JobKey,
    pub(crate) number: u32,
    pub(crate) element_instance: ElementInstanceKey,
    pub(crate) element: SharedStr,
    pub(crate) job_type: SharedStr,
    pub(crate) worker: SharedStr,
    pub(crate) outcome: AttemptOutcome,
    pub(crate) message: Option<SharedStr>,
    pub(crate) ended_at: Timestamp,
    /// Encoded.
    pub(crate) report: Vec<u8>,
}

/// Whether an attempt that has ended so is worth a row.
pub(crate) fn is_kept(result: &Result<JobOutcome, JobError>, report: Option<&AttemptReport>) -> bool {
    matches!(result, Err(JobError::Failed(_)))
        || report.is_some_and(|report| !report.log.is_empty() || report.log_dropped > 0)
}

/// How an attempt has ended, and what it said of that.
pub(crate) fn outcome(result: &Result<JobOutcome, JobError>) -> (AttemptOutcome, Option<SharedStr>) {
    match result {
        Ok(JobOutcome::Completed(_) | JobOutcome::Verdict(_) | JobOutcome::Directed(_)) => {
            (AttemptOutcome::Completed, None)
        }
        Ok(JobOutcome::Again { .. }) => (AttemptOutcome::Again, None),
        Ok(JobOutcome::Parked { .. }) => (AttemptOutcome::Parked, None),
        Err(JobError::Bpmn(error)) => (AttemptOutcome::BpmnError, Some(error.code.as_str().into())),
        Err(JobError::Failed(failure)) => (AttemptOutcome::Failed, Some(failure.message.as_str().into())),
    }
}

/// Leaves out of a report what is more than is kept; it tells how many records that were.
pub(crate) fn bounded(mut report: AttemptReport) -> AttemptReport {
    report.requests.truncate(REQUESTS_MAX);
    let mut bytes = 0;
    let kept = report.log.iter().take_while(|record| {
        let fields: usize = record.fields.iter().map(|(name, value)| name.len() + value.len()).sum();
        bytes += BYTES_PER_ITEM + record.message.len() + fields;
        bytes <= LOG_BYTES_MAX
    });
    let kept = kept.count();
    report.log_dropped += (report.log.len() - kept) as u64;
    report.log.truncate(kept);
    report
}

impl AttemptNote {
    /// The attempt of a job that was running when the host ended, as it is found now. `None` when the job is not running.
    pub(crate) fn interrupted(state: &InstanceState, key: JobKey, now: Timestamp) -> Option<Self> {
        let job = state.job(key)?;
        let JobState::Running { worker, .. } = &job.state else { return None };
        let report = AttemptReport::default().encode().ok()?;
        Some(Self {
            job: key,
            number: job.attempt,
            element_instance: job.element_instance,
            element: state.element(job.element_instance)?.element.clone(),
            job_type: job.job_type.clone(),
            worker: worker.clone(),
            outcome: AttemptOutcome::Interrupted,
            message: None,
            ended_at: now,
            report,
        })
    }

    /// The row.
    pub(crate) fn into_row(self, key: AttemptKey, instance: ProcessInstanceKey) -> JobAttempt {
        let Self { job, number, element_instance, element, job_type, worker, outcome, message, .. } = self;
        let (ended_at, report) = (self.ended_at, self.report);
        JobAttempt {
            key,
            instance,
            job,
            number,
            element_instance,
            element,
            job_type,
            worker,
            outcome,
            message,
            ended_at,
            report,
        }
    }
}

/// The attempts that are kept of one instance, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Vec<KeptAttempt>);

impl Ledger {
    pub(crate) fn new(kept: Vec<KeptAttempt>) -> Self {
        Self(kept)
    }

    /// Adds an attempt, and removes those that make room for it.
    pub(crate) fn admit(&mut self, attempt: KeptAttempt) -> Vec<AttemptKey> {
        let mut removed = Vec::new();
        let of_job = self.0.iter().filter(|kept| kept.job == attempt.job).count();
        let mut surplus = (of_job + 1).saturating_sub(ATTEMPTS_PER_JOB_MAX);
        self.0.retain(|kept| {
            let goes = surplus > 0 && kept.job == attempt.job;
            if goes {
                surplus -= 1;
                removed.push(kept.key);
            }
            !goes
        });
        let mut count = self.0.len() + 1;
        let mut bytes = self.0.iter().map(|kept| kept.bytes).sum::<u64>() + attempt.bytes;
        let oldest = self.0.iter().take_while(|kept| {
            let goes = count > ATTEMPTS_PER_INSTANCE_MAX || bytes > BYTES_PER_INSTANCE_MAX;
            if goes {
                count -= 1;
                bytes -= kept.bytes;
            }
            goes
        });
        let oldest = oldest.count();
        removed.extend(self.0.drain(..oldest).map(|kept| kept.key));
        self.0.push(attempt);
        removed
    }
}

#[cfg(test)]
mod tests {
    use store::{LogLevel, LogRecord, LogSource};
    use types::Key;

    use super::*;

    fn attempt(key: i64, job: i64, bytes: u64) -> KeptAttempt {
        KeptAttempt { key: AttemptKey::from_i64(key), job: JobKey(Key::from_i64(job)), bytes }
    }

    fn removed(ledger: &mut Ledger, added: KeptAttempt) -> Vec<i64> {
        ledger.admit(added).into_iter().map(AttemptKey::get).collect()
    }

    #[test]
    fn a_job_keeps_its_last_attempts_and_leaves_those_of_others_alone() {
        let mut ledger = Ledger::new(vec![attempt(1, 7, 10)]);
        let jobs = ATTEMPTS_PER_JOB_MAX as i64;
        for key in 2..2 + jobs {
            assert_eq!(removed(&mut ledger, attempt(key, 8, 10)), [0; 0]);
        }
        assert_eq!(removed(&mut ledger, attempt(100, 8, 10)), [2]);
        assert_eq!(removed(&mut ledger, attempt(101, 8, 10)), [3]);
        assert_eq!(ledger.0.first(), Some(&attempt(1, 7, 10)));
    }

    #[test]
    fn an_instance_has_room_for_so_many_attempts_and_bytes() {
        let mut ledger = Ledger::default();
        let mut gone = Vec::new();
        for key in 1..=ATTEMPTS_PER_INSTANCE_MAX as i64 + 3 {
            gone.extend(removed(&mut ledger, attempt(key, key, 1)));
        }
        assert_eq!((gone, ledger.0.len()), (vec![1, 2, 3], ATTEMPTS_PER_INSTANCE_MAX));
        let large = attempt(5_000, 5_000, BYTES_PER_INSTANCE_MAX - 2);
        assert_eq!(removed(&mut ledger, large).len(), ATTEMPTS_PER_INSTANCE_MAX - 2);
        assert_eq!(removed(&mut ledger, attempt(5_001, 1, BYTES_PER_INSTANCE_MAX)).len(), 3);
        assert_eq!(ledger.0.len(), 1, "the newest stays however large it is");
    }

    #[test]
    fn a_report_is_cut_at_its_end_and_says_so() {
        let record = LogRecord {
            at: Timestamp::default(),
            level: LogLevel::Info,
            source: LogSource::Log,
            message: "x".repeat(LOG_BYTES_MAX / 4),
            fields: Vec::new(),
        };
        let report = AttemptReport { log: vec![record; 6], log_dropped: 1, ..AttemptReport::default() };
        let report = bounded(report);
        assert_eq!((report.log.len(), report.log_dropped), (3, 4));
    }
}
