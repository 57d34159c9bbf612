//! Processes that messages start, one instance at a time for each process and correlation key.

use engine::command::{CreateInstance, Start};
use engine::mailbox::{MailboxCommand, MessageStart, StartedProcess, with_oldest_message};
use engine::starts::message_names;
use engine::state::MailboxAddress;
use types::{Actor, MessageKey, ProcessDefinitionKey, ProcessInstanceKey, SharedStr, Variables};

use super::Partition;
use super::correlations::Taking;
use super::pending::Pending;
use crate::error::Error;

/// A mailbox whose messages start a process, with the start events of its name.
type StartPlace = (MailboxAddress, Vec<MessageStart>);

impl Partition {
    /// A message starts a process. The mailbox hears of the instance, or that there is none.
    ///
    /// # Errors
    /// The store does not answer, and nothing was done.
    pub(super) async fn start_by_message(
        &mut self,
        mailbox: MailboxAddress,
        definition: ProcessDefinitionKey,
        element: SharedStr,
        message: MessageKey,
        variables: Variables,
        pending: &mut Pending,
    ) -> Result<(), Error> {
        // Whatever may have to be read is read first: from the start on nothing fails half-way.
        self.load_with_locks(&mailbox).await?;
        let starts = self.shared.definitions.message_starts(&mailbox.tenant, &mailbox.name).await?;
        let version = match self.shared.definitions.get(definition).await {
            Err(Error::Damaged(reason)) => {
                tracing::error!(%definition, %reason, "a message cannot start a process");
                None
            }
            version => version?,
        };
        let instance = version.and_then(|version| {
            let create = CreateInstance {
                definition,
                tenant: mailbox.tenant.clone(),
                variables,
                business_id: None,
                tags: Vec::new(),
                start: Start::Event { element: element.clone(), message: Some((mailbox.clone(), message)) },
                ends_after: Vec::new(),
                caller: None,
            };
            match self.start_version(version, create, Actor::host(), pending) {
                Ok(started) => {
                    let start = Taking { instance: started.key, definition, element, waited: None };
                    self.keep_correlation(&mailbox, message, start, pending);
                    Some(started.key)
                }
                Err(error) => {
                    tracing::error!(%definition, %error, "a message cannot start a process");
                    None
                }
            }
        });
        // Without an instance the next message has its turn.
        let places = match instance {
            Some(_) => Vec::new(),
            None => self.places_of(&mailbox, |row| row.definition == definition).await?,
        };
        let started = MailboxCommand::Started { definition, message, instance };
        let freed = self.deliver_with(&starts, &mailbox, started, pending)?.freed;
        self.start_next(freed, &places, pending)
    }

    /// An instance has ended that a message had started: the next message may start one.
    ///
    /// # Errors
    /// The store does not answer, and nothing was done.
    pub(super) async fn started_instance_ended(
        &mut self,
        mailbox: &MailboxAddress,
        instance: ProcessInstanceKey,
        pending: &mut Pending,
    ) -> Result<(), Error> {
        self.load_with_locks(mailbox).await?;
        let places = self.places_of(mailbox, |row| row.instance == Some(instance)).await?;
        let ended = MailboxCommand::StartedInstanceEnded { instance };
        let freed = self.deliver_with(&[], mailbox, ended, pending)?.freed;
        self.start_next(freed, &places, pending)
    }

    async fn load_with_locks(&mut self, mailbox: &MailboxAddress) -> Result<(), Error> {
        let mut needed = vec![mailbox.clone()];
        needed.extend(mailbox.locks());
        self.load_mailboxes(&needed).await
    }

    /// Where messages may wait for the process of what was started: the mailboxes of all names with which its latest version
    /// starts. They are in memory after this, with their locks.
    async fn places_of(
        &mut self,
        mailbox: &MailboxAddress,
        is_meant: impl Fn(&StartedProcess) -> bool,
    ) -> Result<Vec<StartPlace>, Error> {
        let Some(locks) = mailbox.locks() else { return Ok(Vec::new()) };
        let mut found = None;
        for address in [&locks, mailbox] {
            let started =
                self.mailboxes.get(address).and_then(|kept| kept.started().find(|row| is_meant(row)));
            found = found.or(started.map(|row| row.bpmn_process_id.clone()));
        }
        let Some(process) = found else { return Ok(Vec::new()) };
        let latest = match self.shared.definitions.by_id(&mailbox.tenant, &process, None).await {
            Err(Error::Damaged(reason)) => {
                tracing::error!(%process, %reason, "messages that wait cannot start a process");
                None
            }
            latest => latest?,
        };
        let Some(latest) = latest else { return Ok(Vec::new()) };
        let (at, seed) = (self.shared.clock.now(), self.next_seed());
        let mut places = Vec::new();
        for name in message_names(&latest.process, at, seed) {
            let starts = self.shared.definitions.message_starts(&mailbox.tenant, &name).await?;
            places.push((MailboxAddress { name, ..locks.clone() }, starts));
        }
        let addresses: Vec<MailboxAddress> = places.iter().map(|(address, _)| address.clone()).collect();
        self.load_mailboxes(&addresses).await?;
        Ok(places)
    }

    /// Starts a process with the oldest message that waits for it.
    fn start_next(
        &mut self,
        process: Option<SharedStr>,
        places: &[StartPlace],
        pending: &mut Pending,
    ) -> Result<(), Error> {
        let Some(bpmn_process_id) = process else { return Ok(()) };
        let mailboxes = places.iter().filter_map(|(address, _)| self.mailboxes.peek(address));
        let Some(oldest) = with_oldest_message(mailboxes, &bpmn_process_id, self.shared.clock.now()) else {
            return Ok(());
        };
        let oldest = oldest.clone();
        let starts = places.iter().find(|(address, _)| *address == oldest).map(|(_, starts)| &starts[..]);
        let next = MailboxCommand::StartNext { bpmn_process_id };
        self.deliver_with(starts.unwrap_or_default(), &oldest, next, pending).map(drop)
    }
}
