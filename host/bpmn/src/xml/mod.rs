//! Reading XML: namespaces, places, and texts that know where in the source they come from.

mod document;
mod names;
mod node;

pub(crate) use document::camunda_7;
pub(crate) use fermata_xml::{Node, SourceText, is_part, is_true, read};
pub(crate) use names::{ElementType, describe, unsupported_flow_node};
pub(crate) use node::NodeExt;
