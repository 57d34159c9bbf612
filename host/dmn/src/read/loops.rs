//! Conditionals, loops and filters in boxes.

use std::sync::Arc;

use fermata_xml::Node;

use super::node::NodeExt;
use super::reading::{Read, Reading};
use crate::model::{Boxed, Logic, Loop, LoopKind};
use crate::rule;

impl Reading<'_> {
    pub(super) fn conditional(&mut self, node: Node<'_>) -> Read<Logic> {
        let condition = self.part(node, "if");
        let then = self.part(node, "then");
        let otherwise = self.part(node, "else");
        Ok(Logic::Conditional(Box::new([condition?, then?, otherwise?])))
    }

    pub(super) fn filter(&mut self, node: Node<'_>) -> Read<Logic> {
        let over = self.part(node, "in");
        let condition = self.part(node, "match");
        Ok(Logic::Filter(Box::new([over?, condition?])))
    }

    pub(super) fn looped(&mut self, node: Node<'_>) -> Read<Logic> {
        let (kind, body) = match node.dmn_name() {
            Some("some") => (LoopKind::Some, "satisfies"),
            Some("every") => (LoopKind::Every, "satisfies"),
            _ => (LoopKind::For, "return"),
        };
        let Some(variable) = node.value("iteratorVariable").map(str::trim).filter(|name| !name.is_empty())
        else {
            let message = format!("a loop of {} has no variable", node.describe());
            return self.refuse(rule::MISSING_NAME, node.place(), message);
        };
        let source = &node.document().input_text()[node.range()];
        // Results so far cost a copy for each item, so they are kept only for a body that may mention them.
        let partial = kind == LoopKind::For && source.contains("partial");
        let over = self.part(node, "in");
        let body = self.part(node, body);
        let variable = Arc::from(variable);
        Ok(Logic::Loop(Box::new(Loop { kind, variable, partial, over: over?, body: body? })))
    }

    /// The expression inside of a child element.
    fn part(&mut self, node: Node<'_>, name: &str) -> Read<Boxed> {
        match node.dmn_child(name) {
            Some(part) => Ok(self.logic_of(part, &format!("`{name}`"))?),
            None => {
                let message = format!("an expression of {} has no `{name}`", node.describe());
                self.refuse(rule::MISSING_LOGIC, node.place(), message)
            }
        }
    }
}
