//! One file per table of instance state: how its rows are written, removed and read.
//!
//! Each `COLUMNS` names what the file's `read` takes from a row, in this order.

pub(crate) mod element_instance;
pub(crate) mod incident;
pub(crate) mod job;
pub(crate) mod journal;
pub(crate) mod process_instance;
pub(crate) mod timer;
pub(crate) mod token;
pub(crate) mod user_task;
pub(crate) mod variable;
