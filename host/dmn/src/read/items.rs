//! Item definitions.

use std::collections::BTreeMap;
use std::sync::Arc;

use feel::UnaryTests;
use fermata_xml::Node;

use super::node::NodeExt;
use super::reading::{Reading, find_imported_type};
use super::type_of_feel::of_feel;
use crate::rule;
use crate::types::{Item, Shape, Type, Types};

/// An item definition or a component of one, before its type is known.
struct Draft<'a> {
    node: Node<'a>,
    /// The components that are definitions of their own, with their places.
    components: Vec<(Arc<str>, usize)>,
}

impl Reading<'_> {
    /// Reads the item definitions, into [`Reading::types`].
    pub(super) fn items(&mut self, root: Node<'_>) {
        if !self.checks_types {
            return;
        }
        let mut drafts = Vec::new();
        let mut by_name = BTreeMap::new();
        for node in root.dmn_children_named("itemDefinition") {
            let Some(name) = node.name() else {
                let _ =
                    self.findings.error(rule::MISSING_NAME, node.place(), "an item definition has no name");
                continue;
            };
            let at = draft(node, &mut drafts);
            if by_name.insert(name, at).is_some() {
                let message = "another item definition has the same name";
                let _ = self.findings.error(rule::DUPLICATE_NAME, node.attribute_place("name"), message);
            }
        }
        let mut items = Vec::with_capacity(drafts.len());
        for draft in &drafts {
            let item = self.item(draft, &by_name);
            items.push(item);
        }
        self.refuse_cycles(&drafts, &items);
        mark_temporal(&mut items);
        let of_feel = of_feel(&items, &by_name, &self.imports);
        self.types = Arc::new(Types { items, by_name, of_feel });
    }

    fn item(&mut self, draft: &Draft<'_>, by_name: &BTreeMap<String, usize>) -> Item {
        let node = draft.node;
        let shape = if !draft.components.is_empty() {
            let sibling = |(name, at): &(Arc<str>, usize)| (Arc::clone(name), Type::Sibling(*at));
            Shape::Components(draft.components.iter().map(sibling).collect())
        } else if let Some(function) = node.dmn_child("functionItem") {
            Shape::Function { parameters: function.dmn_children_named("parameters").count() }
        } else {
            Shape::Of(self.type_of_item(node, by_name))
        };
        Item {
            shape,
            is_collection: fermata_xml::is_true(node, "isCollection"),
            is_temporal: false,
            allowed: self.constraint(node, "allowedValues"),
            constraint: self.constraint(node, "typeConstraint"),
        }
    }

    fn constraint(&mut self, node: Node<'_>, name: &str) -> Option<UnaryTests> {
        // What cannot be parsed has been reported, and the model is refused or the constraint is left out.
        node.dmn_child(name).and_then(|child| self.tests(child).ok().flatten())
    }

    fn type_of_item(&mut self, node: Node<'_>, by_name: &BTreeMap<String, usize>) -> Type {
        let of_child = || node.dmn_child("typeRef")?.text();
        let Some(name) = of_child().or_else(|| node.value("typeRef")).map(str::trim) else {
            return Type::Any;
        };
        let plain = name.strip_prefix("feel:").unwrap_or(name);
        if let Some(of) = Type::builtin(plain) {
            return of;
        }
        if let Some(at) = by_name.get(plain) {
            return Type::Sibling(*at);
        }
        find_imported_type(&self.imports, plain).unwrap_or_else(|| {
            let shown = fermata_xml::shortened(name);
            let message =
                format!("{} has the type `{shown}`, which does not exist and counts as any", node.describe());
            let place = node.dmn_child("typeRef").map_or_else(|| node.place(), NodeExt::place);
            self.findings.warning(rule::UNKNOWN_TYPE, place, message);
            Type::Any
        })
    }

    /// A chain of definitions that only refer to each other never says what a value looks like.
    fn refuse_cycles(&mut self, drafts: &[Draft<'_>], items: &[Item]) {
        // The chain in which each definition was met.
        let mut chains: Vec<Option<usize>> = vec![None; items.len()];
        for (start, draft) in drafts.iter().enumerate() {
            let mut at = start;
            while chains[at].is_none() {
                chains[at] = Some(start);
                let Some(Item { shape: Shape::Of(Type::Sibling(next)), .. }) = items.get(at) else { break };
                if chains[*next] == Some(start) {
                    let message = format!("{} is defined by itself", draft.node.describe());
                    let _ = self.findings.error(rule::TYPE_CYCLE, draft.node.place(), message);
                }
                at = *next;
            }
        }
    }
}

fn draft<'a>(node: Node<'a>, drafts: &mut Vec<Draft<'a>>) -> usize {
    let mut components = Vec::new();
    for component in node.dmn_children_named("itemComponent") {
        if let Some(name) = component.name() {
            components.push((name.into(), draft(component, drafts)));
        }
    }
    drafts.push(Draft { node, components });
    drafts.len() - 1
}

/// Notes which items have dates, times or durations somewhere in them, however they refer to each other.
fn mark_temporal(items: &mut [Item]) {
    let mut users: Vec<Vec<usize>> = items.iter().map(|_| Vec::new()).collect();
    let mut marked = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let parts: Vec<&Type> = match &item.shape {
            Shape::Of(of) => vec![of],
            Shape::Components(components) => components.iter().map(|(_, of)| of).collect(),
            Shape::Function { .. } => Vec::new(),
        };
        for of in parts {
            match of {
                Type::Sibling(part) => users[*part].push(at),
                Type::Item(types, part) if types.items.get(*part).is_some_and(|item| item.is_temporal) => {
                    marked.push(at);
                }
                Type::Date
                | Type::Time
                | Type::DateTime
                | Type::Duration
                | Type::DaysTimeDuration
                | Type::YearsMonthsDuration => marked.push(at),
                _ => {}
            }
        }
    }
    while let Some(at) = marked.pop() {
        if !std::mem::replace(&mut items[at].is_temporal, true) {
            marked.extend(&users[at]);
        }
    }
}
