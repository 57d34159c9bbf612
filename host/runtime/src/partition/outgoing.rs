//! What steps ask of others: of another instance, of a mailbox, of the host.
//!
//! What stays in the partition is carried out in the same batch, up to a limit. What goes elsewhere, or is past the limit,
//! becomes a parcel. Nothing overtakes what was asked before it of the same partition.

use engine::mailbox::MailboxCommand;
use engine::outgoing::CallProcess;
use engine::{Command, Outgoing};
use types::{Actor, PartitionId, ProcessInstanceKey};

use super::Partition;
use super::pending::Pending;
use crate::error::Error;
use crate::inbox::Target;

/// Whom something is for.
enum Receiver {
    Here,
    One(PartitionId),
    All,
}

impl Partition {
    /// Takes in what a step has asked of others.
    pub(super) fn pass_on(&mut self, outgoing: Vec<Outgoing>, pending: &mut Pending) {
        for outgoing in outgoing {
            match self.receiver(&outgoing) {
                Receiver::Here if self.lines.is_own_clear() => pending.follow_ups.push_back(outgoing),
                Receiver::Here => self.send_parcel(self.id, outgoing, pending),
                Receiver::One(partition) => self.send_parcel(partition, outgoing, pending),
                Receiver::All => {
                    for partition in self.shared.inboxes.partitions() {
                        self.send_parcel(partition, outgoing.clone(), pending);
                    }
                }
            }
        }
    }

    /// Whether this partition carries something out.
    pub(super) fn is_for_here(&self, outgoing: &Outgoing) -> bool {
        !matches!(self.receiver(outgoing), Receiver::One(_))
    }

    fn receiver(&self, outgoing: &Outgoing) -> Receiver {
        let partition = match outgoing {
            Outgoing::CallProcess(_)
            | Outgoing::CancelCalled { .. }
            | Outgoing::CalledCompleted { .. }
            | Outgoing::CalledTerminated { .. }
            | Outgoing::ErrorInCalled { .. }
            | Outgoing::ErrorUncaught { .. }
            | Outgoing::EscalationInCalled { .. }
            | Outgoing::EvaluateDecision(_)
            | Outgoing::FindFiles(_) => self.id,
            Outgoing::StartByMessage { mailbox, .. }
            | Outgoing::ExpireMessages { mailbox }
            | Outgoing::OpenSubscription { mailbox, .. }
            | Outgoing::CloseSubscription { mailbox, .. }
            | Outgoing::Correlated { mailbox, .. }
            | Outgoing::StartedInstanceEnded { mailbox, .. } => {
                mailbox.partition(self.shared.inboxes.count())
            }
            Outgoing::Correlate { instance, .. } => instance.0.partition().unwrap_or(self.id),
            // In the rows of all partitions, its own too: it looks for subscriptions in the rows.
            Outgoing::BroadcastSignal { .. } => return Receiver::All,
        };
        if partition == self.id { Receiver::Here } else { Receiver::One(partition) }
    }

    /// Carries out what the batch asks of its own partition. What is past the limit is left in the rows.
    pub(super) async fn carry_out_follow_ups(&mut self, pending: &mut Pending) {
        while let Some(outgoing) = pending.follow_ups.pop_front() {
            if !pending.takes_follow_ups() || !self.lines.is_own_clear() {
                self.send_parcel(self.id, outgoing, pending);
                continue;
            }
            pending.count_follow_up();
            if let Err(error) = self.carry_out(&outgoing, pending).await {
                tracing::warn!(%error, "what an instance asks for cannot be done now; it is left for later");
                self.send_parcel(self.id, outgoing, pending);
            }
        }
    }

    /// Carries out one thing.
    ///
    /// # Errors
    /// The store does not answer, and nothing was done.
    pub(super) async fn carry_out(
        &mut self,
        outgoing: &Outgoing,
        pending: &mut Pending,
    ) -> Result<(), Error> {
        match outgoing.clone() {
            Outgoing::CallProcess(call) => self.call_process(call, pending).await,
            Outgoing::CancelCalled { instance } => {
                self.tell(instance, Command::CancelCalled, pending).await.map(drop)
            }
            Outgoing::CalledCompleted { caller, variables } => {
                let element_instance = caller.element_instance;
                let command = Command::CalledCompleted { element_instance, variables };
                self.tell(caller.instance, command, pending).await.map(drop)
            }
            Outgoing::CalledTerminated { caller } => {
                let command = Command::CalledTerminated { element_instance: caller.element_instance };
                self.tell(caller.instance, command, pending).await.map(drop)
            }
            Outgoing::ErrorInCalled { caller, error } => {
                let command = Command::ErrorInCalled { element_instance: caller.element_instance, error };
                self.tell(caller.instance, command, pending).await.map(drop)
            }
            Outgoing::ErrorUncaught { error } => {
                self.tell(error.instance, Command::ErrorUncaught { error }, pending).await.map(drop)
            }
            Outgoing::EscalationInCalled { caller, code } => {
                let command = Command::EscalationInCalled { element_instance: caller.element_instance, code };
                self.tell(caller.instance, command, pending).await.map(drop)
            }
            Outgoing::EvaluateDecision(evaluate) => self.evaluate_decision(evaluate, pending).await,
            Outgoing::FindFiles(find) => self.find_files(find, pending).await,
            Outgoing::OpenSubscription { mailbox, subscription, instance, bpmn_process_id, once } => {
                let open = MailboxCommand::Open { subscription, instance, bpmn_process_id, once };
                self.mail(&mailbox, open, pending).await
            }
            Outgoing::CloseSubscription { mailbox, subscription } => {
                self.mail(&mailbox, MailboxCommand::Close { subscription }, pending).await
            }
            Outgoing::Correlated { mailbox, subscription, message, taken } => {
                let correlated = MailboxCommand::Correlated { subscription, message, taken };
                self.mail(&mailbox, correlated, pending).await
            }
            Outgoing::StartedInstanceEnded { mailbox, bpmn_process_id: _, instance } => {
                self.started_instance_ended(&mailbox, instance, pending).await
            }
            Outgoing::ExpireMessages { mailbox } => {
                self.mail(&mailbox, MailboxCommand::Expire, pending).await
            }
            Outgoing::Correlate { mailbox, instance, subscription, message, variables } => {
                self.hand_over(mailbox, instance, subscription, message, variables, pending).await
            }
            Outgoing::StartByMessage { mailbox, definition, element, message, variables } => {
                self.start_by_message(mailbox, definition, element, message, variables, pending).await
            }
            // It is taken from the rows only.
            Outgoing::BroadcastSignal { .. } => Ok(()),
        }
    }

    /// Gives a command to an instance, if it is there to take it. False when it is not.
    pub(super) async fn tell(
        &mut self,
        instance: ProcessInstanceKey,
        command: Command,
        pending: &mut Pending,
    ) -> Result<bool, Error> {
        match self.command(Target::Instance(instance), command, Actor::host(), pending).await {
            Ok(()) => Ok(true),
            Err(error) => does_not_take(instance, error).map(|()| false),
        }
    }

    /// A call activity calls a process: its instance lives here too.
    async fn call_process(&mut self, call: CallProcess, pending: &mut Pending) -> Result<(), Error> {
        let caller = call.caller;
        // Whatever may have to be read is read first: from here on nothing fails half-way.
        match self.load(caller.instance, Target::Instance(caller.instance)).await {
            Ok(bytes) => pending.add_bytes(bytes),
            Err(Error::Rejected(_) | Error::Damaged(_)) => return Ok(()),
            Err(error) => return Err(error),
        }
        let definition = match self.shared.definitions.called(&call).await {
            Err(Error::Damaged(reason)) => Err(reason),
            definition => definition?.ok_or_else(|| not_found(&call)),
        };
        let called = definition.and_then(|definition| {
            let create = engine::command::CreateInstance {
                definition: definition.key,
                tenant: call.tenant.clone(),
                variables: call.variables.clone(),
                business_id: call.business_id.clone(),
                tags: Vec::new(),
                start: engine::command::Start::Default,
                ends_after: Vec::new(),
                caller: Some(caller),
            };
            self.start_version(definition, create, Actor::host(), pending)
                .map(|started| started.key)
                .map_err(|error| error.to_string())
        });
        let command = Command::ProcessCalled { element_instance: caller.element_instance, called };
        self.tell(caller.instance, command, pending).await.map(drop)
    }
}

/// Says why an instance does not take what another asks of it.
///
/// # Errors
/// The store does not answer: it may take it later.
pub(super) fn does_not_take(instance: ProcessInstanceKey, error: Error) -> Result<(), Error> {
    match error {
        Error::Rejected(rejection) => {
            // It has ended, or does not wait for this any longer.
            tracing::debug!(%instance, %rejection, "an instance does not take what another asks of it");
            Ok(())
        }
        Error::Damaged(reason) => {
            tracing::error!(%instance, %reason, "an instance cannot take what another asks of it");
            Ok(())
        }
        error => Err(error),
    }
}

fn not_found(call: &CallProcess) -> String {
    let process = &call.bpmn_process_id;
    match (&call.version_tag, call.deployed_with) {
        (Some(tag), _) => format!("no version of the process `{process}` has the version tag `{tag}`"),
        (None, Some(_)) => format!("no process `{process}` was deployed together with the calling process"),
        (None, None) => format!("no process `{process}` is deployed"),
    }
}
