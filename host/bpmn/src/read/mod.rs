//! From the XML tree to processes: one file per family of elements.

mod binding;
mod call;
mod context;
mod definitions;
mod element;
mod event;
mod extension;
mod form;
mod gateway;
mod header;
mod linked;
mod listener;
mod mapping;
mod process;
mod repetition;
mod sub_process;
mod task;
mod timer;
mod user_task;

pub(crate) use definitions::definitions;
pub use header::WORKER_VERSION;
