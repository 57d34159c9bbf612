//! A signal on its way to everybody in the partition who waits for it.

use engine::command::{CreateInstance, Start};
use engine::{Command, Outgoing};
use store::{ParcelContent, StartTrigger};
use types::{Actor, Key, SharedStr, SignalKey, SubscriptionKey, TenantId, Variables};

use super::Partition;
use super::lines::Progress;
use super::pending::Pending;
use crate::error::Error;

/// Subscriptions that get a signal in one batch at most: the inbox has its turn after that.
const SUBSCRIPTIONS_PER_COMMIT_MAX: u32 = 100;

impl Partition {
    /// Sends a signal to all partitions.
    pub(super) fn broadcast(
        &mut self,
        tenant: TenantId,
        name: SharedStr,
        variables: Variables,
        pending: &mut Pending,
    ) -> SignalKey {
        let signal = SignalKey(self.keys.next_key());
        let outgoing = Outgoing::BroadcastSignal { tenant, name, signal, variables, after: None };
        self.pass_on(vec![outgoing], pending);
        signal
    }

    /// Gives a signal to some of those who wait for it. Who began to wait after it had come does not get it.
    ///
    /// # Errors
    /// The store does not answer, and nothing was done.
    pub(super) async fn take_signal(
        &mut self,
        content: &ParcelContent,
        pending: &mut Pending,
    ) -> Result<Progress, Error> {
        let Outgoing::BroadcastSignal { tenant, name, signal, variables, after } = content.outgoing.clone()
        else {
            return Ok(Progress::Done);
        };
        let last = match content.last_subscription {
            Some(last) => last,
            None => {
                // The rows have to show all who wait by now.
                self.flush(pending).await?;
                if signal.0.partition() == Some(self.id) {
                    // Processes start once, where the signal comes from.
                    self.start_by_signal(&tenant, &name, &variables, pending).await?;
                    // Here keys tell who waited when it was sent. Whoever has thrown it may wait for the next one by now.
                    SubscriptionKey(signal.0)
                } else {
                    SubscriptionKey(Key::new(self.id, self.keys.next_counter() - 1))
                }
            }
        };
        let rest = |after| {
            let (tenant, name, variables) = (tenant.clone(), name.clone(), variables.clone());
            let outgoing = Outgoing::BroadcastSignal { tenant, name, signal, variables, after };
            Progress::InPart(ParcelContent { outgoing, last_subscription: Some(last) })
        };
        let store = &self.shared.store;
        let found =
            match store.signal_subscriptions(&tenant, &name, after, last, SUBSCRIPTIONS_PER_COMMIT_MAX).await
            {
                Ok(found) => found,
                // What it starts is started.
                Err(error) if content.last_subscription.is_none() => {
                    tracing::warn!(%error, "failed to look for those who wait for a signal; trying again");
                    return Ok(rest(after));
                }
                Err(error) => return Err(error.into()),
            };
        let is_end = found.len() < SUBSCRIPTIONS_PER_COMMIT_MAX as usize;
        let mut done = after;
        for waiting in found {
            let subscription = waiting.subscription;
            let command = Command::ReceiveSignal { subscription, signal, variables: variables.clone() };
            match self.tell(waiting.instance, command, pending).await {
                Ok(_) => {
                    done = Some(subscription);
                    // Each of them may take as much as the signal's variables.
                    if !pending.takes_follow_ups() {
                        return Ok(rest(done));
                    }
                }
                Err(error) if done == after && content.last_subscription.is_some() => return Err(error),
                Err(error) => {
                    tracing::warn!(%error, "a signal is held up; trying again");
                    return Ok(rest(done));
                }
            }
        }
        Ok(if is_end { Progress::Done } else { rest(done) })
    }

    async fn start_by_signal(
        &mut self,
        tenant: &TenantId,
        name: &SharedStr,
        variables: &Variables,
        pending: &mut Pending,
    ) -> Result<(), Error> {
        let starts = self.shared.store.start_events(tenant, &StartTrigger::Signal(name.clone())).await?;
        // All of them are read before one is started.
        let mut versions = Vec::with_capacity(starts.len());
        for start in starts {
            match self.shared.definitions.get(start.definition).await {
                Ok(Some(definition)) => versions.push((definition, start.element)),
                Ok(None) => {}
                Err(Error::Damaged(reason)) => {
                    tracing::error!(definition = %start.definition, %reason, "a signal cannot start a process");
                }
                Err(error) => return Err(error),
            }
        }
        for (definition, element) in versions {
            let key = definition.key;
            let create = CreateInstance {
                definition: key,
                tenant: tenant.clone(),
                variables: variables.clone(),
                business_id: None,
                tags: Vec::new(),
                start: Start::Event { element, message: None },
                ends_after: Vec::new(),
                caller: None,
            };
            if let Err(error) = self.start_version(definition, create, Actor::host(), pending) {
                tracing::error!(definition = %key, %error, "a signal cannot start a process");
            }
        }
        Ok(())
    }
}
