//! Timers and subscriptions.

use types::SubscriptionKey;

use crate::event::Event;
use crate::state::InstanceState;
use crate::state::entity::{Awaited, Subscription, Timer};
use crate::state::members::Belonging;

impl InstanceState {
    pub(super) fn apply_to_wait(&mut self, event: &Event) {
        match event {
            Event::TimerCreated { key, element_instance, element, due, fired, trigger } => {
                self.touched.timers.mark(key, self.timers.contains_key(key));
                self.attach(*element_instance, Belonging::Timer(*key));
                self.timers.insert(
                    *key,
                    Timer {
                        key: *key,
                        element_instance: *element_instance,
                        element: element.clone(),
                        due: *due,
                        fired: *fired,
                        trigger: trigger.unwrap_or_default(),
                        suspended: self.is_suspended(),
                    },
                );
            }
            Event::TimerTriggered { key } => {
                if let Some(timer) = self.timers.remove(key) {
                    self.touched.timers.mark(key, true);
                    self.detach(timer.element_instance, Belonging::Timer(*key));
                }
            }
            Event::SubscriptionOpened { key, element_instance, element, trigger, awaited } => {
                self.touched.subscriptions.mark(key, false);
                self.attach(*element_instance, Belonging::Subscription(*key));
                let subscription = Subscription {
                    key: *key,
                    element_instance: *element_instance,
                    element: element.clone(),
                    trigger: *trigger,
                    awaited: awaited.clone(),
                };
                self.waits.insert(&subscription);
                self.subscriptions.insert(*key, subscription);
            }
            Event::SubscriptionClosed { key } => {
                if let Some(subscription) = self.remove_subscription(*key) {
                    self.detach(subscription.element_instance, Belonging::Subscription(*key));
                }
            }
            Event::ConditionSeen { key, holds, left } => {
                if let Some(subscription) = self.subscriptions.get_mut(key) {
                    self.touched.subscriptions.mark(key, true);
                    self.waits.remove(subscription);
                    subscription.awaited = Awaited::Condition { held: *holds, left: *left };
                    self.waits.insert(subscription);
                }
            }
            other => debug_assert!(false, "{other:?} is not about what is waited for"),
        }
    }

    pub(super) fn remove_subscription(&mut self, key: SubscriptionKey) -> Option<Subscription> {
        let subscription = self.subscriptions.remove(&key)?;
        self.waits.remove(&subscription);
        self.touched.subscriptions.mark(&key, true);
        Some(subscription)
    }
}
