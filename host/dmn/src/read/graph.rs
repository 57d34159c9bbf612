//! The requirement graph: what is read after what.

use std::collections::BTreeMap;

use fermata_xml::{Findings, Node};

use super::node::NodeExt;
use crate::rule;

/// An element that others can require, before it is read.
pub(super) struct Outline<'a> {
    pub(super) node: Node<'a>,
    pub(super) kind: Kind,
    /// What it refers to in this model.
    pub(super) local: Vec<(Node<'a>, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Decision,
    Input,
    Knowledge,
    Service,
}

impl Kind {
    pub(super) fn of(name: &str) -> Option<Kind> {
        Some(match name {
            "decision" => Kind::Decision,
            "inputData" => Kind::Input,
            "businessKnowledgeModel" => Kind::Knowledge,
            "decisionService" => Kind::Service,
            _ => return None,
        })
    }

    /// Elements inside of the element that refer to others, as parent, if there is one, and child.
    fn references(self) -> &'static [(Option<&'static str>, &'static str)] {
        match self {
            Kind::Decision => &[
                (Some("informationRequirement"), "requiredDecision"),
                (Some("informationRequirement"), "requiredInput"),
                (Some("knowledgeRequirement"), "requiredKnowledge"),
            ],
            Kind::Knowledge => &[(Some("knowledgeRequirement"), "requiredKnowledge")],
            Kind::Service => &[(None, "inputData"), (None, "inputDecision"), (None, "outputDecision")],
            Kind::Input => &[],
        }
    }
}

/// Every reference of `node`, in document order for each kind.
pub(super) fn references<'a>(node: Node<'a>, kind: Kind) -> Vec<Node<'a>> {
    let mut found = Vec::new();
    for (parent, child) in kind.references() {
        match parent {
            Some(parent) => {
                found.extend(node.dmn_children_named(parent).filter_map(|parent| parent.dmn_child(child)));
            }
            None => found.extend(node.dmn_children_named(child)),
        }
    }
    found
}

/// The namespace by which other models refer to this one.
pub(super) fn own_namespace(root: Node<'_>) -> &str {
    root.value("namespace").unwrap_or_default()
}

/// The namespace and the id that an `href` names; the namespace is empty for one of this model.
pub(super) fn target<'a>(reference: Node<'a>, own_namespace: &str) -> Option<(&'a str, &'a str)> {
    let href = reference.value("href")?;
    let (namespace, id) = href.rsplit_once('#').unwrap_or(("", href));
    Some((if namespace == own_namespace { "" } else { namespace }, id))
}

/// The elements in an order in which each comes after what it refers to. Cycles are reported, and keep the model from
/// being used.
pub(super) fn sorted(outlines: &BTreeMap<String, Outline<'_>>, findings: &mut Findings) -> Vec<String> {
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum State {
        UnderWay,
        Done,
    }
    let mut states: BTreeMap<&str, State> = BTreeMap::new();
    let mut order = Vec::with_capacity(outlines.len());
    let mut starts: Vec<(&String, &Outline<'_>)> = outlines.iter().collect();
    starts.sort_by_key(|(_, outline)| outline.node.range().start);
    for (start, _) in starts {
        // Elements under way, with the reference that each looks at next. Long chains take no stack.
        let mut stack: Vec<(&str, usize)> = vec![(start, 0)];
        while let Some((id, next)) = stack.last_mut() {
            let id = *id;
            if *next == 0 {
                match states.get(id) {
                    Some(_) => {
                        stack.pop();
                        continue;
                    }
                    None => states.insert(id, State::UnderWay),
                };
            }
            let reference = outlines.get(id).and_then(|outline| outline.local.get(*next));
            *next += 1;
            let Some((node, target)) = reference else {
                states.insert(id, State::Done);
                order.push(id.to_owned());
                stack.pop();
                continue;
            };
            match states.get(target.as_str()) {
                Some(State::UnderWay) => {
                    let message = format!("{} requires itself, directly or through others", node.describe());
                    let _ = findings.error(rule::REQUIREMENT_CYCLE, node.attribute_place("href"), message);
                }
                Some(State::Done) => {}
                None if outlines.contains_key(target) => stack.push((target, 0)),
                None => {}
            }
        }
    }
    order
}
