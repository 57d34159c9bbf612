//! Throwing events: intermediate and end events that do something.

use bpmn::model::{ElementIndex, ElementKind, Thrown};
use types::{ElementInstanceKey, SharedStr, SignalKey, Variables};

use super::complete::Leave;
use super::job::NewJob;
use super::run::Run;
use super::trouble::Trouble;
use crate::outgoing::Outgoing;
use crate::state::ElementState;

/// One thing that a throwing event does, evaluated.
pub(super) enum Throwing {
    Message(NewJob),
    Signal(SharedStr),
    Error(SharedStr),
    Escalation(SharedStr),
    Compensation(Option<ElementIndex>),
    Cancel,
    Terminate,
    Link(ElementIndex),
}

impl<'a> Run<'a> {
    /// Evaluates what a throwing event does. What ends others, and so itself, comes last.
    pub(super) fn prepare_throws(
        &self,
        throws: &'a [Thrown],
        scope: ElementInstanceKey,
    ) -> Result<Vec<Throwing>, Trouble> {
        let mut throwing = throws
            .iter()
            .map(|thrown| {
                Ok(match thrown {
                    Thrown::Message(task) => Throwing::Message(self.prepare_job(task, scope)?),
                    Thrown::Signal { name } => Throwing::Signal(self.string(name, scope, "signal name")?),
                    Thrown::Error { code } => Throwing::Error(self.string(code, scope, "error code")?),
                    Thrown::Escalation { code } => {
                        Throwing::Escalation(self.string(code, scope, "escalation code")?)
                    }
                    Thrown::Compensation { activity } => Throwing::Compensation(*activity),
                    Thrown::Cancel => Throwing::Cancel,
                    Thrown::Terminate => Throwing::Terminate,
                    Thrown::Link { target } => Throwing::Link(*target),
                })
            })
            .collect::<Result<Vec<_>, Trouble>>()?;
        throwing.sort_by_key(Throwing::order);
        Ok(throwing)
    }

    /// Does what a throwing event does. It is left when nothing of that has to be waited for.
    pub(super) fn throw_all(&mut self, key: ElementInstanceKey, throws: Vec<Throwing>) {
        let Some(scope) = self.state.element(key).map(|element| element.scope) else { return };
        let mut leave = Leave::All;
        let mut waits = false;
        let goes_on = self.element_of(key).is_some_and(|(_, element)| !element.outgoing.is_empty());
        let mut signals = Vec::new();
        for throwing in throws {
            if self.state.element(key).is_none_or(|element| element.state == ElementState::Completing) {
                return;
            }
            match throwing {
                Throwing::Message(job) => {
                    self.create_job(key, job);
                    waits = true;
                }
                Throwing::Signal(name) => {
                    let signal = self.broadcast(&name);
                    // Where the path ends here, its scope may end with it: then the signal would come too late.
                    if goes_on {
                        signals.push((name, signal));
                    } else {
                        self.receive_own_signal(scope, &name, signal);
                    }
                }
                Throwing::Escalation(code) => self.escalate(key, &code),
                Throwing::Compensation(activity) => waits |= self.compensate(key, activity),
                Throwing::Error(code) => return self.throw_from(key, &code),
                Throwing::Cancel => return self.cancel_transaction(key),
                Throwing::Terminate => return self.complete(key, Leave::Terminate),
                Throwing::Link(target) => leave = Leave::To(target),
            }
        }
        if !waits {
            self.complete(key, leave);
        }
        for (name, signal) in signals {
            self.receive_own_signal(scope, &name, signal);
        }
    }

    /// Whether a throwing event, or anything else, has nothing left to wait for.
    pub(super) fn complete_if_done(&mut self, key: ElementInstanceKey) {
        if self.state.jobs_of(key).next().is_some() || self.is_compensating(key) {
            return;
        }
        let cancels = self.element_of(key).is_some_and(|(_, element)| match &element.kind {
            ElementKind::EndEvent(throw) => throw.throws.iter().any(|what| matches!(what, Thrown::Cancel)),
            _ => false,
        });
        if cancels {
            self.leave_transaction(key);
        } else {
            self.complete(key, Leave::All);
        }
    }

    /// Sends a signal to all who wait for it, outside of this instance as well. Its key.
    fn broadcast(&mut self, name: &SharedStr) -> SignalKey {
        let signal = SignalKey(self.new_key());
        let tenant = self.state.instance().map(|instance| instance.tenant.clone()).unwrap_or_default();
        let (name, variables) = (name.clone(), Variables::new());
        self.send(Outgoing::BroadcastSignal { tenant, name, signal, variables, after: None });
        signal
    }
}

impl Throwing {
    /// What leaves the event alive, then what it waits for, then what ends it.
    fn order(&self) -> u8 {
        match self {
            Self::Signal(_) => 0,
            Self::Escalation(_) => 1,
            Self::Message(_) => 2,
            Self::Compensation(_) => 3,
            Self::Link(_) => 4,
            Self::Cancel | Self::Terminate => 5,
            Self::Error(_) => 6,
        }
    }
}
