//! The state machine of a process instance: commands in, events out, nothing else.
//!
//! [`step`] checks a command against an [`InstanceState`] and emits [`Event`]s;
//! `InstanceState::apply` is the only place where state changes, during a step and when history is replayed.
//!
//! Must never depend on: tokio, sqlx, wasmtime, a clock, a source of randomness, I/O.

pub mod command;
pub mod conditions;
pub mod event;
mod event_size;
pub mod journal;
mod keys;
pub mod mailbox;
pub mod outgoing;
mod rejection;
pub mod starts;
pub mod state;
mod step;

pub use command::Command;
pub use event::Event;
pub use keys::KeyRange;
pub use outgoing::Outgoing;
pub use rejection::{EntityKind, Rejection};
pub use state::{Change, Changes, InstanceState};
pub use step::{
    Context, Definition, Definitions, JobDescription, Output, USER_TASK_JOB_TYPE, decision_record,
    describe_job, step,
};
