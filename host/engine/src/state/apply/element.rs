//! Element instances and their variables.

use bpmn::Process;
use types::{ElementInstanceKey, Timestamp};

use crate::event::Event;
use crate::state::InstanceState;
use crate::state::entity::{ElementInstance, ElementState, Role, Sequel, UserTaskState, Variable};
use crate::state::members::{Belonging, SmallSet};

impl InstanceState {
    pub(super) fn apply_to_element(&mut self, event: &Event, process: &Process) {
        match event {
            Event::ElementEntered { key, scope, element, flow: _, state, at, role } => {
                let Some(index) = process.element_by_id(element) else { return };
                let role = role.unwrap_or_default();
                if let Role::Item { .. } | Role::Path = role {
                    self.change_loop(*scope, |progress| progress.entered += 1);
                }
                self.touched.elements.mark(key, false);
                self.elements.insert(
                    *key,
                    ElementInstance {
                        key: *key,
                        scope: *scope,
                        element: element.clone(),
                        state: *state,
                        role,
                        listeners_done: 0,
                        called: None,
                        sequel: None,
                        entered_at: *at,
                        children: SmallSet::Empty,
                        belongings: SmallSet::Empty,
                        index,
                    },
                );
                if let Some(parent) = self.elements.get_mut(scope) {
                    parent.children.insert(*key);
                }
            }
            Event::ElementActivated { key } => self.set_element_state(*key, ElementState::Active),
            Event::ElementCompleting { key } => self.set_element_state(*key, ElementState::Completing),
            Event::ElementCompleted { key, at } => {
                self.count_item(*key, |progress| progress.completed += 1);
                self.remove_element(*key, UserTaskState::Completed, *at);
            }
            Event::ElementTerminated { key, at } => {
                self.count_item(*key, |progress| progress.terminated += 1);
                self.remove_element(*key, UserTaskState::Canceled, *at);
            }
            Event::ElementTerminating { key, sequel } => self.end_slowly(*key, sequel.as_ref()),
            Event::ScopeEmptying { key, sequel } => {
                self.set_element_state(*key, ElementState::Emptying);
                self.set_sequel(*key, Some(sequel));
            }
            Event::ScopeEmptied { key } => self.set_element_state(*key, ElementState::Active),
            Event::CalledEnded { key } => self.change_element(*key, |element| element.called = None),
            Event::ListenerCompleted { key } => {
                self.change_element(*key, |element| element.listeners_done += 1);
            }
            Event::ProcessCalled { key, instance } => {
                self.change_element(*key, |element| element.called = Some(*instance));
            }
            Event::VariableSet { key, scope, name, value } => {
                let scope_variables = self.variables.entry(*scope).or_default();
                let exists = scope_variables.contains_key(name);
                self.touched.variables.mark(&(*scope, name.clone(), *key), exists);
                scope_variables.insert(name.clone(), Variable { key: *key, value: value.clone() });
            }
            other => debug_assert!(false, "{other:?} is not about elements"),
        }
    }

    /// Another state has other listeners, none of which has run yet.
    fn set_element_state(&mut self, key: ElementInstanceKey, state: ElementState) {
        self.change_element(key, |element| {
            element.state = state;
            element.listeners_done = 0;
            element.sequel = None;
        });
        if self.elements.contains_key(&key) {
            self.note_ending(key, state);
        }
    }

    /// Where the end is under way already, only what follows it changes.
    fn end_slowly(&mut self, key: ElementInstanceKey, sequel: Option<&Sequel>) {
        if self.elements.get(&key).is_some_and(|element| element.state != ElementState::Terminating) {
            self.set_element_state(key, ElementState::Terminating);
        }
        self.set_sequel(key, sequel);
    }

    fn set_sequel(&mut self, key: ElementInstanceKey, sequel: Option<&Sequel>) {
        self.change_element(key, |element| element.sequel = sequel.cloned().map(Box::new));
    }

    /// The process scope has no row of its own: the instance's holds where it stands.
    fn change_element(&mut self, key: ElementInstanceKey, change: impl FnOnce(&mut ElementInstance)) {
        let Some(element) = self.elements.get_mut(&key) else { return };
        change(element);
        match &mut self.instance {
            Some(instance) if instance.key.root_scope() == key => {
                self.touched.instance = true;
                instance.scope_state = element.state;
                instance.listeners_done = element.listeners_done;
                instance.sequel = element.sequel.clone();
            }
            _ => self.touched.elements.mark(&key, true),
        }
    }

    /// Removes an element instance with all that belongs to it alone, in time proportional to that.
    pub(super) fn remove_element(
        &mut self,
        key: ElementInstanceKey,
        user_task: UserTaskState,
        at: Timestamp,
    ) {
        let Some(element) = self.elements.remove(&key) else { return };
        self.ending.remove(&key);
        self.touched.elements.mark(&key, true);
        if let Some(parent) = self.elements.get_mut(&element.scope) {
            parent.children.remove(key);
        }
        for (name, variable) in self.variables.remove(&key).into_iter().flatten() {
            self.touched.variables.mark(&(key, name, variable.key), true);
        }
        self.remove_loop(key);
        self.end_belongings(&element, user_task, at);
    }

    pub(super) fn end_belongings(
        &mut self,
        element: &ElementInstance,
        user_task: UserTaskState,
        at: Timestamp,
    ) {
        self.remove_tokens(element.key);
        for belonging in element.belongings.iter() {
            match belonging {
                Belonging::Job(job) => {
                    self.touched.jobs.mark(&job, true);
                    self.jobs.remove(&job);
                }
                Belonging::Timer(timer) => {
                    self.touched.timers.mark(&timer, true);
                    self.timers.remove(&timer);
                }
                Belonging::UserTask(task) => drop(self.end_user_task(task, user_task, at)),
                Belonging::Incident(incident) => drop(self.end_incident(incident, at)),
                Belonging::Subscription(subscription) => drop(self.remove_subscription(subscription)),
                Belonging::Compensable(compensable) => drop(self.remove_compensable(compensable)),
            }
        }
    }
}
