//! From the XML tree to processes: one file per family of elements.

mod binding;
mod call;
mod definitions;
mod event;
mod extension;
mod form;
mod gateway;
mod header;
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
pub(crate) use outline::{FlowNode, Outline};
