//! Events, by where they are: at the start, on the border, on the way, at the end.

use super::{Catch, ElementIndex, Form, JobTask, Text};

/// A start event.
#[derive(Debug)]
pub struct StartEvent {
    /// What makes it happen. Without triggers it is a none start event.
    pub catch: Catch,
    /// On an event sub-process: whether it ends what else goes on in the scope.
    pub is_interrupting: bool,
    /// `zeebe:formDefinition`: the form with which a human starts the process.
    pub form: Option<Form>,
}

impl StartEvent {
    /// Whether it is a none start event.
    pub fn is_none(&self) -> bool {
        self.catch.triggers.is_empty()
    }
}

/// An event on the border of an activity.
#[derive(Debug)]
pub struct BoundaryEvent {
    /// The activity.
    pub attached_to: ElementIndex,
    /// Whether it ends the activity (`cancelActivity`).
    pub interrupting: bool,
    /// What makes it happen.
    pub catch: Catch,
}

/// What a throwing event, an end event or an intermediate one, does: one thing for most, several for multiple events.
/// Nothing for a none event.
#[derive(Debug, Default)]
pub struct Throw {
    /// What it does, in the model's order.
    pub throws: Vec<Thrown>,
}

/// One thing that a throwing event does.
#[derive(Debug)]
pub enum Thrown {
    /// A message: work for a job worker, as in Camunda.
    Message(JobTask),
    /// A signal with this name.
    Signal {
        /// The signal's name.
        name: Text,
    },
    /// A BPMN error with this code. End events only.
    Error {
        /// The code: `errorCode` of the referenced `bpmn:error`.
        code: Text,
    },
    /// An escalation with this code.
    Escalation {
        /// The code: `escalationCode` of the referenced `bpmn:escalation`.
        code: Text,
    },
    /// Undoes what was completed.
    Compensation {
        /// `activityRef`: this activity only. `None` for all of the scope.
        activity: Option<ElementIndex>,
    },
    /// Cancels the transaction around it. End events only.
    Cancel,
    /// Ends all that goes on in its scope. End events only.
    Terminate,
    /// Goes on at the link catch event of the same name in its scope. Intermediate events only.
    Link {
        /// The catch event.
        target: ElementIndex,
    },
}

/// How a completed activity is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compensation {
    /// The compensation boundary event.
    pub event: ElementIndex,
    /// The activity that its association leads to.
    pub handler: ElementIndex,
}
