//! Starting processes whose conditions hold.

use std::collections::BTreeSet;
use std::sync::Arc;

use engine::conditions::{self, Evaluation};
use engine::{Definition, EntityKind, Rejection};
use store::StartTrigger;
use tokio::sync::oneshot;
use types::{ProcessDefinitionKey, SharedStr, TenantId, Variables};

use super::Handle;
use crate::error::Error;
use crate::inbox::{Ask, ConditionalStarts};
use crate::requests::{EvaluateConditions, EvaluatedConditions};

/// Process versions whose conditions one request looks at, at most.
const PROCESSES_PER_EVALUATION_MAX: usize = 1_000;

/// Instances that one request starts at most: they are in one commit, so that all of them are started or none.
const STARTS_PER_EVALUATION_MAX: usize = 100;

/// What the variables of the instances that one request starts may take together, in bytes of JSON text.
const BYTES_PER_EVALUATION_MAX: usize = 16 << 20;

impl Handle {
    /// Evaluates the conditional start events of a tenant's processes, in their latest versions, or of one version, with
    /// variables. Each event that happens starts an instance with them; returns when all of these are durable.
    ///
    /// A condition that cannot be evaluated does not hold. A version that an operator holds is passed over, unless it is the
    /// one that is asked for.
    ///
    /// # Errors
    /// Nothing was started.
    /// - `Rejection::NotFound`: there is no such version.
    /// - `Rejection::InvalidState`: an operator holds it.
    /// - `Rejection::InvalidArgument`: it has no conditional start event, or the request is past a limit.
    pub async fn evaluate_conditions(
        &self,
        evaluate: EvaluateConditions,
    ) -> Result<EvaluatedConditions, Error> {
        let EvaluateConditions { definition, variables, tenant, actor } = evaluate;
        let definitions = match definition {
            Some(key) => vec![self.version_with_conditions(&tenant, key).await?],
            None => self.latest_with_conditions(&tenant).await?,
        };
        let (at, seed) = (self.shared.clock.now(), super::seed()?);
        // They may compute for a second or two, which must not hold up others.
        let evaluated =
            tokio::task::spawn_blocking(move || (happened(definitions, &variables, at, seed), variables));
        let (events, variables) = evaluated.await.map_err(|error| Error::Damaged(error.to_string()))?;
        let events = events?;
        check_room(events.len(), &variables)?;
        let starts = ConditionalStarts { events, tenant, variables, actor, only: definition };
        let (reply, answer) = oneshot::channel();
        self.inboxes.try_send_to_any(Ask::StartByConditions { starts, reply })?;
        answer.await.map_err(|_| Error::ShuttingDown)?
    }

    async fn version_with_conditions(
        &self,
        tenant: &TenantId,
        key: ProcessDefinitionKey,
    ) -> Result<Arc<Definition>, Error> {
        let found = self.shared.definitions.get(key).await?.filter(|found| found.tenant == *tenant);
        let Some(definition) = found else {
            return Err(Rejection::NotFound { kind: EntityKind::ProcessDefinition, key: key.0 }.into());
        };
        if !conditions::has_conditional_start(&definition.process) {
            let (process, version) = (&definition.process.id, definition.version);
            return Err(refused(
                "processDefinitionKey",
                format!("version {version} of the process `{process}` has no conditional start event"),
            ));
        }
        self.shared.withheld.check(key)?;
        Ok(definition)
    }

    async fn latest_with_conditions(&self, tenant: &TenantId) -> Result<Vec<Arc<Definition>>, Error> {
        let events = self.shared.store.start_events(tenant, &StartTrigger::Condition).await?;
        // In the order of their processes.
        let mut seen = BTreeSet::new();
        let mut keys: Vec<_> = events.iter().map(|event| event.definition).collect();
        keys.retain(|key| !self.shared.withheld.holds(*key) && seen.insert(*key));
        if keys.len() > PROCESSES_PER_EVALUATION_MAX {
            return Err(refused(
                "processDefinitionKey",
                format!(
                    "{} processes start by conditions, and one request evaluates those of at most \
                     {PROCESSES_PER_EVALUATION_MAX}: say which one is meant",
                    keys.len()
                ),
            ));
        }
        let mut definitions = Vec::with_capacity(keys.len());
        for key in keys {
            match self.shared.definitions.get(key).await {
                Ok(definition) => definitions.extend(definition),
                Err(Error::Damaged(reason)) => {
                    tracing::error!(definition = %key, %reason, "a condition cannot start a process");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(definitions)
    }
}

/// The start events that happen.
fn happened(
    definitions: Vec<Arc<Definition>>,
    variables: &Variables,
    at: types::Timestamp,
    seed: u64,
) -> Result<Vec<(Arc<Definition>, SharedStr)>, Error> {
    let mut evaluation = Evaluation::new(variables, at, seed);
    let mut events = Vec::new();
    for definition in definitions {
        let elements = evaluation.starts_of(&definition.process).map_err(|error| {
            refused("variables", format!("{error}: send fewer, or say which process definition is meant"))
        })?;
        events.extend(elements.into_iter().map(|element| (Arc::clone(&definition), element)));
    }
    Ok(events)
}

fn check_room(starts: usize, variables: &Variables) -> Result<(), Error> {
    if starts > STARTS_PER_EVALUATION_MAX {
        return Err(refused(
            "processDefinitionKey",
            format!(
                "{starts} conditional start events happen with these variables, and one request starts at most \
                 {STARTS_PER_EVALUATION_MAX} instances: evaluate one process definition at a time"
            ),
        ));
    }
    let bytes = starts * variables.bytes();
    if bytes > BYTES_PER_EVALUATION_MAX {
        return Err(refused(
            "variables",
            format!(
                "{starts} instances would begin with them, which takes {bytes} bytes, the limit is \
                 {BYTES_PER_EVALUATION_MAX}: send fewer, or evaluate one process definition at a time"
            ),
        ));
    }
    Ok(())
}

fn refused(field: &'static str, message: String) -> Error {
    Rejection::InvalidArgument { field, message }.into()
}
