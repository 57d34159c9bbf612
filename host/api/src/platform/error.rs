//! Why the platform does not do what it is asked.

use serde::{Deserialize, Serialize};

/// Why the platform did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// The component, grant or secret is not acceptable: the message says why and what is.
    #[error("{0}")]
    Invalid(String),
    /// The component cannot be run here: each entry says something that has to change.
    #[error("the component is refused: {}", in_one_line(.0))]
    Refused(Vec<ComponentProblem>),
    /// Nothing has this name.
    #[error("no {what} `{name}` exists")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Something else has this name.
    #[error("{0}")]
    Conflict(String),
    /// What is asked for does not fit what is there, such as the deletion of what came with the host.
    #[error("{0}")]
    InvalidState(String),
    /// Somebody else has changed what the caller has read before.
    #[error("{0}")]
    Outdated(String),
    /// There are as many as a host keeps: something has to go before another one comes.
    #[error("{0}")]
    LimitReached(String),
    /// The component, grant or secret takes more bytes than this host takes.
    #[error("{0}")]
    TooLarge(String),
    /// There is too much to do: try again later.
    #[error("{0}")]
    Busy(String),
    /// Try again later.
    #[error("{0}")]
    Unavailable(String),
}

/// Something that keeps a component from being run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ComponentProblem {
    /// What programs know it by, such as `UNKNOWN_IMPORT`.
    pub code: String,
    /// What people read.
    pub message: String,
    /// The export or import that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the host has in its place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offered: Vec<String>,
}

fn in_one_line(problems: &[ComponentProblem]) -> String {
    problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; ")
}
