//! What starts the processes of a deployment by itself.

use bpmn::Process;
use engine::starts::{ProcessStart, StartCause, starts_of};
use store::{DefinitionRecord, ProcessStarts, StartEvent, StartTimer, StartTrigger};
use types::{SharedStr, TimerKey};

use super::Partition;
use crate::error::{DeployError, Error};

impl Partition {
    /// What starts a new version of a process by itself. A timer that the version before had too keeps its schedule.
    pub(super) async fn starts_of_version(
        &mut self,
        record: &DefinitionRecord,
        process: &Process,
    ) -> Result<ProcessStarts, DeployError> {
        let at = self.shared.clock.now();
        let seed = self.next_seed();
        let starts = starts_of(process, at, seed).map_err(DeployError::Start)?;
        let store = &self.shared.store;
        let before =
            store.start_timers(&record.tenant, &record.bpmn_process_id).await.map_err(Error::from)?;
        let (mut events, mut timers) = (Vec::new(), Vec::new());
        for ProcessStart { element, trigger, cause } in starts {
            let event = |trigger_index, trigger| StartEvent {
                definition: record.key,
                tenant: record.tenant.clone(),
                bpmn_process_id: record.bpmn_process_id.clone(),
                element: element.clone(),
                trigger_index,
                trigger,
            };
            match cause {
                StartCause::Message(name) => events.push(event(trigger, StartTrigger::Message(name))),
                StartCause::Signal(name) => events.push(event(trigger, StartTrigger::Signal(name))),
                StartCause::Condition => events.push(event(trigger, StartTrigger::Condition)),
                StartCause::Timer { text, due } => {
                    let is_same = |old: &&StartTimer| {
                        old.element == element && old.trigger == trigger && old.text == text
                    };
                    let kept = before.iter().find(is_same).map(|old| (old.armed_at, old.due, old.fired));
                    let Some((armed_at, due, fired)) = kept.or(due.map(|due| (at, due, 0))) else { continue };
                    timers.push(StartTimer {
                        key: TimerKey(self.keys.next_key()),
                        definition: record.key,
                        tenant: record.tenant.clone(),
                        bpmn_process_id: record.bpmn_process_id.clone(),
                        element: element.clone(),
                        trigger,
                        text,
                        armed_at,
                        due,
                        fired,
                    });
                }
            }
        }
        Ok(ProcessStarts { bpmn_process_id: SharedStr::from(&process.id), events, timers })
    }
}
