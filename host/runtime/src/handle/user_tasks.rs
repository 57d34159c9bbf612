//! Changes of user tasks, which their listeners may have to agree to.
//!
//! Each returns when the change is made. Where listeners hear of it, that is when all of them have answered, or one has
//! denied it; after `patience` the caller is told to look again later. The change is kept with its task from the moment
//! its listeners are asked, so whoever goes away, the host included, changes nothing about it.

use std::time::Duration;

use engine::Command;
use engine::command::{AssignUserTask, UpdateUserTask};
use types::{Actor, ElementInstanceKey, UserTaskKey, Variables};

use super::Handle;
use crate::error::Error;
use crate::inbox::{Ask, Target};

impl Handle {
    /// Gives a user task to somebody.
    pub async fn assign_user_task(
        &self,
        assign: AssignUserTask,
        actor: Actor,
        patience: Duration,
    ) -> Result<(), Error> {
        self.change(Target::UserTask(assign.task), Command::AssignUserTask(assign), actor, patience).await
    }

    /// Takes a user task back.
    pub async fn unassign_user_task(
        &self,
        task: UserTaskKey,
        actor: Actor,
        patience: Duration,
    ) -> Result<(), Error> {
        self.change(Target::UserTask(task), Command::UnassignUserTask { task }, actor, patience).await
    }

    /// Changes a user task's properties.
    pub async fn update_user_task(
        &self,
        update: UpdateUserTask,
        actor: Actor,
        patience: Duration,
    ) -> Result<(), Error> {
        self.change(Target::UserTask(update.task), Command::UpdateUserTask(update), actor, patience).await
    }

    /// A user task is done.
    pub async fn complete_user_task(
        &self,
        task: UserTaskKey,
        variables: Variables,
        actor: Actor,
        patience: Duration,
    ) -> Result<(), Error> {
        let command = Command::CompleteUserTask { task, variables };
        self.change(Target::UserTask(task), command, actor, patience).await
    }

    /// Sets variables, in exactly `scope` when `local`, otherwise where they exist from there upwards. Those of a user task
    /// are an update of it.
    pub async fn set_variables(
        &self,
        scope: ElementInstanceKey,
        variables: Variables,
        local: bool,
        actor: Actor,
        patience: Duration,
    ) -> Result<(), Error> {
        let command = Command::SetVariables { scope, variables, local };
        self.change(Target::Element(scope), command, actor, patience).await
    }

    /// # Errors
    /// [`Error::ChangeDenied`], [`Error::ChangeOvertaken`], [`Error::ListenersTimedOut`]: what has become of a change of
    /// which listeners were told.
    async fn change(
        &self,
        target: Target,
        command: Command,
        actor: Actor,
        patience: Duration,
    ) -> Result<(), Error> {
        let Some(inbox) = self.inboxes.of_key(target.key()) else { return Err(target.missing().into()) };
        let ask = |reply| Ask::ChangeUserTask { target, command, actor, reply };
        let Some(decision) = inbox.ask_for_client(ask).await? else { return Ok(()) };
        match tokio::time::timeout(patience, decision).await {
            Ok(Ok(decided)) => decided,
            Ok(Err(_)) => Err(Error::ShuttingDown),
            Err(_) => Err(Error::ListenersTimedOut { waited_ms: patience.as_millis() as u64 }),
        }
    }
}
