//! Instances that conditions have started.

use engine::command::{CreateInstance, Start};
use types::ConditionalEvaluationKey;

use super::Partition;
use super::pending::Pending;
use crate::error::Error;
use crate::inbox::ConditionalStarts;
use crate::requests::{ConditionalStart, EvaluatedConditions};

impl Partition {
    /// Starts an instance for each event that has happened, all in one batch.
    ///
    /// # Errors
    /// An operator holds the version that was asked for, and nothing was started.
    pub(super) fn start_by_conditions(
        &mut self,
        starts: ConditionalStarts,
        pending: &mut Pending,
    ) -> Result<EvaluatedConditions, Error> {
        let ConditionalStarts { events, tenant, variables, actor, only } = starts;
        if let Some(version) = only {
            self.shared.withheld.check(version)?;
        }
        let key = ConditionalEvaluationKey(self.keys.next_key());
        // The key is seen outside, whether or not an instance is written with it.
        pending.keep_keys();
        let mut started = Vec::with_capacity(events.len());
        for (definition, element) in events {
            let version = definition.key;
            if self.shared.withheld.holds(version) {
                continue;
            }
            let create = CreateInstance {
                definition: version,
                tenant: tenant.clone(),
                variables: variables.clone(),
                business_id: None,
                tags: Vec::new(),
                start: Start::Event { element, message: None },
                ends_after: Vec::new(),
                caller: None,
            };
            pending.count_start();
            match self.start_version(definition, create, actor.clone(), pending) {
                Ok(instance) => {
                    started.push(ConditionalStart { definition: version, instance: instance.key });
                }
                Err(error) => {
                    tracing::error!(definition = %version, %error, "a condition cannot start a process");
                }
            }
        }
        Ok(EvaluatedConditions { key, started })
    }
}
