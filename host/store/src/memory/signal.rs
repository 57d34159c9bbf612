//! Who waits for a signal.

use engine::state::Awaited;
use types::{SubscriptionKey, TenantId};

use super::state::State;
use crate::SubscriptionRef;

impl State {
    pub(super) fn signal_subscriptions(
        &self,
        tenant: &TenantId,
        name: &str,
        after: Option<SubscriptionKey>,
        last: SubscriptionKey,
    ) -> Vec<SubscriptionRef> {
        let Some(partition) = last.0.partition() else { return Vec::new() };
        let mut found: Vec<SubscriptionRef> = self
            .instances_of(partition)
            .filter(|instance| instance.identity.tenant == *tenant)
            .flat_map(|instance| instance.subscriptions.values().map(|row| (instance.row.key, row)))
            .filter(|(_, row)| matches!(&row.awaited, Awaited::Signal { name: other } if **other == *name))
            .filter(|(_, row)| row.key <= last && after.is_none_or(|after| row.key > after))
            .map(|(instance, row)| SubscriptionRef { subscription: row.key, instance })
            .collect();
        found.sort_unstable_by_key(|found| found.subscription);
        found
    }
}
