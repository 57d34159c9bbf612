//! One file per table of instance state: how its rows are written, removed and read.
//!
//! Each `COLUMNS` names what the file's `read` takes from a row, in this order.

pub(super) mod element_instance;
pub(super) mod incident;
pub(super) mod job;
pub(super) mod journal;
pub(super) mod process_instance;
pub(super) mod timer;
pub(super) mod token;
pub(super) mod user_task;
pub(super) mod variable;
