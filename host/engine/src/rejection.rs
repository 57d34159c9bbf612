//! Why a command is refused. A refused command changes nothing.

use std::fmt;

use types::Key;

/// The answer to a caller whose command cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Nothing has this key, or what had it has ended.
    #[error("no {kind} with key {key} exists, or it has ended")]
    NotFound {
        /// What was looked for.
        kind: EntityKind,
        /// The key asked for.
        key: Key,
    },
    /// Nothing has this name.
    #[error("no {kind} `{name}` exists")]
    UnknownName {
        /// What was looked for.
        kind: EntityKind,
        /// The name asked for.
        name: String,
    },
    /// The entity exists, but not in a state that allows the command.
    #[error("{kind} {key} is {found}, expected it to be {expected}")]
    InvalidState {
        /// What the command is about.
        kind: EntityKind,
        /// Its key.
        key: Key,
        /// The state it is in.
        found: &'static str,
        /// The state, or states, that the command needs.
        expected: &'static str,
    },
    /// The command itself is not acceptable.
    #[error("{field}: {message}")]
    InvalidArgument {
        /// The field concerned.
        field: &'static str,
        /// What is wrong and what is accepted.
        message: String,
    },
    /// Something like it is there already.
    #[error("a {kind} `{name}` exists already")]
    AlreadyExists {
        /// What there is.
        kind: EntityKind,
        /// What both are called.
        name: String,
    },
    /// As many as may be there are.
    #[error("no room for another {kind} `{name}`: the limit is {limit}")]
    NoRoom {
        /// What there are too many of.
        kind: EntityKind,
        /// What it is called.
        name: String,
        /// How many there may be.
        limit: String,
    },
    /// A later attempt of the job, or another worker, has taken over.
    #[error("attempt {given} of job {job} no longer counts: attempt {current} has begun")]
    Superseded {
        /// The job.
        job: Key,
        /// The attempt that the caller speaks for.
        given: u32,
        /// The attempt of the moment.
        current: u32,
    },
}

/// The kinds of entity that commands name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntityKind {
    /// A version of a process.
    ProcessDefinition,
    /// A process instance.
    ProcessInstance,
    /// An activation of an element.
    ElementInstance,
    /// A job.
    Job,
    /// A timer.
    Timer,
    /// An incident.
    Incident,
    /// A user task.
    UserTask,
    /// A message.
    Message,
    /// Somebody who waits for a message.
    MessageSubscription,
    /// A subscription.
    Subscription,
    /// A version of a decision.
    Decision,
}

impl fmt::Display for EntityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ProcessDefinition => "process definition",
            Self::ProcessInstance => "process instance",
            Self::ElementInstance => "element instance",
            Self::Job => "job",
            Self::Timer => "timer",
            Self::Incident => "incident",
            Self::UserTask => "user task",
            Self::Message => "message",
            Self::MessageSubscription => "subscription to a message",
            Self::Subscription => "subscription",
            Self::Decision => "decision",
        })
    }
}
