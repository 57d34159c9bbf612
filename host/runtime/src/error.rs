//! Why the runtime did not do what it was asked.

use bpmn::Diagnostic;
use engine::Rejection;

/// Why a command was not carried out. Nothing has changed, except where the variant says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine refuses the command.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// Too much waits. Try again later.
    #[error(transparent)]
    Overloaded(#[from] Overload),
    /// The store did not take the batch that the command was in.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The host is ending. The command may or may not have been carried out.
    #[error("the host is shutting down")]
    ShuttingDown,
    /// An awaited instance was started but has not ended in time.
    #[error("process instance {key} has not ended within {waited_ms} ms; it goes on")]
    AwaitTimedOut {
        /// The instance.
        key: types::ProcessInstanceKey,
        /// How long it was waited for.
        waited_ms: u64,
    },
    /// An awaited instance was cancelled.
    #[error("process instance {key} was cancelled")]
    AwaitCancelled {
        /// The instance.
        key: types::ProcessInstanceKey,
    },
    /// A task listener does not let a user task change.
    #[error("a task listener has denied the {change} of user task {task}{}", said(.reason.as_deref()))]
    ChangeDenied {
        /// The user task.
        task: types::UserTaskKey,
        /// What was asked for.
        change: &'static str,
        /// What the listener says.
        reason: Option<types::SharedStr>,
    },
    /// A user task was ended while its listeners were at work.
    #[error("user task {task} was ended before its task listeners had agreed to its {change}")]
    ChangeOvertaken {
        /// The user task.
        task: types::UserTaskKey,
        /// What was asked for.
        change: &'static str,
    },
    /// The listeners of a user task have not answered in time.
    #[error(
        "the task listeners have not answered within {waited_ms} ms: what was asked for waits for them, and need not be \
         asked for again; see to their workers, and to incidents of the user task"
    )]
    ListenersTimedOut {
        /// How long they were waited for.
        waited_ms: u64,
    },
    /// A search is past a limit, or takes too long.
    #[error(transparent)]
    Search(store::Error),
    /// What is stored makes no sense.
    #[error("the stored state is damaged: {0}")]
    Damaged(String),
}

fn said(reason: Option<&str>) -> String {
    reason.map_or_else(String::new, |reason| format!(": {reason}"))
}

/// What there is too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Overload {
    /// So many commands wait for a partition, and that is the limit.
    #[error("{0} commands wait for this partition, the limit is reached: try again later")]
    Commands(usize),
    /// The variables of commands that wait would take more than so many bytes.
    #[error(
        "commands with {0} bytes of variables may wait, and there is no room for this one: try again later"
    )]
    Bytes(usize),
    /// Many rows of a mailbox make no sense. So many of them were set aside now.
    #[error(
        "{0} rows of the mailbox that cannot be read were set aside, and there are more: try again later"
    )]
    Unreadable(usize),
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Unavailable(source) => Self::Unavailable(source.to_string()),
            store::Error::LeaseLost { .. } | store::Error::PartitionOwned { .. } => {
                Self::Unavailable(error.to_string())
            }
            store::Error::SearchTooLarge { .. } | store::Error::SearchTooSlow { .. } => Self::Search(error),
            other => Self::Damaged(other.to_string()),
        }
    }
}

/// Why resources were not deployed. Nothing was.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// The resources have errors.
    #[error("{} of the resources' findings are errors", .0.iter().filter(|found| found.severity == bpmn::Severity::Error).count())]
    Invalid(Vec<Diagnostic>),
    /// A resource is not what its name says.
    #[error("{name}: {message}")]
    UnreadableResource {
        /// The resource's name.
        name: String,
        /// What is wrong with it.
        message: String,
    },
    /// Two resources define the same process.
    #[error("process `{id}` is in `{first}` and in `{second}`: a deployment has it once")]
    DuplicateProcess {
        /// The process.
        id: String,
        /// One resource.
        first: String,
        /// The other resource.
        second: String,
    },
    /// What starts a process by itself makes no sense.
    #[error(transparent)]
    Start(engine::starts::StartError),
    /// Two resources define the same decision, or have the same id.
    #[error("decision or file `{id}` is in `{first}` and in `{second}`: a deployment has it once")]
    DuplicateDecision {
        /// The decision, or the file's own id.
        id: String,
        /// One resource.
        first: String,
        /// The other resource.
        second: String,
    },
    /// Two resources are forms with the same id.
    #[error("form `{id}` is in `{first}` and in `{second}`: a deployment has it once")]
    DuplicateForm {
        /// The form.
        id: String,
        /// One resource.
        first: String,
        /// The other resource.
        second: String,
    },
    /// Something else than the resources is wrong.
    #[error(transparent)]
    Runtime(#[from] Error),
}
