//! Jobs.

use minicbor::{Decode, Encode};
use types::{ElementInstanceKey, JobKey, SharedStr, Timestamp};

/// A job that is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its key.
    pub key: JobKey,
    /// The element instance whose work it is.
    pub element_instance: ElementInstanceKey,
    /// What it is for.
    pub kind: JobKind,
    /// The job type.
    pub job_type: SharedStr,
    /// A job with a higher one is taken first.
    pub priority: i32,
    /// Attempts left.
    pub retries: u32,
    /// Attempts begun.
    pub attempt: u32,
    /// Attempts cut off by the end of a host.
    pub interruptions: u32,
    /// Where it stands.
    pub state: JobState,
    /// What the last failure said.
    pub message: Option<SharedStr>,
    /// Headers that are not in the model.
    pub headers: Vec<Header>,
    /// What an attempt has kept for later ones.
    pub checkpoint: Option<Checkpoint>,
    /// Whether its instance is held by an operator: then nobody gets it.
    pub suspended: bool,
}

/// What a job is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum JobKind {
    /// The work of its element.
    #[default]
    #[n(0)]
    Element,
    /// An execution listener before the element acts.
    #[n(1)]
    StartListener,
    /// An execution listener before the element is left.
    #[n(2)]
    EndListener,
    /// A task listener; the user task tells for which change.
    #[n(3)]
    TaskListener,
    /// Says which activities of an ad-hoc sub-process are activated.
    #[n(4)]
    AdHocSubProcess,
    /// An execution listener before a multi-instance activity looks at its items.
    #[n(5)]
    BeforeAllListener,
    /// An execution listener before an instance that is ended from outside has ended.
    #[n(6)]
    CancelListener,
}

/// Where a job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobState {
    /// A worker may take it from this time on.
    Activatable {
        /// The epoch for a job that never failed.
        from: Timestamp,
    },
    /// An external worker holds it.
    Activated {
        /// The worker's name.
        worker: SharedStr,
        /// When its time is over.
        deadline: Timestamp,
    },
    /// A component of this host runs it.
    Running {
        /// Name and version of the component.
        worker: SharedStr,
        /// When the attempt is given up.
        deadline: Timestamp,
    },
    /// It has no retries left, or ended with an error that nothing catches. An incident tells which.
    Stopped,
}

impl JobState {
    /// What to say of it to people.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Activatable { .. } => "waiting for a worker",
            Self::Activated { .. } => "held by a worker",
            Self::Running { .. } => "running",
            Self::Stopped => "stopped by an incident",
        }
    }
}

/// A value that an attempt has kept for later ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The value.
    pub value: Vec<u8>,
    /// Name and version of the component that wrote it.
    pub writer_version: SharedStr,
    /// The attempt that wrote it.
    pub attempt: u32,
}

/// One header of a job.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Header {
    /// The header's name.
    #[n(0)]
    pub name: SharedStr,
    /// The header's value.
    #[n(1)]
    pub value: SharedStr,
}
