//! BPMN errors: who catches them.

use bpmn::model::{BoundaryTrigger, ElementIndex, ElementKind, EndEvent};
use types::{ElementInstanceKey, SharedStr, Variables};

use super::evaluate::Trouble;
use super::run::Run;
use crate::event::Event;
use crate::state::IncidentKind;

/// The boundary event that catches an error, and the activity that it ends.
pub(super) struct Catcher {
    pub(super) activity: ElementInstanceKey,
    pub(super) event: ElementIndex,
}

impl Run<'_> {
    /// Finds who catches `code`, from `origin` outwards. An event for that very code goes before one for all codes.
    pub(super) fn catcher(&self, origin: ElementInstanceKey, code: &str) -> Option<Catcher> {
        self.state.scopes_from(origin).find_map(|activity| {
            let (_, element) = self.element_of(activity)?;
            let boundary_for = |wanted: Option<&str>| {
                element.boundary_events.iter().copied().find(|event| {
                    match &self.process.element(*event).kind {
                        ElementKind::BoundaryEvent(boundary) => match &boundary.trigger {
                            BoundaryTrigger::Error { code } => code.as_deref() == wanted,
                            BoundaryTrigger::Timer(_) => false,
                        },
                        _ => false,
                    }
                })
            };
            let event = boundary_for(Some(code)).or_else(|| boundary_for(None))?;
            Some(Catcher { activity, event })
        })
    }

    /// Ends the activity that the error was caught for and goes on from the boundary event.
    pub(super) fn catch(&mut self, catcher: Catcher, variables: Variables) {
        let Some(scope) = self.state.element(catcher.activity).map(|activity| activity.scope) else { return };
        self.terminate(catcher.activity);
        self.enter_boundary(catcher.event, scope, variables);
    }

    /// An error end event throws.
    pub(super) fn throw_from(&mut self, end_event: ElementInstanceKey, code: &SharedStr) {
        match self.catcher(end_event, code) {
            Some(catcher) => self.catch(catcher, Variables::new()),
            None => self.raise(
                end_event,
                None,
                Trouble::new(
                    IncidentKind::UnhandledErrorEvent,
                    format!("error `{code}` was thrown and no event catches it"),
                ),
            ),
        }
    }

    /// The error of an end event that nothing caught is thrown again.
    pub(super) fn throw_again(&mut self, key: ElementInstanceKey) {
        let Some((_, element)) = self.element_of(key) else { return };
        let ElementKind::EndEvent(EndEvent::Error { code }) = &element.kind else { return };
        match self.string(code, key, "error code") {
            Ok(code) => self.throw_from(key, &code),
            Err(trouble) => self.raise(key, None, trouble),
        }
    }

    /// Enters a boundary event with the variables of what it has caught:
    /// local to the event when its output mappings pick from them, otherwise set where they exist.
    pub(super) fn enter_boundary(
        &mut self,
        event: ElementIndex,
        scope: ElementInstanceKey,
        variables: Variables,
    ) {
        self.allowance.spend_element();
        let element = self.process.element(event);
        let key = ElementInstanceKey(self.new_key());
        self.emit(Event::ElementEntered {
            key,
            scope,
            element: SharedStr::from(&element.id),
            flow: None,
            state: crate::state::ElementState::Active,
            at: self.at(),
        });
        if element.outputs.is_empty() {
            self.propagate(scope, variables);
        } else {
            self.set_local(key, variables);
        }
        self.complete(key, None);
    }
}
