//! BPMN errors and escalations: who catches them.

use bpmn::model::{ElementIndex, ElementKind, SubProcess, Thrown, Trigger};
use types::{ElementInstanceKey, JobKey, SharedStr, Variables};

use super::run::Run;
use super::trouble::Trouble;
use crate::outgoing::{Outgoing, ThrownError};
use crate::rejection::Rejection;
use crate::state::{ElementState, IncidentKind, Role};

/// The event that catches something, and the element instance that it belongs to: the activity with the boundary event, or
/// the scope with the event sub-process.
#[derive(Clone, Copy)]
pub(super) struct Catcher {
    pub(super) owner: ElementInstanceKey,
    pub(super) event: ElementIndex,
}

/// How well an event fits what was thrown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// It catches every code.
    Any,
    /// It catches this very code.
    Exact,
}

impl Run<'_> {
    /// Finds who catches the error `code`, from `origin` outwards. An event for that very code goes before one for all codes.
    pub(super) fn catcher(&self, origin: ElementInstanceKey, code: &str) -> Option<Catcher> {
        self.find_catcher(origin, |trigger| match trigger {
            Trigger::Error { code: None } => Some(Fit::Any),
            Trigger::Error { code: Some(caught) } => (**caught == *code).then_some(Fit::Exact),
            _ => None,
        })
    }

    fn escalation_catcher(&self, origin: ElementInstanceKey, code: &str) -> Option<Catcher> {
        self.find_catcher(origin, |trigger| match trigger {
            Trigger::Escalation { code: None } => Some(Fit::Any),
            Trigger::Escalation { code: Some(caught) } => (**caught == *code).then_some(Fit::Exact),
            _ => None,
        })
    }

    /// On each level, first the event sub-processes inside the scope, then the boundary events on its border.
    fn find_catcher(
        &self,
        origin: ElementInstanceKey,
        fits: impl Fn(&Trigger) -> Option<Fit>,
    ) -> Option<Catcher> {
        let fit = |event: ElementIndex| {
            let catch = self.process.element(event).catch()?;
            catch.triggers.iter().filter_map(&fits).max()
        };
        let mut inner = None;
        for owner in self.state.scopes_from(origin) {
            let (_, element) = self.element_of(owner)?;
            let role = self.state.element(owner).map_or(Role::Plain, |instance| instance.role);
            // The event sub-processes of a loop are those of its items, those of a path are those of its sub-process.
            if !matches!(role, Role::Loop | Role::Path)
                && inner.is_some_and(|inner| !self.is_interrupting_event_sub_process(inner))
                && let Some(event) = best_fit(self.event_sub_process_starts(element), fit)
            {
                return Some(Catcher { owner, event });
            }
            if !matches!(role, Role::Item { .. } | Role::Path)
                && let Some(event) = best_fit(element.boundary_events.iter().copied(), fit)
            {
                return Some(Catcher { owner, event });
            }
            inner = Some(owner);
        }
        None
    }

    /// When it is under way, the scope has nothing else that could catch, or that is waited for.
    pub(super) fn is_interrupting_event_sub_process(&self, key: ElementInstanceKey) -> bool {
        self.element_of(key).is_some_and(|(index, element)| {
            matches!(element.kind, ElementKind::SubProcess(SubProcess::Event))
                && self
                    .process
                    .start_of_event_sub_process(index)
                    .is_some_and(|(_, start)| start.is_interrupting)
        })
    }

    /// An error end event throws.
    pub(super) fn throw_from(&mut self, end_event: ElementInstanceKey, code: &SharedStr) {
        if let Some(catcher) = self.catcher(end_event, code) {
            return self.happen(catcher.owner, catcher.event, Variables::new());
        }
        let message = SharedStr::default();
        if !self.throw_to_caller(end_event, None, code, &message, Variables::new()) {
            self.raise(end_event, None, uncaught(code, &message));
        }
    }

    /// The error of an end event that nothing caught is thrown again.
    pub(super) fn throw_again(&mut self, key: ElementInstanceKey) {
        let Some((_, element)) = self.element_of(key) else { return };
        let ElementKind::EndEvent(throw) = &element.kind else { return };
        let Some(Thrown::Error { code }) =
            throw.throws.iter().find(|thrown| matches!(thrown, Thrown::Error { .. }))
        else {
            return;
        };
        match self.string(code, key, "error code") {
            Ok(code) => self.throw_from(key, &code),
            Err(trouble) => self.raise(key, None, trouble),
        }
    }

    /// Asks the calling instance to catch an error that nothing here does. False when there is no such instance.
    pub(super) fn throw_to_caller(
        &mut self,
        element_instance: ElementInstanceKey,
        job: Option<JobKey>,
        code: &SharedStr,
        message: &SharedStr,
        variables: Variables,
    ) -> bool {
        let Some(instance) = self.state.instance() else { return false };
        let Some(caller) = instance.caller else { return false };
        let (code, message, instance) = (code.clone(), message.clone(), instance.key);
        let error = ThrownError { code, message, variables, instance, element_instance, job };
        self.send(Outgoing::ErrorInCalled { caller, error });
        true
    }

    /// An error of the instance that a call activity has called.
    pub(super) fn error_in_called(
        &mut self,
        call_activity: ElementInstanceKey,
        error: ThrownError,
    ) -> Result<(), Rejection> {
        // Where the call activity is gone, the called instance is being ended.
        if self.is_gone(call_activity) {
            return Ok(());
        }
        if let Some(catcher) = self.catcher(call_activity, &error.code) {
            self.happen(catcher.owner, catcher.event, error.variables);
            return Ok(());
        }
        let outgoing = match self.state.instance().and_then(|instance| instance.caller) {
            Some(caller) => Outgoing::ErrorInCalled { caller, error },
            None => Outgoing::ErrorUncaught { error },
        };
        self.send(outgoing);
        Ok(())
    }

    /// Nothing around this called instance catches an error of its.
    pub(super) fn error_uncaught(&mut self, error: ThrownError) -> Result<(), Rejection> {
        if !self.is_gone(error.element_instance) {
            self.raise(error.element_instance, error.job, uncaught(&error.code, &error.message));
        }
        Ok(())
    }

    /// Whether an element instance has ended, or is being ended: what it throws, or what it has called, comes too late.
    fn is_gone(&self, key: ElementInstanceKey) -> bool {
        self.state.element(key).is_none_or(|instance| instance.state == ElementState::Terminating)
    }

    /// Throws an escalation. One that nothing catches is ignored. Where it ends the thrower, that is gone afterwards.
    pub(super) fn escalate(&mut self, origin: ElementInstanceKey, code: &SharedStr) {
        // Where a call activity is gone, nobody around it hears what it has called.
        if self.is_gone(origin) {
            return;
        }
        if let Some(catcher) = self.escalation_catcher(origin, code) {
            self.happen(catcher.owner, catcher.event, Variables::new());
        } else if let Some(caller) = self.state.instance().and_then(|instance| instance.caller) {
            self.send(Outgoing::EscalationInCalled { caller, code: code.clone() });
        }
    }
}

/// The trouble of an error that nothing catches.
pub(super) fn uncaught(code: &str, message: &str) -> Trouble {
    let colon = if message.is_empty() { "" } else { ": " };
    Trouble::new(
        IncidentKind::UnhandledErrorEvent,
        format!("error `{code}` was thrown and no event catches it{colon}{message}"),
    )
}

/// The event that fits best; of equal ones the first.
fn best_fit(
    events: impl Iterator<Item = ElementIndex>,
    fit: impl Fn(ElementIndex) -> Option<Fit>,
) -> Option<ElementIndex> {
    let fitting = events.filter_map(|event| Some((fit(event)?, event)));
    fitting.reduce(|best, other| if other.0 > best.0 { other } else { best }).map(|(_, event)| event)
}
