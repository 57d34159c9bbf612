//! Modification: an operator changes what is active in an instance, or where it begins.
//!
//! What is to end ends first, then what is to be entered is, and last the scopes in which nothing is left end too.
//! A modification is checked while it is carried out, and undone as a whole when something in it is refused.

mod instructions;
mod scopes;

use std::collections::BTreeSet;

use bpmn::model::{Element, ElementIndex, ElementKind};
use types::{ElementInstanceKey, SharedStr, Variables};

use instructions::Instructions;
use scopes::{From, NewScopes};

use super::complete::Leave;
use super::run::Run;
use crate::command::{ActivateElement, ModifyInstance, MoveElement};
use crate::rejection::{EntityKind, Rejection};
use crate::state::Role;

/// Elements that one modification enters or ends at most, like those of a step.
const ELEMENTS_PER_MODIFICATION_MAX: usize = super::allowance::ELEMENTS_PER_STEP_MAX as usize;

/// Element instances that one modification ends at most, with those that are in what it names.
const ENDED_PER_MODIFICATION_MAX: usize = 10_000;

impl<'a> Run<'a> {
    /// Begins a new instance before these elements.
    pub(super) fn start_before(&mut self, elements: &[SharedStr]) -> Result<(), Rejection> {
        if elements.is_empty() || elements.len() > ELEMENTS_PER_MODIFICATION_MAX {
            let message = format!(
                "an instance begins before 1 to {ELEMENTS_PER_MODIFICATION_MAX} elements, not {}",
                elements.len()
            );
            return Err(Instructions::Start.refuse(message));
        }
        let mut new_scopes = NewScopes::default();
        for element in elements {
            let activate = ActivateElement {
                element: element.clone(),
                after: false,
                ancestor: None,
                variables: Vec::new(),
            };
            self.activate_element(&activate, From::Process, Instructions::Start, &mut new_scopes)?;
        }
        Ok(())
    }

    /// Changes what is active in the instance.
    pub(super) fn modify_instance(&mut self, modify: ModifyInstance) -> Result<(), Rejection> {
        let root = self.active_instance()?.key.root_scope();
        if self.is_terminating(root) {
            return Err(Rejection::InvalidState {
                kind: EntityKind::ProcessInstance,
                key: root.0,
                found: "being ended: it waits for listeners",
                expected: "an instance that goes on",
            });
        }
        self.all_or_nothing(|run| {
            run.ends_at_once = true;
            let result = run.modify(modify);
            run.ends_at_once = false;
            result
        })
    }

    /// What is being ended, or emptied, is not named by a modification: it waits for listeners, and for what it has called.
    /// One that ends something around it ends it at once all the same, and its listeners hear nothing more.
    fn check_not_ending(&self, key: ElementInstanceKey) -> Result<(), Rejection> {
        let scope =
            self.state.element(key).map(|instance| instance.scope).filter(|scope| self.is_ending(*scope));
        let Some(ending) = Some(key).filter(|key| self.is_terminating(*key)).or(scope) else { return Ok(()) };
        Err(Rejection::InvalidState {
            kind: EntityKind::ElementInstance,
            key: ending.0,
            found: "being ended: it waits for listeners",
            expected: "active",
        })
    }

    /// What a modification ends, ends in one step, with all that is in it.
    fn check_size<'k>(&self, ended: impl Iterator<Item = &'k ElementInstanceKey>) -> Result<(), Rejection> {
        let mut around: Vec<ElementInstanceKey> = ended.copied().collect();
        let mut count = around.len();
        while let Some(key) = around.pop() {
            let Some(instance) = self.state.element(key) else { continue };
            count += instance.children();
            if count > ENDED_PER_MODIFICATION_MAX {
                return Err(Rejection::InvalidArgument {
                    field: "terminateInstructions",
                    message: format!(
                        "with all that is active in them, more than {ENDED_PER_MODIFICATION_MAX} element instances would \
                         end, which is the limit of one modification: end some of what is in them first, or cancel the \
                         instance"
                    ),
                });
            }
            around.extend(instance.child_keys());
        }
        Ok(())
    }

    fn modify(&mut self, modify: ModifyInstance) -> Result<(), Rejection> {
        let ModifyInstance { activate, terminate, moves } = modify;
        let moved = self.moved(&moves)?;
        let count = activate.len() + terminate.len() + moved.len();
        if count > ELEMENTS_PER_MODIFICATION_MAX {
            return Err(Instructions::Activate.refuse(format!(
                "it is about {count} element instances, and one modification about {ELEMENTS_PER_MODIFICATION_MAX} at \
                 most: modify in several parts"
            )));
        }
        self.check_size(terminate.iter().chain(moved.iter().map(|(source, _)| source)))?;
        let mut emptied = BTreeSet::new();
        let mut from = Vec::with_capacity(moved.len());
        for (source, target) in &moved {
            let Some(scope) = self.state.element(*source).map(|instance| instance.scope) else { continue };
            from.push((scope, *target));
        }
        for key in terminate.iter().copied() {
            if self.state.element(key).is_none() {
                return Err(Rejection::NotFound { kind: EntityKind::ElementInstance, key: key.0 });
            }
        }
        for key in terminate.iter().chain(moved.iter().map(|(source, _)| source)) {
            self.check_not_ending(*key)?;
        }
        for key in terminate.into_iter().chain(moved.iter().map(|(source, _)| *source)) {
            // It may have been in another one that has ended.
            let Some(scope) = self.state.element(key).map(|instance| instance.scope) else { continue };
            if scope == key {
                return Err(Rejection::InvalidArgument {
                    field: "terminateInstructions",
                    message: "the process itself ends by cancelling the instance".to_owned(),
                });
            }
            self.terminate(key);
            emptied.insert(scope);
        }
        let mut new_scopes = NewScopes::default();
        for (scope, target) in from {
            let from = match target.ancestor {
                Some(ancestor) => From::Ancestor(ancestor),
                None => From::Around(scope),
            };
            self.activate_element(target, from, Instructions::Move, &mut new_scopes)?;
        }
        for activate in &activate {
            let from = activate.ancestor.map_or(From::Process, From::Ancestor);
            self.activate_element(activate, from, Instructions::Activate, &mut new_scopes)?;
        }
        // Inner scopes have greater keys than those around them.
        while let Some(scope) = emptied.pop_last() {
            if let Some(around) = self.end_if_empty(scope)? {
                emptied.insert(around);
            }
        }
        Ok(())
    }

    /// The element instances that moves are about, each with what is entered instead.
    fn moved<'m>(
        &self,
        moves: &'m [MoveElement],
    ) -> Result<Vec<(ElementInstanceKey, &'m ActivateElement)>, Rejection> {
        let mut moved = Vec::new();
        let mut sources = BTreeSet::new();
        for MoveElement { source, target } in moves {
            let index = self.index_of(source, Instructions::Move)?;
            if !sources.insert(index) {
                return Err(Instructions::Move.refuse(format!("element `{source}` is moved twice")));
            }
            let before = moved.len();
            let instances = self.state.elements().filter(|instance| {
                instance.index() == index
                    && !matches!(instance.role, Role::Item { .. } | Role::Path)
                    && !self.state.is_doomed(instance.key)
            });
            moved.extend(instances.map(|instance| (instance.key, target)));
            if index == ElementIndex::PROCESS || moved.len() == before {
                return Err(Instructions::Move.refuse(format!("element `{source}` is not active")));
            }
        }
        Ok(moved)
    }

    fn index_of(&self, element: &SharedStr, instructions: Instructions) -> Result<ElementIndex, Rejection> {
        self.process.element_by_id(element).ok_or_else(|| {
            instructions.refuse(format!("process `{}` has no element `{element}`", self.process.id))
        })
    }

    fn activate_element(
        &mut self,
        activate: &ActivateElement,
        from: From,
        instructions: Instructions,
        new_scopes: &mut NewScopes,
    ) -> Result<(), Rejection> {
        let index = self.index_of(&activate.element, instructions)?;
        let element = self.process.element(index);
        if let Some(reason) = cannot_be_entered(element, activate.after) {
            return Err(instructions.refuse(format!("element `{}` {reason}", element.id)));
        }
        let way = self.way_to(index);
        for (scope, _) in &activate.variables {
            let Some(id) = scope else { continue };
            let is_entered = !activate.after && **id == *element.id;
            if !is_entered && !way.iter().any(|scope| *self.process.element(*scope).id == **id) {
                let message = format!("`{id}` is no scope around element `{}`", element.id);
                return Err(Rejection::InvalidArgument { field: "variableInstructions", message });
            }
        }
        let scope = self.enter_scopes(element, &way, from, instructions, new_scopes)?;
        self.set_given(scope, activate);
        if activate.after {
            return self.go_on_after(element, scope, instructions);
        }
        let own: Vec<&Variables> = activate
            .variables
            .iter()
            .filter(|(scope, _)| scope.as_deref() == Some(&*element.id))
            .map(|(_, variables)| variables)
            .collect();
        if own.is_empty() {
            self.enter(index, scope, None);
            return Ok(());
        }
        let mut variables = Variables::new();
        for (name, value) in own.into_iter().flat_map(Variables::iter) {
            variables.insert(name.clone(), value.clone());
        }
        let role = if element.loop_characteristics.is_some() { Role::Loop } else { Role::Plain };
        self.enter_with(index, scope, role, variables);
        Ok(())
    }

    /// The scopes around an element, the process first.
    fn way_to(&self, index: ElementIndex) -> Vec<ElementIndex> {
        let mut way = Vec::new();
        let mut inner = index;
        while inner != ElementIndex::PROCESS {
            inner = self.process.element(inner).parent;
            way.push(inner);
        }
        way.reverse();
        way
    }

    /// Sets the variables of an instruction in the scopes that it names. The element's own come when it is entered.
    fn set_given(&mut self, innermost: ElementInstanceKey, activate: &ActivateElement) {
        for (id, variables) in &activate.variables {
            let scopes: Vec<ElementInstanceKey> = self.state.scopes_from(innermost).collect();
            let scope = match id {
                None => scopes.last().copied(),
                Some(id) => scopes
                    .into_iter()
                    .find(|scope| self.element_of(*scope).is_some_and(|(_, element)| *element.id == **id)),
            };
            if let Some(scope) = scope {
                self.set_local(scope, variables.clone());
            }
        }
    }

    /// Goes on behind an element that is not entered.
    fn go_on_after(
        &mut self,
        element: &'a Element,
        scope: ElementInstanceKey,
        instructions: Instructions,
    ) -> Result<(), Rejection> {
        let leave = self.way_out(element, scope).map_err(|trouble| {
            instructions.refuse(format!("nothing goes on behind `{}`: {}", element.id, trouble.message))
        })?;
        let flows = match leave {
            Leave::To(target) => {
                self.enter(target, scope, None);
                return Ok(());
            }
            Leave::Flows(flows) => flows,
            Leave::All => element.outgoing.clone(),
            Leave::Nowhere | Leave::Terminate | Leave::Last => Vec::new(),
        };
        if flows.is_empty() {
            return Err(instructions.refuse(format!("nothing is behind element `{}`", element.id)));
        }
        for flow in flows {
            self.take_flow(scope, flow);
        }
        Ok(())
    }

    /// Ends a scope in which a modification has left nothing, and gives the one around it.
    fn end_if_empty(&mut self, scope: ElementInstanceKey) -> Result<Option<ElementInstanceKey>, Rejection> {
        let Some(instance) = self.state.element(scope) else { return Ok(None) };
        // The worker of an ad-hoc sub-process may still activate something.
        if self.is_busy(scope) || self.state.jobs_of(scope).next().is_some() {
            return Ok(None);
        }
        if instance.role == Role::Loop {
            self.item_ended(scope);
            return Ok(None);
        }
        let around = instance.scope;
        if around != scope {
            self.terminate(scope);
            return Ok(Some(around));
        }
        if self.active_instance()?.caller.is_some() {
            return Err(Rejection::InvalidArgument {
                field: "terminateInstructions",
                message:
                    "nothing would be left of an instance that a call activity waits for: cancel what has \
                          called it"
                        .to_owned(),
            });
        }
        self.end_instance(scope);
        Ok(None)
    }
}

/// Why an element is not entered, or left, at the wish of an operator.
fn cannot_be_entered(element: &Element, after: bool) -> Option<&'static str> {
    match &element.kind {
        ElementKind::Process => Some("is the process itself"),
        ElementKind::StartEvent(_) if !after => {
            Some("is a start event: start behind it, or before its scope")
        }
        ElementKind::BoundaryEvent(_) if !after => Some("is a boundary event: start behind it"),
        _ if element.is_for_compensation => Some("is entered only to undo another activity"),
        _ => None,
    }
}
