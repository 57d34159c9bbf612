//! What makes an event happen.

use std::sync::Arc;

use feel::Expression;

use super::Text;

/// What a catching event waits for.
#[derive(Debug)]
pub struct Catch {
    /// What makes it happen, in the model's order. One for most events; several for multiple events.
    pub triggers: Vec<Trigger>,
    /// `parallelMultiple`: all triggers have to happen, not only one.
    pub is_parallel: bool,
}

impl Catch {
    /// The trigger at a place that an event or row names.
    pub fn trigger(&self, number: u16) -> Option<&Trigger> {
        self.triggers.get(usize::from(number))
    }
}

/// What makes an event happen.
#[derive(Debug)]
pub enum Trigger {
    /// A timer.
    Timer(TimerDefinition),
    /// A message.
    Message(Message),
    /// A signal.
    Signal {
        /// The signal's name.
        name: Text,
    },
    /// A condition on variables that becomes true.
    Condition(Condition),
    /// A BPMN error with this code; `None` catches every code.
    Error {
        /// The code: `errorCode` of the referenced `bpmn:error`.
        code: Option<Arc<str>>,
    },
    /// An escalation with this code; `None` catches every code.
    Escalation {
        /// The code: `escalationCode` of the referenced `bpmn:escalation`.
        code: Option<Arc<str>>,
    },
    /// The scope around it is to be undone.
    Compensation,
    /// The transaction is cancelled.
    Cancel,
    /// A link throw event of the same scope with this name.
    Link {
        /// The link's name.
        name: Arc<str>,
    },
}

impl Trigger {
    /// Whether something has to be kept while it is waited for: a timer or a subscription. The others are found in the
    /// model when they happen.
    pub fn is_waited_for(&self) -> bool {
        matches!(self, Self::Timer(_) | Self::Message(_) | Self::Signal { .. } | Self::Condition(_))
    }
}

/// A message that is waited for.
#[derive(Debug)]
pub struct Message {
    /// The message's name.
    pub name: Text,
    /// `zeebe:subscription correlationKey`. `None` on a start event of a process, which needs none.
    pub correlation_key: Option<Expression>,
}

/// A condition on variables.
#[derive(Debug)]
pub struct Condition {
    /// What has to become true.
    pub expression: Expression,
    /// `zeebe:conditionalFilter variableNames`: variables whose changes are looked at. Empty for all.
    pub variable_names: Vec<Arc<str>>,
    /// `zeebe:conditionalFilter variableEvents`: which changes are looked at.
    pub variable_events: VariableEvents,
}

/// Which changes of variables a condition is looked at for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VariableEvents {
    /// Every change.
    #[default]
    All,
    /// New variables.
    Create,
    /// New values of variables that there were.
    Update,
}

/// When a timer is due.
#[derive(Debug)]
pub enum TimerDefinition {
    /// `timeDate`: an ISO 8601 date and time.
    Date(Text),
    /// `timeDuration`: an ISO 8601 duration.
    Duration(Text),
    /// `timeCycle`: an ISO 8601 repetition `R[n]/[start/]duration`, or a cron expression.
    Cycle(Text),
}

impl TimerDefinition {
    /// The text, or what gives it.
    pub fn text(&self) -> &Text {
        match self {
            Self::Date(text) | Self::Duration(text) | Self::Cycle(text) => text,
        }
    }
}
