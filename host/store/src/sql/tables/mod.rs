//! One file per table that commits write: how its rows are written, removed and read.
//!
//! Each `COLUMNS` names what the file's `read` takes from a row, in this order.

pub(crate) mod compensable;
pub(crate) mod decision_evaluation;
pub(crate) mod element_instance;
pub(crate) mod incident;
pub(crate) mod job;
pub(crate) mod job_attempt;
pub(crate) mod journal;
pub(crate) mod loop_progress;
pub(crate) mod loop_value;
pub(crate) mod mailbox;
pub(crate) mod message_correlation;
pub(crate) mod outbox;
pub(crate) mod process_instance;
pub(crate) mod start_timer;
pub(crate) mod subscription;
pub(crate) mod timer;
pub(crate) mod token;
pub(crate) mod user_task;
pub(crate) mod variable;
