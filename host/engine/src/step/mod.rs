//! One step: a command is checked, then carried out up to the next wait states.

mod act;
mod action;
mod ad_hoc;
mod allowance;
mod call;
mod catch;
mod compensation;
mod complete;
mod condition;
mod context;
mod decision;
mod ending;
mod enter;
mod error;
mod evaluate;
mod excerpt;
mod file;
mod gateway;
mod incident;
mod instance;
mod job;
mod listener;
mod looping;
mod mapping;
mod merge;
mod migrate;
mod modify;
mod response;
mod run;
mod suspend;
mod task_listener;
mod throw;
mod timer;
mod trouble;
mod user_task;
mod user_task_entry;
mod user_task_properties;
mod variable;

pub use context::{Context, Definition, Definitions, Output};
pub use decision::record as decision_record;
pub use job::{JobDescription, describe_job};
pub use user_task_properties::USER_TASK_JOB_TYPE;

use crate::command::Command;
use crate::keys::KeyRange;
use crate::rejection::{EntityKind, Rejection};
use crate::state::InstanceState;
use run::Run;

/// Carries out `command` on `state`.
///
/// # Errors
/// The command cannot be carried out; the state is as it was.
pub fn step(
    context: Context<'_>,
    state: &mut InstanceState,
    keys: &mut KeyRange,
    command: Command,
) -> Result<Output, Rejection> {
    let definition_key = match (&command, state.instance()) {
        (Command::CreateInstance(create), _) => create.definition,
        (_, Some(instance)) => instance.definition,
        (_, None) => return Err(no_instance(&command)),
    };
    let definition = context
        .definitions
        .get(definition_key)
        .cloned()
        .ok_or(Rejection::NotFound { kind: EntityKind::ProcessDefinition, key: definition_key.0 })?;
    let mut run = Run::new(context, &definition, state, keys);
    match command {
        Command::CreateInstance(create) => run.create_instance(create)?,
        Command::CancelInstance => run.cancel_instance()?,
        Command::CancelCalled => run.cancel_called()?,
        Command::Continue => run.resume()?,
        Command::ActivateJob(activate) => run.activate_job(activate)?,
        Command::StartJob(start) => run.start_job(start)?,
        Command::InterruptJob { job } => run.interrupt_job(job)?,
        Command::TimeOutJob { job } => run.time_out_job(job)?,
        Command::CompleteJob(complete) => run.complete_job(complete)?,
        Command::FailJob(fail) => run.fail_job(fail)?,
        Command::ThrowError(throw) => run.throw_error(throw)?,
        Command::UpdateJob(update) => run.update_job(update)?,
        Command::PostponeJob { attempt, after_ms } => run.postpone_job(attempt, after_ms)?,
        Command::ParkJob { attempt, within_ms } => run.park_job(attempt, within_ms)?,
        Command::SaveCheckpoint { attempt, value, writer_version } => {
            run.save_checkpoint(attempt, value, writer_version)?;
        }
        Command::TriggerTimer { timer } => run.trigger_timer(timer)?,
        Command::AssignUserTask(assign) => run.assign_user_task(assign)?,
        Command::UnassignUserTask { task } => run.unassign_user_task(task)?,
        Command::UpdateUserTask(update) => run.update_user_task(update)?,
        Command::CompleteUserTask { task, variables } => run.complete_user_task(task, variables)?,
        Command::ResolveIncident { incident } => run.resolve_incident(incident)?,
        Command::Correlate { mailbox, subscription, message, variables } => {
            run.correlate(mailbox, subscription, message, variables)?;
        }
        Command::ReceiveSignal { subscription, signal, variables } => {
            run.receive_signal(subscription, signal, variables)?;
        }
        Command::ProcessCalled { element_instance, called } => {
            run.process_called(element_instance, called)?
        }
        Command::CalledCompleted { element_instance, variables } => {
            run.called_completed(element_instance, variables)?;
        }
        Command::CalledTerminated { element_instance } => run.called_terminated(element_instance),
        Command::ErrorInCalled { element_instance, error } => run.error_in_called(element_instance, error)?,
        Command::ErrorUncaught { error } => run.error_uncaught(error)?,
        Command::EscalationInCalled { element_instance, code } => run.escalate(element_instance, &code),
        Command::EvaluateDecision { element_instance, decision } => {
            run.evaluate_decision(element_instance, decision)?;
        }
        Command::UseFiles { element_instance, files } => run.use_files(element_instance, files)?,
        Command::ActivateAdHoc { element_instance, activities, cancels_remaining } => {
            run.activate_ad_hoc(element_instance, activities, cancels_remaining)?;
        }
        Command::ModifyInstance(modify) => run.modify_instance(modify)?,
        Command::MigrateInstance(migrate) => run.migrate_instance(migrate)?,
        Command::SuspendInstance => run.suspend_instance()?,
        Command::UnsuspendInstance => run.unsuspend_instance()?,
        Command::SetVariables { scope, variables, local } => {
            run.set_variables(scope, variables, local)?;
        }
    }
    run.take_waiting_flows();
    Ok(run.into_output())
}

fn no_instance(command: &Command) -> Rejection {
    let (kind, key) = match command {
        Command::ActivateJob(activate) => (EntityKind::Job, activate.job.0),
        Command::StartJob(start) => (EntityKind::Job, start.job.0),
        Command::InterruptJob { job } | Command::TimeOutJob { job } => (EntityKind::Job, job.0),
        Command::CompleteJob(complete) => (EntityKind::Job, complete.attempt.job.0),
        Command::FailJob(fail) => (EntityKind::Job, fail.attempt.job.0),
        Command::ThrowError(throw) => (EntityKind::Job, throw.attempt.job.0),
        Command::UpdateJob(update) => (EntityKind::Job, update.job.0),
        Command::PostponeJob { attempt, .. }
        | Command::ParkJob { attempt, .. }
        | Command::SaveCheckpoint { attempt, .. } => (EntityKind::Job, attempt.job.0),
        Command::TriggerTimer { timer } => (EntityKind::Timer, timer.0),
        Command::AssignUserTask(assign) => (EntityKind::UserTask, assign.task.0),
        Command::UpdateUserTask(update) => (EntityKind::UserTask, update.task.0),
        Command::UnassignUserTask { task } | Command::CompleteUserTask { task, .. } => {
            (EntityKind::UserTask, task.0)
        }
        Command::ResolveIncident { incident } => (EntityKind::Incident, incident.0),
        Command::SetVariables { scope, .. } => (EntityKind::ElementInstance, scope.0),
        Command::CreateInstance(create) => (EntityKind::ProcessDefinition, create.definition.0),
        Command::ProcessCalled { element_instance, .. }
        | Command::CalledCompleted { element_instance, .. }
        | Command::CalledTerminated { element_instance }
        | Command::ErrorInCalled { element_instance, .. }
        | Command::EscalationInCalled { element_instance, .. }
        | Command::EvaluateDecision { element_instance, .. }
        | Command::UseFiles { element_instance, .. }
        | Command::ActivateAdHoc { element_instance, .. } => {
            (EntityKind::ElementInstance, element_instance.0)
        }
        Command::ErrorUncaught { error } => (EntityKind::ProcessInstance, error.instance.0),
        Command::Correlate { subscription, .. } | Command::ReceiveSignal { subscription, .. } => {
            (EntityKind::Subscription, subscription.0)
        }
        Command::CancelInstance
        | Command::CancelCalled
        | Command::Continue
        | Command::ModifyInstance(_)
        | Command::MigrateInstance(_)
        | Command::SuspendInstance
        | Command::UnsuspendInstance => {
            return Rejection::InvalidArgument {
                field: "processInstanceKey",
                message: "there is no process instance that the command could be for".to_owned(),
            };
        }
    };
    Rejection::NotFound { kind, key }
}
