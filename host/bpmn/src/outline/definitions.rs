//! `bpmn:definitions`: what the processes of a file share.

use std::collections::HashMap;

use crate::xml::{Node, NodeExt};

/// What the processes of a file share: messages, signals, errors, escalations and event definitions.
pub(crate) struct Definitions<'a> {
    by_id: HashMap<&'a str, (&'a str, Node<'a>)>,
}

impl<'a> Definitions<'a> {
    /// What is directly in `root`, the outermost element of the file.
    pub(crate) fn read(root: Node<'a>) -> Self {
        let mut by_id = HashMap::new();
        for (name, node) in root.bpmn_children() {
            if let Some(id) = node.value("id") {
                by_id.entry(id).or_insert((name, node));
            }
        }
        Self { by_id }
    }

    /// What `reference`, an id that may have a namespace prefix, refers to, with its local name.
    pub(crate) fn get(&self, reference: &str) -> Option<(&'a str, Node<'a>)> {
        let without_prefix = || reference.rsplit_once(':').and_then(|(_, id)| self.by_id.get(id));
        self.by_id.get(reference).or_else(without_prefix).copied()
    }
}
