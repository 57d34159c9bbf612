//! The elements of a model that others can require.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::{Decision, Input, Knowledge, Service};

/// What others can require.
#[derive(Clone)]
pub(crate) enum Element {
    Decision(Arc<Decision>),
    Input(Arc<Input>),
    Knowledge(Arc<Knowledge>),
    Service(Arc<Service>),
}

/// Only the name: what the element requires has requirements itself, and so on.
impl fmt::Debug for Element {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = match self {
            Element::Decision(decision) => ("Decision", &decision.name),
            Element::Input(input) => ("Input", &input.variable.name),
            Element::Knowledge(knowledge) => ("Knowledge", &knowledge.name),
            Element::Service(service) => ("Service", &service.name),
        };
        formatter.debug_tuple(kind).field(name).finish()
    }
}

/// Elements by id.
///
/// They are given up in the reverse order of their coming. Each comes after what it requires, so none is the last to
/// hold another one: a chain of many thousands would otherwise be given up from within each other, and take as much stack.
#[derive(Debug, Default)]
pub(crate) struct Elements {
    by_id: BTreeMap<String, Element>,
    in_order: Vec<Element>,
}

impl Elements {
    /// Adds an element that comes after all that it requires.
    pub(crate) fn insert(&mut self, id: String, element: Element) {
        self.in_order.push(element.clone());
        self.by_id.insert(id, element);
    }

    /// The element with this id.
    pub(crate) fn get(&self, id: &str) -> Option<&Element> {
        self.by_id.get(id)
    }
}

impl Drop for Elements {
    fn drop(&mut self) {
        self.by_id.clear();
        while self.in_order.pop().is_some() {}
    }
}
