//! From the XML tree to processes: one file per family of elements.

mod definitions;
mod event;
mod extension;
mod form;
mod gateway;
mod header;
mod mapping;
mod outline;
mod process;
mod task;
mod timer;
mod user_task;

pub(crate) use definitions::{Definitions, definitions};
pub(crate) use outline::{FlowNode, Outline};
