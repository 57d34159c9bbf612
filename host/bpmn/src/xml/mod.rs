//! Reading XML: namespaces, places, and texts that know where in the source they come from.

mod document;
mod limits;
mod names;
mod node;
mod text;

pub(crate) use document::{camunda_7, read};
pub use limits::RESOURCE_BYTES_MAX;
pub(crate) use names::{ElementType, describe, unsupported_flow_node};
pub(crate) use node::{Node, NodeExt, is_true};
pub(crate) use text::SourceText;
