//! What the events of the engine tell, in the words of facts.

use std::collections::{BTreeMap, BTreeSet};

use engine::Event;
use types::{ElementInstanceKey, SharedStr};

use super::fact::Fact;
use super::model::Model;
use super::rewrite::Rewritten;

pub(super) struct Observer<'m> {
    model: &'m Model<'m>,
    rewritten: &'m Rewritten,
    elements: BTreeMap<ElementInstanceKey, String>,
    /// The process scope of each instance.
    roots: BTreeMap<usize, ElementInstanceKey>,
    /// Tokens that wait or have just been taken, and were counted when they arrived.
    counted: BTreeMap<(ElementInstanceKey, SharedStr), usize>,
    /// What has happened, without what the harness has supplied.
    pub(super) facts: Vec<Fact>,
    /// Incidents, which no run should have.
    pub(super) incidents: BTreeSet<String>,
}

impl<'m> Observer<'m> {
    pub(super) fn new(model: &'m Model<'m>, rewritten: &'m Rewritten) -> Self {
        Self {
            model,
            rewritten,
            elements: BTreeMap::new(),
            roots: BTreeMap::new(),
            counted: BTreeMap::new(),
            facts: Vec::new(),
            incidents: BTreeSet::new(),
        }
    }

    pub(super) fn observe(&mut self, instance: usize, event: &Event) {
        match event {
            Event::InstanceCreated { key, bpmn_process_id, .. } => {
                self.roots.insert(instance, key.root_scope());
                self.enter(key.root_scope(), bpmn_process_id);
            }
            Event::InstanceCompleted { .. } => self.leave_instance(instance, true),
            Event::InstanceTerminated { .. } => self.leave_instance(instance, false),
            Event::TokenParked { scope, flow } => {
                self.take(flow);
                *self.counted.entry((*scope, flow.clone())).or_default() += 1;
            }
            Event::ElementEntered { key, scope, element, flow, .. } => {
                if let Some(flow) = flow {
                    self.arrive(*scope, flow);
                }
                self.enter(*key, element);
            }
            Event::ElementCompleted { key, .. } => self.leave(*key, true),
            Event::ElementTerminated { key, .. } => self.leave(*key, false),
            Event::IncidentCreated { element_instance, message, .. } => {
                let element = self.elements.get(element_instance).map_or("", String::as_str);
                self.incidents.insert(format!("{element}: {message}"));
            }
            _ => {}
        }
    }

    fn enter(&mut self, key: ElementInstanceKey, element: &str) {
        self.elements.insert(key, element.to_owned());
        if !self.rewritten.supplied.contains(element) {
            self.facts.push(Fact::Entered(element.to_owned()));
        }
    }

    fn leave_instance(&mut self, instance: usize, completed: bool) {
        if let Some(root) = self.roots.get(&instance) {
            self.leave(*root, completed);
        }
    }

    fn leave(&mut self, key: ElementInstanceKey, completed: bool) {
        let Some(element) = self.elements.get(&key) else { return };
        if !self.rewritten.supplied.contains(element) {
            let throws = self.model.node(element).is_some_and(|node| node.throws());
            self.facts.push(Fact::left(element, throws, completed));
        }
    }

    /// A token goes into the target of a flow, unless it has waited there.
    fn arrive(&mut self, scope: ElementInstanceKey, flow: &SharedStr) {
        match self.counted.get_mut(&(scope, flow.clone())) {
            Some(counted) if *counted > 0 => *counted -= 1,
            _ => self.take(flow),
        }
    }

    fn take(&mut self, flow: &str) {
        if !self.rewritten.supplied.contains(flow) {
            self.facts.push(Fact::Took(flow.to_owned()));
        }
    }
}
