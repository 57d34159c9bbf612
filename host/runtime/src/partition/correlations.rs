//! Messages that come to instances, and what is kept of that.

use engine::state::MailboxAddress;
use engine::{Command, Outgoing};
use store::MessageCorrelation;
use types::{
    ElementInstanceKey, MessageKey, ProcessDefinitionKey, ProcessInstanceKey, SharedStr, SubscriptionKey,
    Variables,
};

use super::Partition;
use super::outgoing::does_not_take;
use super::pending::Pending;
use crate::error::Error;
use crate::inbox::Target;

/// Who takes a message.
pub(super) struct Taking {
    pub(super) instance: ProcessInstanceKey,
    pub(super) definition: ProcessDefinitionKey,
    /// The event's id in the model.
    pub(super) element: SharedStr,
    /// What waited for it; `None` for a start event.
    pub(super) waited: Option<(SubscriptionKey, ElementInstanceKey)>,
}

impl Partition {
    /// Gives a message of a mailbox to the instance that it is offered to. The mailbox hears whether it was taken.
    ///
    /// # Errors
    /// The store does not answer, and nothing was done.
    pub(super) async fn hand_over(
        &mut self,
        mailbox: MailboxAddress,
        instance: ProcessInstanceKey,
        subscription: SubscriptionKey,
        message: MessageKey,
        variables: Variables,
        pending: &mut Pending,
    ) -> Result<(), Error> {
        // Who waits is known before the message is taken: then it may wait no longer.
        let taking = match self.load(instance, Target::Instance(instance)).await {
            Ok(bytes) => {
                pending.add_bytes(bytes);
                self.taking(instance, subscription)
            }
            Err(error) => {
                does_not_take(instance, error)?;
                // Nobody answers for it.
                self.pass_on(vec![untaken(mailbox, subscription, message)], pending);
                return Ok(());
            }
        };
        let correlate = Command::Correlate { mailbox: mailbox.clone(), subscription, message, variables };
        if !self.tell(instance, correlate, pending).await? {
            self.pass_on(vec![untaken(mailbox, subscription, message)], pending);
        } else if let Some(taking) = taking {
            self.keep_correlation(&mailbox, message, taking, pending);
        }
        Ok(())
    }

    fn taking(&mut self, instance: ProcessInstanceKey, subscription: SubscriptionKey) -> Option<Taking> {
        let state = &self.cache.get(instance)?.state;
        let waits = state.subscription(subscription)?;
        Some(Taking {
            instance,
            definition: state.instance()?.definition,
            element: waits.element.clone(),
            waited: Some((subscription, waits.element_instance)),
        })
    }

    /// Keeps who has taken a message. The batch writes rows of the instance.
    pub(super) fn keep_correlation(
        &mut self,
        mailbox: &MailboxAddress,
        message: MessageKey,
        taking: Taking,
        pending: &mut Pending,
    ) {
        let Taking { instance, definition, element, waited } = taking;
        let (subscription, element_instance) = match waited {
            Some((subscription, element_instance)) => (subscription, Some(element_instance)),
            None => (SubscriptionKey(definition.0), None),
        };
        pending.keep_correlation(MessageCorrelation {
            key: self.keys.next_key().into(),
            instance,
            definition,
            tenant: mailbox.tenant.clone(),
            message,
            name: mailbox.name.clone(),
            correlation_key: mailbox.correlation_key.clone(),
            subscription,
            element,
            element_instance,
            at: self.shared.clock.now(),
        });
    }
}

/// What a mailbox hears about a message that the instance does not take.
fn untaken(mailbox: MailboxAddress, subscription: SubscriptionKey, message: MessageKey) -> Outgoing {
    Outgoing::Correlated { mailbox, subscription, message, taken: false }
}
