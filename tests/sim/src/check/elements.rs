//! An element instance is entered once and left once, in a scope that is there; an instance ends once, and last.

use std::collections::{BTreeMap, BTreeSet};

use engine::Event;
use types::{ElementInstanceKey, ProcessInstanceKey};

use super::{Checker, Findings, events};
use crate::evidence::Evidence;

/// The element instances of one instance.
struct Elements {
    root: ElementInstanceKey,
    /// Those that are there, with the scopes they live in.
    active: BTreeMap<ElementInstanceKey, ElementInstanceKey>,
    ended: BTreeSet<ElementInstanceKey>,
    has_ended: bool,
}

pub(super) fn check(evidence: &Evidence, found: &mut Findings) {
    for (key, instance) in &evidence.instances {
        let mut elements = Elements::new(*key);
        for (number, written) in events(instance).enumerate() {
            let is_first = number == 0;
            if let Some(wrong) = elements.follow(written.event, is_first) {
                found.add(Checker::Elements, Some(*key), format!("{wrong} ({:?})", written.event));
            }
        }
    }
}

impl Elements {
    fn new(instance: ProcessInstanceKey) -> Self {
        let root = instance.root_scope();
        Self { root, active: BTreeMap::new(), ended: BTreeSet::new(), has_ended: false }
    }

    /// What is wrong with an event, after all those before it.
    fn follow(&mut self, event: &Event, is_first: bool) -> Option<&'static str> {
        if matches!(event, Event::InstanceCreated { .. }) != is_first {
            return Some("an instance begins with its creation, once");
        }
        if self.has_ended {
            return Some("something happens in an instance that has ended");
        }
        match event {
            Event::ElementEntered { key, scope, .. } => {
                let is_known = self.ended.contains(key) || self.active.insert(*key, *scope).is_some();
                if is_known {
                    return Some("an element instance is entered twice");
                }
                let has_scope = *scope == self.root || self.active.contains_key(scope);
                (!has_scope).then_some("an element is entered in a scope that is not there")
            }
            Event::ElementActivated { key } | Event::ElementCompleting { key } => {
                (!self.active.contains_key(key)).then_some("an element instance goes on that is not there")
            }
            Event::ElementCompleted { key, .. } | Event::ElementTerminated { key, .. } => {
                if self.active.remove(key).is_none() {
                    return Some("an element instance is left that is not there");
                }
                self.ended.insert(*key);
                let has_children = self.active.values().any(|scope| scope == key);
                has_children.then_some("a scope is left before what is in it")
            }
            Event::InstanceCompleted { .. } | Event::InstanceTerminated { .. } => {
                self.has_ended = true;
                (!self.active.is_empty()).then_some("an instance ends before its elements")
            }
            _ => None,
        }
    }
}
