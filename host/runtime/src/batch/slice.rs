//! A few instances of a batch operation.

use engine::command::UpdateJob;
use engine::state::IncidentKind;
use engine::{Command, Rejection};
use futures_util::future::join_all;
use store::search::{
    Condition, IncidentField, Operand, Operator, Order, PageRequest, ProcessInstanceField, Search, names,
};
use store::{BatchOperation, BatchProgress};
use types::{ProcessInstanceKey, SharedStr};

use super::content::{BatchAction, BatchFailure, Content, encoded, failures, migration, modification};
use super::surroundings::Surroundings;
use crate::error::Error;
use crate::inbox::Target;

/// Instances whose turn it is at the same time.
const INSTANCES_AT_ONCE: u32 = 32;

/// Refusals that are kept.
const FAILURES_MAX: usize = 100;

/// Incidents of one instance that are resolved.
const INCIDENTS_MAX: u32 = 1_000;

/// How far the operation is after a few more instances; `None` when there are no more.
///
/// # Errors
/// Something that has nothing to do with an instance: trying again later may help. Nothing is noted of these few.
pub(super) async fn next(
    surroundings: &Surroundings,
    operation: &BatchOperation,
) -> Result<Option<BatchProgress>, Error> {
    let content = Content::of(operation)?;
    let instances = instances(surroundings, operation, &content).await?;
    let Some(last) = instances.last().copied() else { return Ok(None) };
    let outcomes =
        join_all(instances.iter().map(|key| carry_out(surroundings, operation, &content.action, *key))).await;
    let mut progress = BatchProgress { after: Some(last), ..operation.progress.clone() };
    let mut refused = failures(operation)?;
    for (instance, outcome) in instances.into_iter().zip(outcomes) {
        match outcome {
            Ok(()) => progress.completed += 1,
            Err(Error::Rejected(rejection)) => {
                progress.failed += 1;
                if refused.len() < FAILURES_MAX {
                    refused.push(BatchFailure { instance, message: SharedStr::from(rejection.to_string()) });
                }
            }
            Err(Error::Damaged(reason)) => {
                tracing::error!(%instance, %reason, "an instance cannot take part in a batch operation");
                progress.failed += 1;
                if refused.len() < FAILURES_MAX {
                    let message = "what is stored of it makes no sense: the host's log says more".into();
                    refused.push(BatchFailure { instance, message });
                }
            }
            Err(error) => return Err(error),
        }
    }
    if !refused.is_empty() {
        progress.failures = encoded(&refused);
    }
    Ok(Some(progress))
}

/// The next instances that are meant.
async fn instances(
    surroundings: &Surroundings,
    operation: &BatchOperation,
    content: &Content,
) -> Result<Vec<ProcessInstanceKey>, Error> {
    let mut conditions = content.conditions.clone();
    if let Some(after) = operation.progress.after {
        let later = Operator::Gt(Operand::Integer(after.get()));
        conditions.push(Condition::Field(ProcessInstanceField::ProcessInstanceKey, later));
    }
    let search = Search {
        conditions,
        sort: vec![(ProcessInstanceField::ProcessInstanceKey, Order::Ascending)],
        page: PageRequest { limit: INSTANCES_AT_ONCE, ..PageRequest::default() },
    };
    let found = surroundings.store.search_process_instances(&search).await?;
    Ok(found.items.into_iter().map(|record| record.key).collect())
}

async fn carry_out(
    surroundings: &Surroundings,
    operation: &BatchOperation,
    action: &BatchAction,
    key: ProcessInstanceKey,
) -> Result<(), Error> {
    let command = match action {
        BatchAction::Cancel {} => Command::CancelInstance,
        BatchAction::Migrate { definition, mappings } => {
            Command::MigrateInstance(migration(*definition, mappings))
        }
        BatchAction::Modify { moves } => Command::ModifyInstance(modification(moves)),
        BatchAction::ResolveIncidents {} => return resolve_incidents(surroundings, operation, key).await,
    };
    ask(surroundings, operation, Target::Instance(key), command).await
}

/// Resolves the incidents of an instance. One that somebody else has resolved meanwhile is as good as resolved.
async fn resolve_incidents(
    surroundings: &Surroundings,
    operation: &BatchOperation,
    key: ProcessInstanceKey,
) -> Result<(), Error> {
    let of_instance = Operator::Eq(Operand::Integer(key.get()));
    let open = Operator::Eq(Operand::Text(names::INCIDENT_ACTIVE.to_owned()));
    let search = Search {
        conditions: vec![
            Condition::Field(IncidentField::ProcessInstanceKey, of_instance),
            Condition::Field(IncidentField::State, open),
        ],
        page: PageRequest { limit: INCIDENTS_MAX, ..PageRequest::default() },
        ..Search::default()
    };
    for record in surroundings.store.search_incidents(&search).await?.items {
        let incident = record.incident.key;
        // In this order: without retries the job would be stopped again at once, and the engine refuses it.
        if let Some(job) = record.incident.job.filter(|_| wants_retries(record.incident.kind)) {
            let update = UpdateJob { job, retries: Some(1), deadline: None };
            gone_is_fine(ask(surroundings, operation, Target::Job(job), Command::UpdateJob(update)).await)?;
        }
        let command = Command::ResolveIncident { incident };
        gone_is_fine(ask(surroundings, operation, Target::Incident(incident), command).await)?;
    }
    Ok(())
}

fn wants_retries(kind: IncidentKind) -> bool {
    matches!(
        kind,
        IncidentKind::JobNoRetries
            | IncidentKind::ExecutionListenerNoRetries
            | IncidentKind::TaskListenerNoRetries
            | IncidentKind::AdHocSubProcessNoRetries
    )
}

fn gone_is_fine(outcome: Result<(), Error>) -> Result<(), Error> {
    match outcome {
        Err(Error::Rejected(Rejection::NotFound { .. })) => Ok(()),
        outcome => outcome,
    }
}

async fn ask(
    surroundings: &Surroundings,
    operation: &BatchOperation,
    target: Target,
    command: Command,
) -> Result<(), Error> {
    let Some(inbox) = surroundings.inboxes.of_key(target.key()) else { return Err(target.missing().into()) };
    inbox.ask(target, command, operation.new.actor.clone()).await
}
