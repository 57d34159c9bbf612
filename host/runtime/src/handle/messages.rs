//! Messages and signals.

use engine::mailbox::{MailboxCommand, NewMessage};
use engine::state::MailboxAddress;
use tokio::sync::oneshot;
use types::{MessageKey, SignalKey};

use super::Handle;
use crate::error::Error;
use crate::inbox::{Ask, Inbox};
use crate::requests::{BroadcastSignal, CorrelateMessage, CorrelatedMessage, PublishMessage};

impl Handle {
    /// Publishes a message, and returns when that is durable. Those who wait for it, or will in its time, get it after that.
    ///
    /// # Errors
    /// - `Rejection::AlreadyExists`: a message with the same name, correlation key and id is kept.
    /// - `Rejection::NoRoom`: too many messages with this name and correlation key are kept.
    pub async fn publish_message(&self, publish: PublishMessage) -> Result<MessageKey, Error> {
        let PublishMessage { name, correlation_key, time_to_live, message_id, variables, tenant } = publish;
        let address = MailboxAddress { tenant, name, correlation_key };
        let expires_at = self.clock().now() + time_to_live;
        let message = NewMessage { message_id, variables };
        let command = MailboxCommand::Publish { message, expires_at };
        self.mailbox(&address).ask_for_client(|reply| Ask::Publish { address, command, reply }).await
    }

    /// Gives a message to those who wait for it now, and returns when the first of them has taken it. It starts a process rather
    /// than going to an instance that waits, and is never kept.
    ///
    /// # Errors
    /// `Rejection::UnknownName`: nobody waits for it.
    pub async fn correlate_message(&self, correlate: CorrelateMessage) -> Result<CorrelatedMessage, Error> {
        let CorrelateMessage { name, correlation_key, variables, tenant } = correlate;
        let address = MailboxAddress { tenant, name, correlation_key };
        let message = NewMessage { message_id: None, variables };
        let command = MailboxCommand::Correlate { message };
        self.mailbox(&address).ask_for_client(|reply| Ask::Correlate { address, command, reply }).await
    }

    /// Sends a signal to everybody who waits for it now, and returns when that is durable.
    pub async fn broadcast_signal(&self, broadcast: BroadcastSignal) -> Result<SignalKey, Error> {
        let BroadcastSignal { name, variables, tenant } = broadcast;
        let (reply, answer) = oneshot::channel();
        self.inboxes.try_send_to_any(Ask::Broadcast { tenant, name, variables, reply })?;
        answer.await.map_err(|_| Error::ShuttingDown)?
    }

    /// The way to the partition of a mailbox.
    fn mailbox(&self, address: &MailboxAddress) -> &Inbox {
        self.inboxes.of(address.partition(self.inboxes.count()))
    }
}
