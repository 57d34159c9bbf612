//! The scopes around an element that an operator enters: those that there are, and those that are missing.

use std::collections::BTreeMap;

use bpmn::model::{Element, ElementIndex, ElementKind, SubProcess};
use types::ElementInstanceKey;

use super::instructions::Instructions;
use crate::event::Event;
use crate::rejection::{EntityKind, Rejection};
use crate::state::{ElementState, Role};
use crate::step::run::Run;

/// Scopes that a modification has entered: what goes into the same scope goes into the same instance.
#[derive(Default)]
pub(super) struct NewScopes(BTreeMap<(ElementInstanceKey, ElementIndex), ElementInstanceKey>);

/// From where the way to an element is looked for.
#[derive(Clone, Copy)]
pub(super) enum From {
    /// From the process: each scope on the way has one instance at most.
    Process,
    /// From this scope, which an operator has named: scopes inside of it are entered anew.
    Ancestor(ElementInstanceKey),
    /// From the innermost of these scopes that is around the element: the scope of what is moved, and those around it.
    Around(ElementInstanceKey),
}

impl Run<'_> {
    /// Finds the instances of the scopes on the way to an element, and enters those that are missing.
    pub(super) fn enter_scopes(
        &mut self,
        element: &Element,
        way: &[ElementIndex],
        from: From,
        instructions: Instructions,
        new_scopes: &mut NewScopes,
    ) -> Result<ElementInstanceKey, Rejection> {
        let root = self.active_instance()?.key.root_scope();
        let (mut scope, mut looks_for_others) = match from {
            From::Process => (root, true),
            From::Ancestor(ancestor) => (self.ancestor(element, way, ancestor, instructions)?, false),
            From::Around(inner) => {
                let mut around = self.state.scopes_from(inner);
                let is_around = |scope: &ElementInstanceKey| {
                    self.state.element(*scope).is_some_and(|instance| {
                        instance.role != Role::Loop && way.contains(&instance.index())
                    })
                };
                (around.find(is_around).unwrap_or(root), true)
            }
        };
        let start = self.element_of(scope).map_or(ElementIndex::PROCESS, |(index, _)| index);
        for inner in way.iter().copied().skip_while(|index| *index != start).skip(1) {
            let existing = match new_scopes.0.get(&(scope, inner)) {
                Some(new) => Some(*new),
                None if looks_for_others => self.only_instance(scope, inner, instructions)?,
                None => None,
            };
            scope = match existing {
                Some(existing) => existing,
                None => {
                    looks_for_others = false;
                    let around = self.path_in(scope, instructions)?;
                    let new = self.enter_scope(inner, around, instructions)?;
                    new_scopes.0.insert((scope, inner), new);
                    new
                }
            };
        }
        self.path_in(scope, instructions)
    }

    fn ancestor(
        &self,
        element: &Element,
        way: &[ElementIndex],
        ancestor: ElementInstanceKey,
        instructions: Instructions,
    ) -> Result<ElementInstanceKey, Rejection> {
        let Some(instance) = self.state.element(ancestor) else {
            return Err(Rejection::NotFound { kind: EntityKind::ElementInstance, key: ancestor.0 });
        };
        let refuse = |why: &str| {
            let (id, scope) = (&element.id, &instance.element);
            instructions.refuse(format!("`{scope}` with key {ancestor} {why} element `{id}`"))
        };
        if !way.contains(&instance.index()) {
            return Err(refuse("is no scope around"));
        }
        if instance.role == Role::Loop {
            return Err(refuse("is a loop: name the one of its items that is to get"));
        }
        Ok(ancestor)
    }

    /// The one instance of a scope element in `scope`, or in the items of its loop there.
    fn only_instance(
        &self,
        scope: ElementInstanceKey,
        index: ElementIndex,
        instructions: Instructions,
    ) -> Result<Option<ElementInstanceKey>, Rejection> {
        let children = |scope| self.state.element(scope).into_iter().flat_map(|scope| scope.child_keys());
        let is_path = |key: &ElementInstanceKey| {
            self.state.element(*key).is_some_and(|instance| instance.role == Role::Path)
        };
        let (paths, others): (Vec<_>, Vec<_>) = children(scope).partition(is_path);
        let mut found = Vec::new();
        for key in others.into_iter().chain(paths.into_iter().flat_map(children)) {
            let Some(child) = self.state.element(key).filter(|child| child.index() == index) else {
                continue;
            };
            match child.role {
                Role::Loop => found.extend(children(key)),
                Role::Plain | Role::Item { .. } | Role::Path => found.push(key),
            }
        }
        match found[..] {
            [] => Ok(None),
            [only] => Ok(Some(only)),
            _ => {
                let id = &self.process.element(index).id;
                let count = found.len();
                Err(instructions.refuse(format!(
                    "scope `{id}` has {count} instances: say with `ancestorElementInstanceKey` which one is meant"
                )))
            }
        }
    }

    /// What takes an element that is entered in a scope: the scope itself or, in an ad-hoc sub-process, a new path.
    fn path_in(
        &mut self,
        scope: ElementInstanceKey,
        instructions: Instructions,
    ) -> Result<ElementInstanceKey, Rejection> {
        let instance = self.state.element(scope).filter(|instance| instance.state == ElementState::Active);
        let (Some(_), Some((_, element))) = (instance, self.element_of(scope)) else {
            return Err(Rejection::InvalidState {
                kind: EntityKind::ElementInstance,
                key: scope.0,
                found: "not active, or no longer",
                expected: "active, to enter something in it",
            });
        };
        if self.ad_hoc(scope).is_none() {
            return Ok(scope);
        }
        if self.is_closed(scope) {
            let message =
                format!("ad-hoc sub-process `{}` takes on nothing more: it is about to end", element.id);
            return Err(instructions.refuse(message));
        }
        Ok(self.emit_entered(element, scope, None, ElementState::Active, Role::Path))
    }

    /// Enters a scope without what it begins with.
    fn enter_scope(
        &mut self,
        index: ElementIndex,
        scope: ElementInstanceKey,
        instructions: Instructions,
    ) -> Result<ElementInstanceKey, Rejection> {
        let element = self.process.element(index);
        let refuse = |why: &str| Err(instructions.refuse(format!("scope `{}` {why}", element.id)));
        if element.loop_characteristics.is_some() {
            return refuse(
                "is done several times: start it as a whole, or name one of its items as ancestor",
            );
        }
        if matches!(element.kind, ElementKind::SubProcess(SubProcess::AdHoc(_))) {
            return refuse("is an ad-hoc sub-process that is not active: start it as a whole");
        }
        if element.is_for_compensation {
            return refuse("is entered only to undo another activity");
        }
        let key = self.emit_entered(element, scope, None, ElementState::Activating, Role::Plain);
        let mut waits = Vec::new();
        let prepared = element
            .boundary_events
            .iter()
            .copied()
            .chain(self.event_sub_process_starts(element))
            .try_for_each(|event| self.prepare_waits(event, key, &mut waits));
        if let Err(trouble) = prepared {
            return refuse(&format!("cannot wait for its events: {}", trouble.message));
        }
        self.emit(Event::ElementActivated { key });
        self.open_waits(key, waits);
        Ok(key)
    }
}
