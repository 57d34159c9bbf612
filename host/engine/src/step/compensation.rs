//! Compensation: undoing what was completed.
//!
//! A completed activity that something can undo is *kept* in its scope, with the local variables that it had. When the
//! scope is a sub-process and is completed too, what it keeps moves to the scope outside, as part of the sub-process.
//! A throw event marks all that it undoes when it begins, and then undoes them one after the other, the last one first:
//! a sub-process by its own handler where it has one, otherwise by what is kept of it.
//!
//! What is undone runs in the scope that keeps it, beside the throw event, which waits. Handlers are entered from a queue,
//! so that a long series of handlers that wait for nothing is neither deep nor longer than a step may be.

use std::collections::BTreeSet;

use bpmn::model::{Element, ElementIndex, ElementKind, SubProcess, Trigger};
use types::{CompensationKey, ElementInstanceKey, SharedStr, Variables};

use super::complete::Leave;
use super::run::Run;
use crate::event::Event;
use crate::state::{Compensable, ElementState, Role, Sequel};

impl Run<'_> {
    /// Remembers a completed activity that can be undone, or a completed sub-process with such activities in it.
    pub(super) fn keep_compensation(
        &mut self,
        key: ElementInstanceKey,
        element: &Element,
        scope: ElementInstanceKey,
        role: Role,
    ) {
        // Items of a loop and paths of an ad-hoc sub-process are parts of the activity that the model shows.
        let is_part = matches!(role, Role::Item { .. } | Role::Path);
        let has_handler = element.compensation.is_some() && !is_part;
        let undoes_itself = !matches!(role, Role::Loop | Role::Path)
            && self.compensation_event_sub_process(element).is_some();
        // A handler undoes the whole activity: what is inside need not be known.
        let inside: Vec<CompensationKey> = match has_handler {
            true => Vec::new(),
            false => self.state.compensables_of(key).map(|inner| inner.key).collect(),
        };
        if (!has_handler && !undoes_itself && inside.is_empty()) || self.is_undoing(key).is_some() {
            return;
        }
        let within = CompensationKey(self.new_key());
        let variables: Variables =
            self.state.local_variables(key).map(|(name, row)| (name.clone(), row.value.clone())).collect();
        self.emit(Event::CompensationKept {
            key: within,
            scope,
            activity: SharedStr::from(&element.id),
            variables: Some(variables).filter(|variables| !variables.is_empty()),
        });
        for key in inside {
            self.emit(Event::CompensationMoved { key, scope, within });
        }
    }

    /// A throw event undoes an activity, or all that was completed in its scope. Whether there is anything to wait for.
    pub(super) fn compensate(&mut self, key: ElementInstanceKey, activity: Option<ElementIndex>) -> bool {
        let id = activity.map(|activity| &self.process.element(activity).id);
        let mut found = Vec::new();
        for (scope, within) in self.scopes_undone_from(key) {
            let kept = self.state.compensables_of(scope).filter(|kept| {
                self.is_in(kept, scope, within)
                    && kept.undone_by.is_none()
                    && id.is_none_or(|id| *kept.activity == **id)
            });
            found.extend(kept.map(|kept| kept.key));
        }
        for kept in &found {
            self.emit(Event::CompensationStarted { key: *kept, undone_by: key, handler: None });
        }
        if !found.is_empty() {
            self.undo_later(key);
        }
        !found.is_empty()
    }

    /// Whether a completed activity was done in a scope itself, or in what the key names, and not further inside. The
    /// paths of an ad-hoc sub-process are no scopes in the model.
    fn is_in(&self, kept: &Compensable, scope: ElementInstanceKey, within: Option<CompensationKey>) -> bool {
        let path = kept.within.and_then(|key| self.state.compensable(key));
        let is_path = |path: &&Compensable| {
            path.within == within
                && self.state.element(scope).is_some_and(|scope| scope.element == path.activity)
        };
        kept.within == within || path.filter(is_path).is_some_and(|path| path.undone_by.is_none())
    }

    /// The scopes whose activities an event undoes: its own and, in an event sub-process or on a path, what is around that. A
    /// compensation event sub-process is around what was done in its completed sub-process.
    fn scopes_undone_from(
        &self,
        key: ElementInstanceKey,
    ) -> Vec<(ElementInstanceKey, Option<CompensationKey>)> {
        let mut scopes = Vec::new();
        let mut inner = key;
        while let Some(scope) = self.state.element(inner).map(|element| element.scope) {
            scopes.push((scope, None));
            let is_path = self.state.element(scope).is_some_and(|instance| instance.role == Role::Path);
            let is_event_sub_process = self.element_of(scope).is_some_and(|(_, element)| {
                matches!(element.kind, ElementKind::SubProcess(SubProcess::Event))
            });
            if !is_event_sub_process && !is_path {
                break;
            }
            if let Some(undone) = self.is_undoing(scope).and_then(|key| self.state.compensable(key)) {
                scopes.push((undone.scope, Some(undone.key)));
                break;
            }
            inner = scope;
        }
        scopes
    }

    /// Whether a throw event waits for something to be undone.
    pub(super) fn is_compensating(&self, key: ElementInstanceKey) -> bool {
        self.state.undone_by(key).next().is_some()
    }

    /// What the element instance is undoing.
    pub(super) fn is_undoing(&self, key: ElementInstanceKey) -> Option<CompensationKey> {
        self.state.undone_in(key)
    }

    fn begins_by_compensation(&self, index: ElementIndex, element: &Element) -> bool {
        matches!(element.kind, ElementKind::SubProcess(SubProcess::Event))
            && self.process.start_of_event_sub_process(index).is_some_and(|(_, start)| {
                start.catch.triggers.iter().any(|trigger| matches!(trigger, Trigger::Compensation))
            })
    }

    fn compensation_event_sub_process(&self, element: &Element) -> Option<ElementIndex> {
        let mut inside = element.event_sub_processes.iter().copied();
        inside.find(|index| self.begins_by_compensation(*index, self.process.element(*index)))
    }

    /// Lets an event undo what is next, or go on when all is undone.
    pub(super) fn undo_next(&mut self, key: ElementInstanceKey) {
        if self.state.element(key).is_none_or(|element| element.state != ElementState::Active) {
            return;
        }
        loop {
            let Some(next) = self.next_to_undo(key).cloned() else {
                return self.complete_if_done(key);
            };
            if next.handler.is_some() {
                return;
            }
            if self.allowance.is_spent() {
                return self.leave_behind();
            }
            if let Some(handler) = self.handler_of(&next) {
                return self.enter_handler(key, handler, &next);
            }
            let inside: Vec<CompensationKey> = self
                .state
                .kept_within(next.key)
                .filter(|inner| inner.undone_by.is_none())
                .map(|inner| inner.key)
                .collect();
            if inside.is_empty() {
                self.end_compensation(next.key);
            }
            for inner in inside {
                self.emit(Event::CompensationStarted { key: inner, undone_by: key, handler: None });
            }
        }
    }

    fn enter_handler(&mut self, key: ElementInstanceKey, handler: ElementIndex, undone: &Compensable) {
        let is_loop = self.process.element(handler).loop_characteristics.is_some();
        let role = if is_loop { Role::Loop } else { Role::Plain };
        self.allowance.next_element();
        self.allowance.spend_element();
        let instance = self.emit_entered(
            self.process.element(handler),
            undone.scope,
            None,
            ElementState::Activating,
            role,
        );
        // Before it acts: it may be done at once.
        self.emit(Event::CompensationStarted { key: undone.key, undone_by: key, handler: Some(instance) });
        self.set_local(instance, self.snapshot(undone));
        self.activate(instance);
    }

    /// What undoes a completed activity; `None` for a sub-process that is undone by what is kept of it.
    fn handler_of(&self, kept: &Compensable) -> Option<ElementIndex> {
        let element = self.process.element(self.process.element_by_id(&kept.activity)?);
        let is_loop = element.loop_characteristics.is_some();
        // The items of a loop are kept within the loop, which is the same element, as paths are in their sub-process.
        let around =
            kept.within.and_then(|within| self.state.compensable(within)).map(|within| &within.activity);
        let around = around.or_else(|| self.state.element(kept.scope).map(|scope| &scope.element));
        let is_part = around == Some(&kept.activity);
        match element.compensation {
            Some(compensation) if !is_part => Some(compensation.handler),
            _ if is_loop != is_part => None,
            _ => self.compensation_event_sub_process(element),
        }
    }

    /// The variables that a completed activity had for itself, and those of the completed sub-processes around it.
    pub(super) fn snapshot(&self, kept: &Compensable) -> Variables {
        let mut variables = kept.variables.clone();
        let mut around = kept.within;
        while let Some(outer) = around.and_then(|key| self.state.compensable(key)) {
            for (name, value) in outer.variables.iter() {
                if variables.get(name).is_none() {
                    variables.insert(name.clone(), value.clone());
                }
            }
            around = outer.within;
        }
        variables
    }

    /// Of what an event undoes, what is completed last comes first; inside a sub-process that is being undone, what is in it.
    fn next_to_undo(&self, thrower: ElementInstanceKey) -> Option<&Compensable> {
        // What is around others was completed, and so kept, after them: the last is within none of the others.
        let mut next = self.state.undone_by(thrower).next_back()?;
        let inner = |outer: &Compensable| {
            self.state.kept_within(outer.key).rev().find(|kept| kept.undone_by == Some(thrower))
        };
        while let Some(inner) = inner(next) {
            next = inner;
        }
        Some(next)
    }

    /// An activity is undone, or what has undone it was ended.
    pub(super) fn undone(&mut self, key: CompensationKey) {
        let thrower = self.state.compensable(key).and_then(|kept| kept.undone_by);
        self.end_compensation(key);
        match thrower {
            // It has waited for that to end itself.
            Some(thrower) if self.is_terminating(thrower) => self.go_on_terminating(thrower),
            Some(thrower) => self.undo_later(thrower),
            None => {}
        }
    }

    /// Forgets a completed activity, and all that was done in it.
    fn end_compensation(&mut self, key: CompensationKey) {
        if self.state.compensable(key).is_none() {
            return;
        }
        let mut ended = BTreeSet::from([key]);
        let mut around = vec![key];
        while let Some(outer) = around.pop() {
            for inner in self.state.kept_within(outer) {
                ended.insert(inner.key);
                around.push(inner.key);
            }
        }
        for key in ended {
            self.emit(Event::CompensationEnded { key });
        }
    }

    /// An event that undoes something ends: its handler ends with it, and what is still to be undone can be by others.
    pub(super) fn stop_undoing(&mut self, key: ElementInstanceKey) {
        let left: Vec<Compensable> = self.state.undone_by(key).cloned().collect();
        for kept in left {
            match kept.handler {
                Some(handler) => self.terminate(handler),
                None if self.state.compensable(kept.key).is_some() => {
                    self.emit(Event::CompensationReleased { key: kept.key });
                }
                None => {}
            }
        }
    }

    /// A cancel end event: ends what else goes on in the transaction, undoes what was completed in it, and then leaves it
    /// by its cancel event.
    pub(super) fn cancel_transaction(&mut self, key: ElementInstanceKey) {
        let Some(transaction) = self.state.element(key).map(|element| element.scope) else { return };
        self.interrupt_then(transaction, Some(key), Sequel::Undo { by: key });
    }

    /// All of a cancelled transaction is undone.
    pub(super) fn leave_transaction(&mut self, key: ElementInstanceKey) {
        let Some(transaction) = self.state.element(key).map(|element| element.scope) else { return };
        let Some(instance) = self.state.element(transaction) else { return };
        // Cancelling one item of a loop cancels the loop, which has the event.
        let owner = match instance.role {
            Role::Item { .. } => instance.scope,
            Role::Plain | Role::Loop | Role::Path => transaction,
        };
        self.complete(key, Leave::Nowhere);
        let Some((_, element)) = self.element_of(owner) else { return };
        let Some(scope) = self.state.element(owner).map(|instance| instance.scope) else { return };
        let is_cancel = |event: &&ElementIndex| {
            let catch = self.process.element(**event).catch();
            catch.is_some_and(|catch| catch.triggers.iter().any(|trigger| matches!(trigger, Trigger::Cancel)))
        };
        match element.boundary_events.iter().find(is_cancel) {
            Some(event) => self.happen(owner, *event, Variables::new()),
            None => {
                self.terminate(owner);
                self.path_ended(scope);
            }
        }
    }
}
