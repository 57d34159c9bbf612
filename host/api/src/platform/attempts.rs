//! How the attempts of components at jobs go.

use std::time::Duration;

use runtime::Distribution;
use serde::{Deserialize, Serialize};
use types::{SharedStr, TenantId, Timestamp};

/// Versions of components that have figures of their own, those of all tenants together.
pub const VERSIONS_MAX: usize = 200;

/// Stands in a label for all that have no figures of their own. No component is called so.
pub const OTHERS: &str = "_other";

/// How an attempt has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptEnd {
    /// The job is done.
    Completed,
    /// With a BPMN error, which is an answer.
    BpmnError,
    /// It has failed: a trap, a limit, a time that was over, or what the component calls a failure.
    Failed,
    /// The component wants to be called again.
    Again,
    /// Somebody else completes the job.
    Parked,
    /// It has failed for something that the component can do nothing about.
    HostFailure,
    /// The host has stopped it: its job has ended otherwise, its start was not recorded, or the host itself has failed.
    Stopped,
}

impl AttemptEnd {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Completed,
        Self::BpmnError,
        Self::Failed,
        Self::Again,
        Self::Parked,
        Self::HostFailure,
        Self::Stopped,
    ];

    /// As labels and programs know it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::BpmnError => "bpmn_error",
            Self::Failed => "failed",
            Self::Again => "again",
            Self::Parked => "parked",
            Self::HostFailure => "host_failure",
            Self::Stopped => "stopped",
        }
    }
}

/// How attempts have gone since the host's start.
#[derive(Clone, Debug, Default)]
pub struct AttemptFigures {
    /// Attempts at work now.
    pub running: u64,
    /// How many have ended in each way, as [`AttemptEnd::ALL`].
    pub ended: [u64; AttemptEnd::ALL.len()],
    /// How long those took that have run in the sandbox.
    pub times: Distribution,
    /// How long they have computed.
    pub cpu: Duration,
    /// The most memory that one of them had, in bytes.
    pub memory_peak_bytes: u64,
}

/// How the attempts of one version of a component have gone.
#[derive(Clone, Debug)]
pub struct VersionFigures {
    /// Its tenant.
    pub tenant: TenantId,
    /// Its component, or [`OTHERS`].
    pub component: SharedStr,
    /// The version, or [`OTHERS`].
    pub version: SharedStr,
    /// Its figures.
    pub figures: AttemptFigures,
}

/// How the attempts of a version have gone since the host's start, as the API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkView {
    /// When the host was started: nothing of before is counted.
    #[serde(serialize_with = "crate::time::serialize", deserialize_with = "crate::time::deserialize")]
    pub since: Timestamp,
    /// Attempts at work now.
    pub running: u64,
    /// Attempts that have ended.
    pub attempts: u64,
    /// Those that have completed their jobs.
    pub completed: u64,
    /// Those that have ended with a BPMN error.
    pub bpmn_errors: u64,
    /// Those that have failed.
    pub failed: u64,
    /// Those that asked to be called again.
    pub again: u64,
    /// Those that have left their jobs to others.
    pub parked: u64,
    /// Those that have failed for something that the component can do nothing about.
    pub host_failures: u64,
    /// Those that the host has stopped.
    pub stopped: u64,
    /// Half of them took at most so long, in microseconds; nothing when none has run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50_us: Option<u64>,
    /// 99 of 100 took at most so long, in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99_us: Option<u64>,
    /// How long one has computed on the average, in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_us_per_attempt: Option<u64>,
    /// The most memory that one of them had, in bytes.
    pub memory_peak_bytes: u64,
}

impl AttemptFigures {
    /// How many have ended so.
    pub fn ended(&self, end: AttemptEnd) -> u64 {
        self.ended.get(end as usize).copied().unwrap_or(0)
    }
}

impl WorkView {
    /// What the API shows of `figures`, which count from `since` on.
    pub fn new(since: Timestamp, figures: &AttemptFigures) -> Self {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let quantile = |part| figures.times.quantile(part).map(micros);
        Self {
            since,
            running: figures.running,
            attempts: figures.ended.iter().sum(),
            completed: figures.ended(AttemptEnd::Completed),
            bpmn_errors: figures.ended(AttemptEnd::BpmnError),
            failed: figures.ended(AttemptEnd::Failed),
            again: figures.ended(AttemptEnd::Again),
            parked: figures.ended(AttemptEnd::Parked),
            host_failures: figures.ended(AttemptEnd::HostFailure),
            stopped: figures.ended(AttemptEnd::Stopped),
            p50_us: quantile(0.5),
            p99_us: quantile(0.99),
            cpu_us_per_attempt: micros(figures.cpu).checked_div(figures.times.count()),
            memory_peak_bytes: figures.memory_peak_bytes,
        }
    }
}
