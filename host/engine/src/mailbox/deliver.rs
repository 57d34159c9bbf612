//! One command for a mailbox.

use types::{
    MessageKey, ProcessDefinitionKey, ProcessInstanceKey, SharedStr, SubscriptionKey, Timestamp, Variables,
};

use super::entry::{Entry, EntryKey, MailboxSubscription, Message, StartedProcess};
use super::state::{MESSAGES_BYTES_MAX, MESSAGES_MAX, Mailbox, has_gone_to, size};
use crate::keys::KeyRange;
use crate::outgoing::Outgoing;
use crate::rejection::{EntityKind, Rejection};
use crate::state::MailboxAddress;

/// What can be asked of a mailbox.
#[derive(Clone, Debug)]
pub enum MailboxCommand {
    /// Take in a message, and keep it for those who do not wait yet.
    Publish {
        /// The message.
        message: NewMessage,
        /// Until when it is kept; now or earlier for not at all.
        expires_at: Timestamp,
    },
    /// Give a message to those who wait now, a start event first. It is never kept.
    Correlate {
        /// The message.
        message: NewMessage,
    },
    /// Somebody waits.
    Open {
        /// The subscription.
        subscription: SubscriptionKey,
        /// Whose it is.
        instance: ProcessInstanceKey,
        /// The process that waits.
        bpmn_process_id: SharedStr,
        /// Whether one message ends it.
        once: bool,
    },
    /// Nobody waits any longer.
    Close {
        /// The subscription.
        subscription: SubscriptionKey,
    },
    /// What has become of a message that was offered.
    Correlated {
        /// The subscription.
        subscription: SubscriptionKey,
        /// The message.
        message: MessageKey,
        /// Whether its instance has taken it; otherwise nobody waits there any longer.
        taken: bool,
    },
    /// What a message was to start has come into being, or cannot.
    Started {
        /// The process version.
        definition: ProcessDefinitionKey,
        /// The message.
        message: MessageKey,
        /// The instance.
        instance: Option<ProcessInstanceKey>,
    },
    /// An instance that a message has started has ended.
    StartedInstanceEnded {
        /// The instance.
        instance: ProcessInstanceKey,
    },
    /// Start a process with the oldest message that it has not got.
    StartNext {
        /// The process.
        bpmn_process_id: SharedStr,
    },
    /// Remove messages whose time is over.
    Expire,
}

/// A message that comes in.
#[derive(Clone, Debug, Default)]
pub struct NewMessage {
    /// The sender's own id for it; while a message with it is kept, another one is refused.
    pub message_id: Option<SharedStr>,
    /// Its variables.
    pub variables: Variables,
}

/// A message start event with the mailbox's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageStart {
    /// The latest version of the process.
    pub definition: ProcessDefinitionKey,
    /// The process.
    pub bpmn_process_id: SharedStr,
    /// The start event.
    pub element: SharedStr,
}

/// What a delivery knows of the world.
#[derive(Clone, Copy, Debug)]
pub struct MailboxContext<'a> {
    /// The message start events with the mailbox's name, in the order of their processes.
    pub starts: &'a [MessageStart],
    /// When the command was taken up.
    pub at: Timestamp,
}

/// What a command has done besides changing the mailbox.
#[derive(Debug, Default)]
pub struct Delivery {
    /// The key of the message that has come in.
    pub message: Option<MessageKey>,
    /// What is asked of others, in order.
    pub outgoing: Vec<Outgoing>,
    /// Who has taken a message now.
    pub taken: Option<(MessageKey, ProcessInstanceKey)>,
    /// Messages that were offered, and that nobody has taken, or will.
    pub given_up: Vec<MessageKey>,
    /// A process that may be started again. Who starts it is [`with_oldest_message`] of the names that it starts with.
    pub freed: Option<SharedStr>,
}

impl MailboxCommand {
    /// Whether the command may start a process, or is about one that was started.
    pub fn is_about_starts(&self) -> bool {
        match self {
            Self::Publish { .. }
            | Self::Correlate { .. }
            | Self::Started { .. }
            | Self::StartedInstanceEnded { .. }
            | Self::StartNext { .. } => true,
            Self::Open { .. } | Self::Close { .. } | Self::Correlated { .. } | Self::Expire => false,
        }
    }

    /// Whether the command looks at the locks of its mailbox's key, where messages have these start events.
    pub fn looks_at_locks(&self, starts: &[MessageStart]) -> bool {
        match self {
            Self::Publish { .. } | Self::Correlate { .. } => !starts.is_empty(),
            _ => self.is_about_starts(),
        }
    }
}

/// Of mailboxes with one key, the one with the oldest message that a process has not got.
pub fn with_oldest_message<'m>(
    mailboxes: impl IntoIterator<Item = &'m Mailbox>,
    bpmn_process_id: &str,
    at: Timestamp,
) -> Option<&'m MailboxAddress> {
    let waiting = mailboxes.into_iter().filter_map(|mailbox| {
        mailbox.next_message(bpmn_process_id, at).map(|message| (message, mailbox.address()))
    });
    waiting.min().map(|(_, address)| address)
}

/// Carries out a command. `locks` is the mailbox at [`MailboxAddress::locks`], where there is one and the command
/// [looks at it](MailboxCommand::looks_at_locks).
///
/// # Errors
/// The command cannot be carried out; the mailboxes are as they were.
pub fn deliver(
    context: MailboxContext<'_>,
    mailbox: &mut Mailbox,
    locks: Option<&mut Mailbox>,
    keys: &mut KeyRange,
    command: MailboxCommand,
) -> Result<Delivery, Rejection> {
    let mut run = Run { context, mailbox, locks, keys, delivery: Delivery::default() };
    match command {
        MailboxCommand::Publish { message, expires_at } => run.publish(message, expires_at)?,
        MailboxCommand::Correlate { message } => run.correlate(message)?,
        MailboxCommand::Open { subscription, instance, bpmn_process_id, once } => {
            run.open(subscription, instance, bpmn_process_id, once);
        }
        MailboxCommand::Close { subscription } => run.close(subscription),
        MailboxCommand::Correlated { subscription, message, taken } => {
            run.correlated(subscription, message, taken);
        }
        MailboxCommand::Started { definition, message, instance } => {
            run.started(definition, message, instance);
        }
        MailboxCommand::StartedInstanceEnded { instance } => run.started_instance_ended(instance),
        MailboxCommand::StartNext { bpmn_process_id } => run.start_next(&bpmn_process_id),
        MailboxCommand::Expire => run.expire(),
    }
    Ok(run.delivery)
}

struct Run<'a> {
    context: MailboxContext<'a>,
    mailbox: &'a mut Mailbox,
    locks: Option<&'a mut Mailbox>,
    keys: &'a mut KeyRange,
    delivery: Delivery,
}

impl Run<'_> {
    fn publish(&mut self, message: NewMessage, expires_at: Timestamp) -> Result<(), Rejection> {
        let at = self.context.at;
        if let Some(id) = &message.message_id
            && self
                .mailbox
                .messages()
                .any(|kept| kept.message_id.as_ref() == Some(id) && kept.expires_at > at)
        {
            let name = format!("{}` with the id `{id}", self.mailbox.address().name);
            return Err(Rejection::AlreadyExists { kind: EntityKind::Message, name });
        }
        let key = self.take_in(message, expires_at)?;
        for process in self.mailbox.waiting_processes() {
            self.offer(key, &process);
        }
        for start in self.context.starts {
            self.start(key, start);
        }
        self.settle(key);
        Ok(())
    }

    fn correlate(&mut self, message: NewMessage) -> Result<(), Rejection> {
        let processes = self.mailbox.waiting_processes();
        if processes.is_empty() && !self.context.starts.iter().any(|start| self.may_start(start)) {
            let name = self.mailbox.address().name.to_string();
            return Err(Rejection::UnknownName { kind: EntityKind::MessageSubscription, name });
        }
        let key = self.take_in(message, self.context.at)?;
        for start in self.context.starts {
            self.start(key, start);
        }
        for process in processes {
            self.offer(key, &process);
        }
        self.settle(key);
        Ok(())
    }

    /// Checks that there is room for a message, and adds it.
    fn take_in(&mut self, message: NewMessage, expires_at: Timestamp) -> Result<MessageKey, Rejection> {
        if self.mailbox.address().name.is_empty() {
            return Err(Rejection::InvalidArgument {
                field: "name",
                message: "expected the message's name, found nothing".to_owned(),
            });
        }
        let message_id = message.message_id.filter(|id| !id.is_empty());
        let mut message = Message {
            key: MessageKey(types::Key::from_i64(0)),
            message_id,
            variables: message.variables,
            expires_at: expires_at.max(self.context.at),
            correlated_to: Vec::new(),
            starting: 0,
        };
        let kept = self.mailbox.messages().count();
        if kept >= MESSAGES_MAX || self.mailbox.message_bytes() + size(&message) > MESSAGES_BYTES_MAX {
            let name = self.mailbox.address().name.to_string();
            return Err(Rejection::NoRoom {
                kind: EntityKind::Message,
                name,
                limit: format!(
                    "{MESSAGES_MAX} messages or {MESSAGES_BYTES_MAX} bytes for one name and correlation key"
                ),
            });
        }
        message.key = MessageKey(self.keys.next_key());
        let key = message.key;
        self.mailbox.put(Entry::Message(message));
        self.delivery.message = Some(key);
        Ok(key)
    }

    fn open(
        &mut self,
        key: SubscriptionKey,
        instance: ProcessInstanceKey,
        bpmn_process_id: SharedStr,
        once: bool,
    ) {
        if self.mailbox.subscription(key).is_some() {
            return;
        }
        let subscription =
            MailboxSubscription { key, instance, bpmn_process_id, once, offered: None, closed: false };
        let process = subscription.bpmn_process_id.clone();
        self.mailbox.put(Entry::Subscription(subscription));
        self.offer_next(&process);
    }

    fn close(&mut self, key: SubscriptionKey) {
        match self.mailbox.subscription(key) {
            // The answer is still to come.
            Some(row) if row.offered.is_some() => {
                let row = MailboxSubscription { closed: true, ..row.clone() };
                self.mailbox.put(Entry::Subscription(row));
            }
            _ => self.mailbox.remove(EntryKey::Subscription(key)),
        }
    }

    fn correlated(&mut self, key: SubscriptionKey, message: MessageKey, taken: bool) {
        let Some(row) = self.mailbox.subscription(key).filter(|row| row.offered == Some(message)).cloned()
        else {
            return;
        };
        let process = row.bpmn_process_id.clone();
        if taken {
            self.delivery.taken = Some((message, row.instance));
        }
        if taken && !row.once && !row.closed {
            self.mailbox.put(Entry::Subscription(MailboxSubscription { offered: None, ..row }));
            self.offer_next(&process);
        } else {
            self.mailbox.remove(EntryKey::Subscription(key));
        }
        if !taken && let Some(mut untaken) = self.mailbox.message(message).cloned() {
            untaken.correlated_to.retain(|other| *other != process);
            self.mailbox.put(Entry::Message(untaken));
            self.offer(message, &process);
        }
        if self.settle(message) && !taken {
            self.delivery.given_up.push(message);
        }
    }

    fn started(
        &mut self,
        definition: ProcessDefinitionKey,
        message: MessageKey,
        instance: Option<ProcessInstanceKey>,
    ) {
        if let Some(instance) = instance {
            self.delivery.taken = Some((message, instance));
        }
        if let Some(row) = self.mailbox.message(message).filter(|row| row.starting > 0) {
            let row = Message { starting: row.starting - 1, ..row.clone() };
            self.mailbox.put(Entry::Message(row));
        }
        if let Some((keeper, row)) =
            self.kept_start(|row| row.definition == definition && row.message == message)
        {
            match instance {
                Some(_) => keeper.put(Entry::Started(StartedProcess { instance, ..row })),
                None => {
                    keeper.remove(EntryKey::Started(definition));
                    self.delivery.freed = Some(row.bpmn_process_id);
                }
            }
        }
        if self.settle(message) && instance.is_none() {
            self.delivery.given_up.push(message);
        }
    }

    fn started_instance_ended(&mut self, instance: ProcessInstanceKey) {
        if let Some((keeper, ended)) = self.kept_start(|row| row.instance == Some(instance)) {
            keeper.remove(EntryKey::Started(ended.definition));
            self.delivery.freed = Some(ended.bpmn_process_id);
        }
    }

    /// What was started, and the mailbox that keeps it: that of the locks, or this one, where an older release has written it.
    fn kept_start(
        &mut self,
        is_meant: impl Fn(&StartedProcess) -> bool,
    ) -> Option<(&mut Mailbox, StartedProcess)> {
        let keepers = self.locks.as_deref_mut().into_iter().chain([&mut *self.mailbox]);
        keepers.into_iter().find_map(|keeper| {
            let row = keeper.started().find(|row| is_meant(row)).cloned()?;
            Some((keeper, row))
        })
    }

    fn expire(&mut self) {
        let expired: Vec<MessageKey> = self
            .mailbox
            .messages()
            .filter(|message| message.expires_at <= self.context.at)
            .map(|message| message.key)
            .collect();
        for message in expired {
            self.settle(message);
        }
    }

    /// Offers the oldest message that a process has not got to whoever waits there.
    fn offer_next(&mut self, process: &SharedStr) {
        if let Some(message) = self.mailbox.next_message(process, self.context.at) {
            self.offer(message, process);
        }
    }

    /// Offers a message to a process that has not got it, if one of its instances waits.
    fn offer(&mut self, message: MessageKey, process: &SharedStr) {
        let Some(message) = self.mailbox.message(message).filter(|row| !has_gone_to(row, process)).cloned()
        else {
            return;
        };
        let Some(free) = self.mailbox.free_subscription(process) else { return };
        let Some(subscription) = self.mailbox.subscription(free).cloned() else { return };
        self.delivery.outgoing.push(Outgoing::Correlate {
            mailbox: self.mailbox.address().clone(),
            instance: subscription.instance,
            subscription: subscription.key,
            message: message.key,
            variables: message.variables.clone(),
        });
        let offered = Some(message.key);
        self.mailbox.put(Entry::Subscription(MailboxSubscription { offered, ..subscription }));
        self.note_gone_to(message, process);
    }

    /// Starts what waits for the oldest message that a process has not got.
    fn start_next(&mut self, process: &SharedStr) {
        let Some(start) = self.context.starts.iter().find(|start| start.bpmn_process_id == *process) else {
            return;
        };
        if let Some(message) = self.mailbox.next_message(process, self.context.at) {
            self.start(message, start);
        }
    }

    /// Starts a process that has not got the message, unless it has to wait.
    fn start(&mut self, message: MessageKey, start: &MessageStart) {
        let process = &start.bpmn_process_id;
        let Some(message) = self.mailbox.message(message).filter(|row| !has_gone_to(row, process)).cloned()
        else {
            return;
        };
        if !self.may_start(start) {
            return;
        }
        self.delivery.outgoing.push(Outgoing::StartByMessage {
            mailbox: self.mailbox.address().clone(),
            definition: start.definition,
            element: start.element.clone(),
            message: message.key,
            variables: message.variables.clone(),
        });
        let mut starting = message.starting;
        if let Some(locks) = &mut self.locks {
            locks.put(Entry::Started(StartedProcess {
                definition: start.definition,
                bpmn_process_id: process.clone(),
                message: message.key,
                instance: None,
            }));
            starting += 1;
        }
        self.note_gone_to(Message { starting, ..message }, process);
    }

    fn may_start(&self, start: &MessageStart) -> bool {
        let process = &start.bpmn_process_id;
        !self.mailbox.is_locked(process) && !self.locks.as_ref().is_some_and(|locks| locks.is_locked(process))
    }

    fn note_gone_to(&mut self, mut message: Message, process: &SharedStr) {
        message.correlated_to.push(process.clone());
        self.mailbox.put(Entry::Message(message));
    }

    /// Removes a message that is no longer kept and of which no answer is to come; true when it is gone.
    fn settle(&mut self, message: MessageKey) -> bool {
        let is_over = self.mailbox.message(message).is_none_or(|row| row.expires_at <= self.context.at)
            && !self.mailbox.is_offered(message);
        if is_over {
            self.mailbox.remove(EntryKey::Message(message));
        }
        is_over
    }
}
