//! The one place where state changes, by what changes.

mod compensation;
mod element;
mod incident;
mod instance;
mod job;
mod loops;
mod migration;
mod token;
mod user_task;
mod wait;

use bpmn::Process;
use types::ElementInstanceKey;

use super::InstanceState;
use super::members::Belonging;
use crate::event::Event;

impl InstanceState {
    /// Makes `event` part of the state. `process` is the definition that the instance runs once it has happened: see
    /// [`Event::definition`].
    ///
    /// Events come from a step on this very state, or from its history in order. One that names what is not there
    /// was damaged on its way, and leaves that part of the state as it is.
    pub fn apply(&mut self, event: &Event, process: &Process) {
        match event {
            Event::InstanceCreated { .. }
            | Event::EndPlanned { .. }
            | Event::InstanceCompleted { .. }
            | Event::InstanceTerminated { .. }
            | Event::Paused { .. }
            | Event::Resumed { .. }
            | Event::Suspended { .. }
            | Event::Unsuspended { .. }
            | Event::InstanceMigrated { .. } => self.apply_to_instance(event, process),
            Event::TokenParked { .. } | Event::TokenTaken { .. } => self.apply_to_token(event, process),
            Event::ElementEntered { .. }
            | Event::ElementActivated { .. }
            | Event::ElementCompleting { .. }
            | Event::ElementCompleted { .. }
            | Event::ElementTerminated { .. }
            | Event::ElementTerminating { .. }
            | Event::ScopeEmptying { .. }
            | Event::ScopeEmptied { .. }
            | Event::CalledEnded { .. }
            | Event::ListenerCompleted { .. }
            | Event::ProcessCalled { .. }
            | Event::VariableSet { .. } => self.apply_to_element(event, process),
            Event::LoopStarted { .. } | Event::LoopResultKept { .. } | Event::LoopClosed { .. } => {
                self.apply_to_loops(event)
            }
            Event::JobCreated { .. }
            | Event::JobActivated { .. }
            | Event::JobStarted { .. }
            | Event::JobInterrupted { .. }
            | Event::JobTimedOut { .. }
            | Event::JobFailed { .. }
            | Event::JobCompleted { .. }
            | Event::JobCanceled { .. }
            | Event::JobErrorThrown { .. }
            | Event::JobErrorUncaught { .. }
            | Event::JobRetriesUpdated { .. }
            | Event::JobDeadlineUpdated { .. }
            | Event::JobPostponed { .. }
            | Event::JobParked { .. }
            | Event::JobReleased { .. }
            | Event::CheckpointSaved { .. } => self.apply_to_job(event),
            Event::TimerCreated { .. }
            | Event::TimerTriggered { .. }
            | Event::SubscriptionOpened { .. }
            | Event::SubscriptionClosed { .. }
            | Event::ConditionSeen { .. } => self.apply_to_wait(event),
            Event::UserTaskCreated { .. }
            | Event::UserTaskAssigned { .. }
            | Event::UserTaskUpdated { .. }
            | Event::UserTaskCompleted { .. }
            | Event::UserTaskChangePending { .. }
            | Event::UserTaskChangeDecided { .. } => self.apply_to_user_task(event),
            Event::CompensationKept { .. }
            | Event::CompensationMoved { .. }
            | Event::CompensationStarted { .. }
            | Event::CompensationReleased { .. }
            | Event::CompensationEnded { .. } => self.apply_to_compensation(event),
            Event::IncidentCreated { .. } | Event::IncidentResolved { .. } => self.apply_to_incident(event),
            // They tell of what others make state.
            Event::SubscriptionTriggered { .. } | Event::DecisionEvaluated { .. } => {}
        }
    }

    /// Notes that something exists for an element instance.
    pub(in crate::state) fn attach(&mut self, element: ElementInstanceKey, belonging: Belonging) {
        if let Some(element) = self.elements.get_mut(&element) {
            element.belongings.insert(belonging);
        }
    }

    pub(super) fn detach(&mut self, element: ElementInstanceKey, belonging: Belonging) {
        if let Some(element) = self.elements.get_mut(&element) {
            element.belongings.remove(belonging);
        }
    }
}
