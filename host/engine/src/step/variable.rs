//! Setting variables: in one scope, or where they exist on the way up.

use bpmn::model::Element;
use types::{ElementInstanceKey, Json, SharedStr, VariableKey, Variables};

use super::run::{ChangedVariable, Run};
use crate::event::Event;
use crate::rejection::{EntityKind, Rejection};
use crate::state::Role;

impl Run<'_> {
    pub(super) fn set_variables(
        &mut self,
        scope: ElementInstanceKey,
        variables: Variables,
        local: bool,
    ) -> Result<(), Rejection> {
        if self.state.element(scope).is_none() {
            return Err(Rejection::NotFound { kind: EntityKind::ElementInstance, key: scope.0 });
        }
        if self.set_on_user_task(scope, &variables, local)? {
            return Ok(());
        }
        if local {
            self.set_local(scope, variables);
        } else {
            self.propagate(scope, variables);
        }
        Ok(())
    }

    /// Sets all of `variables` in exactly `scope`.
    pub(super) fn set_local(&mut self, scope: ElementInstanceKey, variables: Variables) {
        for (name, value) in variables {
            self.set(scope, name, value);
        }
    }

    /// Sets each variable in the nearest scope from `scope` upwards that has it, otherwise in the process scope.
    /// What is set on a path through an ad-hoc sub-process stays there.
    pub(super) fn propagate(&mut self, scope: ElementInstanceKey, variables: Variables) {
        for (name, value) in variables {
            let mut target = scope;
            for candidate in self.state.scopes_from(scope) {
                target = candidate;
                let is_path =
                    self.state.element(candidate).is_some_and(|instance| instance.role == Role::Path);
                if is_path || self.state.local_variable(candidate, &name).is_some() {
                    break;
                }
            }
            self.set(target, name, value);
        }
    }

    /// The results of an element's work: local when output mappings pick from them, otherwise propagated.
    pub(super) fn set_results(&mut self, key: ElementInstanceKey, element: &Element, results: Variables) {
        if element.outputs.is_empty() {
            self.propagate(key, results);
        } else {
            self.set_local(key, results);
        }
    }

    pub(super) fn set(&mut self, scope: ElementInstanceKey, name: SharedStr, value: Json) {
        let (key, is_new) = match self.state.local_variable(scope, &name) {
            Some(variable) if variable.value == value => return,
            Some(variable) => (variable.key, false),
            None => (VariableKey(self.new_key()), true),
        };
        // Conditions that come later in the step are looked at in any case.
        if self.state.conditions().next().is_some() {
            self.changed_variables.push(ChangedVariable { scope, name: name.clone(), is_new });
        }
        self.emit(Event::VariableSet { key, scope, name, value });
    }
}
