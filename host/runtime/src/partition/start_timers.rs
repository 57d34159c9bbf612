//! Timers of start events, which partition 1 fires for all.

use bpmn::timer::Repetition;
use engine::Change;
use engine::command::{CreateInstance, Start};
use store::StartTimer;
use types::{Actor, Variables};

use super::Partition;
use super::pending::Pending;
use crate::error::Error;

impl Partition {
    /// Starts an instance, and sets the timer again if it is a cycle.
    ///
    /// # Errors
    /// The store does not answer, and nothing was done.
    pub(super) async fn fire_start_timer(
        &mut self,
        timer: StartTimer,
        pending: &mut Pending,
    ) -> Result<(), Error> {
        let (key, definition_key) = (timer.key, timer.definition);
        let definition = match self.shared.definitions.get(definition_key).await {
            Err(Error::Damaged(reason)) => {
                tracing::error!(definition = %definition_key, %reason, "a timer cannot start a process");
                None
            }
            definition => definition?,
        };
        let previous = Repetition { due: timer.due, number: timer.fired };
        let now = self.shared.clock.now();
        let next =
            engine::starts::due_again(&timer.text, previous, timer.armed_at, now).unwrap_or_else(|error| {
                tracing::error!(definition = %definition_key, %error, "a timer is not set again");
                None
            });
        if let Some(definition) = definition {
            let create = CreateInstance {
                definition: definition_key,
                tenant: timer.tenant.clone(),
                variables: Variables::new(),
                business_id: None,
                tags: Vec::new(),
                start: Start::Event { element: timer.element.clone(), message: None },
                ends_after: Vec::new(),
                caller: None,
            };
            if let Err(error) = self.start_version(definition, create, Actor::host(), pending) {
                tracing::error!(definition = %definition_key, %error, "a timer cannot start a process");
            }
        }
        let change = match next {
            Some(Repetition { due, number }) => Change::Put(StartTimer { due, fired: number, ..timer }),
            None => Change::Delete(key),
        };
        pending.change_start_timer(key, change);
        Ok(())
    }
}
