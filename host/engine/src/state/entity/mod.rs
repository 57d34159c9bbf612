//! The entities of a process instance's state, each of which is one row of the store.

mod instance;

mod compensable;
mod element;
mod incident;
mod job;
mod looping;
mod user_task;
mod variable;
mod wait;

pub use compensable::Compensable;
pub use element::{ElementInstance, ElementState, Role, Sequel};
pub use incident::{Incident, IncidentKind};
pub use instance::{Caller, InstanceStatus, MailboxAddress, ProcessInstance};
pub use job::{Checkpoint, Header, Job, JobKind, JobState};
pub use looping::{LoopProgress, LoopValue};
pub use user_task::{TaskChange, TaskChangeKind, UserTask, UserTaskState};
pub use variable::Variable;
pub use wait::{Awaited, ConditionLeft, Subscription, Timer};
