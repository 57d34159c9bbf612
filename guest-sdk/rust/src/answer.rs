//! What the jobs of task listeners and ad-hoc sub-processes answer beside variables.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{Failure, IntoOutcome, Outcome};

/// What a task listener says to the change of a user task. A worker may return it as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The change may happen, with these corrections.
    Allowed(Corrections),
    /// It does not happen. The text says why, for people.
    Denied(String),
}

/// What a task listener puts in place of a user task's attributes. `None` leaves one as it is;
/// an empty text or list takes it away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Corrections {
    /// The user that the task is assigned to.
    pub assignee: Option<String>,
    /// When it is due: a date and time as in ISO 8601.
    pub due_date: Option<String>,
    /// When to follow it up: a date and time as in ISO 8601.
    pub follow_up_date: Option<String>,
    /// The users that may claim it.
    pub candidate_users: Option<Vec<String>>,
    /// The groups that may claim it.
    pub candidate_groups: Option<Vec<String>>,
    /// From 0 to 100; 50 is normal.
    pub priority: Option<u8>,
}

/// What happens in an ad-hoc sub-process next. A worker may return it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Direction {
    /// The activities to activate, in this order.
    pub activate: Vec<Activation>,
    /// Whether the sub-process is done: nothing more will be activated.
    pub is_done: bool,
    /// Whether what is still active in it is ended when it is done.
    pub cancels_remaining: bool,
}

/// An activity to activate in an ad-hoc sub-process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activation {
    /// The id of the activity in the model.
    pub element_id: String,
    /// Variables for the activity alone.
    pub variables: Map<String, Value>,
}

impl Direction {
    /// Nothing is activated, and the sub-process goes on.
    pub fn new() -> Self {
        Self::default()
    }

    /// The sub-process is done.
    pub fn done() -> Self {
        Self { is_done: true, ..Self::default() }
    }

    /// Activates an activity without variables of its own.
    #[must_use]
    pub fn activate(mut self, element_id: impl Into<String>) -> Self {
        self.activate.push(Activation { element_id: element_id.into(), variables: Map::new() });
        self
    }

    /// Gives the activity that was named last a variable. One that cannot be written as JSON is left out.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        if let (Some(last), Ok(value)) = (self.activate.last_mut(), serde_json::to_value(value)) {
            last.variables.insert(name.into(), value);
        }
        self
    }
}

impl IntoOutcome for Verdict {
    fn into_outcome(self) -> Result<Outcome<String>, Failure> {
        Ok(Outcome::Verdict(self))
    }
}

impl IntoOutcome for Direction {
    fn into_outcome(self) -> Result<Outcome<String>, Failure> {
        Outcome::Directed(self, ()).into_outcome()
    }
}
