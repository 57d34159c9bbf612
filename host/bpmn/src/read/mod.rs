//! From the XML tree to processes: one file per family of elements.

mod binding;
mod call;
mod definitions;
mod event;
mod extension;
mod form;
mod gateway;
mod header;
mod linked;
mod listener;
mod mapping;
mod outline;
mod process;
mod repetition;
mod sub_process;
mod task;
mod timer;
mod user_task;

pub(crate) use definitions::{Definitions, definitions};
pub(crate) use event::has_definition;
pub use header::WORKER_VERSION;
pub(crate) use outline::{FlowNode, Outline};
