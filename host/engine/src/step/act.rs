//! What an element does once it is entered, by its kind.

use bpmn::model::{Catch, Element, ElementIndex, ElementKind, SubProcess, Trigger};
use types::{ElementInstanceKey, SharedStr, UserTaskKey};

use super::action::{Action, Prepared};
use super::catch;
use super::complete::Leave;
use super::run::Run;
use super::trouble::Trouble;
use crate::state::IncidentKind;

impl<'a> Run<'a> {
    /// Evaluates what an element needs to act. What it waits for itself is added to `waits`.
    pub(super) fn prepare_action(
        &self,
        index: ElementIndex,
        scope: ElementInstanceKey,
        waits: &mut Vec<catch::Wait>,
    ) -> Result<Action<'a>, Trouble> {
        let element = self.process.element(index);
        Ok(match &element.kind {
            ElementKind::StartEvent(_)
            | ElementKind::PassThroughTask(_)
            | ElementKind::ParallelGateway
            | ElementKind::BoundaryEvent(_) => Action::Pass,
            ElementKind::EndEvent(throw) | ElementKind::ThrowEvent(throw) => match &throw.throws[..] {
                [] => Action::Pass,
                throws => Action::Throw(self.prepare_throws(throws, scope)?),
            },
            ElementKind::CatchEvent(catch) if is_link(catch) => Action::Pass,
            ElementKind::CatchEvent(_) | ElementKind::ReceiveTask(_) => {
                self.prepare_waits(index, scope, waits)?;
                Action::Wait
            }
            ElementKind::EventBasedGateway(gateway) => {
                for event in &gateway.events {
                    self.prepare_waits(*event, scope, waits)?;
                }
                Action::Wait
            }
            ElementKind::JobTask(task) => self.prepare_job_task(task, scope)?,
            ElementKind::UserTask(task) => self.prepare_user_task(task, scope)?,
            ElementKind::ScriptTask(task) => Action::SetResult {
                name: SharedStr::from(&task.result_variable),
                value: self.json(&task.expression, scope)?,
            },
            ElementKind::DecisionTask(decision) => {
                Action::Decide(Box::new(self.prepare_decision(decision, scope)?))
            }
            ElementKind::CallActivity(called) => Action::Call(Box::new(self.prepare_call(called, scope)?)),
            ElementKind::ExclusiveGateway { default } => {
                Action::Choose(self.choose_one(element, *default, scope)?.into_iter().collect())
            }
            ElementKind::InclusiveGateway { default } => {
                Action::Choose(self.choose_some(element, *default, scope)?)
            }
            ElementKind::ComplexGateway(gateway) => {
                self.check_activation(index, gateway, scope)?;
                Action::Choose(self.choose_some(element, gateway.default, scope)?)
            }
            ElementKind::SubProcess(SubProcess::AdHoc(sub_process)) => {
                Action::AdHoc(self.prepare_ad_hoc(element, sub_process, scope)?)
            }
            ElementKind::Process | ElementKind::SubProcess(_) => {
                Action::EnterScope { start: self.start_of(element, index)? }
            }
        })
    }

    fn start_of(&self, scope: &Element, index: ElementIndex) -> Result<ElementIndex, Trouble> {
        let start = match &scope.kind {
            ElementKind::SubProcess(SubProcess::Event) => {
                self.process.start_of_event_sub_process(index).map(|(start, _)| start)
            }
            _ => self.process.none_start(index),
        };
        start.ok_or_else(|| {
            let message = format!("`{}` has no start event to begin at", scope.id);
            Trouble::new(IncidentKind::ExtractValueError, message)
        })
    }

    /// Lets an element do what was prepared for it.
    pub(super) fn act(&mut self, key: ElementInstanceKey, index: ElementIndex, prepared: Prepared<'a>) {
        let element = self.process.element(index);
        self.open_waits(key, prepared.waits);
        match prepared.action {
            Action::Pass => self.complete(key, Leave::All),
            Action::Wait => {}
            Action::Choose(flows) if element.waits_for_reset() => self.go_on_before_reset(key, flows),
            Action::Choose(flows) => self.complete(key, Leave::Flows(flows)),
            Action::CreateJob(job) => self.create_job(key, job),
            Action::CreateUserTask(properties) => {
                let task = UserTaskKey(self.new_key());
                self.create_user_task(task, key, *properties);
            }
            Action::SetResult { name, value } => {
                self.set_results(key, element, std::iter::once((name, value)).collect());
                self.complete(key, Leave::All);
            }
            Action::EnterScope { start } => self.enter(start, key, None),
            Action::Throw(throws) => self.throw_all(key, throws),
            Action::Call(call) => self.call(key, *call),
            Action::Decide(decision) => self.ask_for_decision(key, *decision),
            Action::FindFiles(files) => self.ask_for_files(key, files),
            Action::Loop(items) => self.begin_loop(key, items),
            Action::AdHoc(entry) => self.begin_ad_hoc(key, entry),
        }
    }
}

/// A link catch event is entered from its throw event and passed through.
fn is_link(catch: &Catch) -> bool {
    matches!(catch.triggers[..], [Trigger::Link { .. }])
}
