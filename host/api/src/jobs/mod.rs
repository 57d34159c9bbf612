//! Jobs: activation by external workers, their answers, changes, and search.

mod activate;
mod answer;
mod kind;
mod result;
mod search;
mod user_task;

pub(crate) use activate::activate;
pub(crate) use answer::{complete, fail, throw_error, update};
pub(crate) use search::search;
