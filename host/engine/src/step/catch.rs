//! Waiting for events: what is opened when an element is entered, and what happens when it comes.
//!
//! One mechanism serves catch events, receive tasks, boundary events, event sub-processes and event-based gateways:
//! an *owner* (an element instance) waits for the triggers of an *event* (an element of the model).

use std::collections::BTreeSet;

use bpmn::model::{ElementIndex, ElementKind, Message, SubProcess, Trigger};
use types::{ElementInstanceKey, MessageKey, SharedStr, SignalKey, SubscriptionKey, Variables};

use super::complete::Leave;
use super::run::Run;
use super::timer::Schedule;
use super::trouble::Trouble;
use crate::event::Event;
use crate::outgoing::Outgoing;
use crate::rejection::Rejection;
use crate::state::{Awaited, ElementState, IncidentKind, MailboxAddress, Role, Subscription};

/// One thing that is waited for, evaluated and not yet recorded.
pub(super) struct Wait {
    /// The event.
    element: SharedStr,
    /// Which of its triggers.
    trigger: u16,
    what: WaitFor,
}

enum WaitFor {
    Timer(Schedule),
    Subscription(Awaited),
}

impl Run<'_> {
    /// Evaluates what an event waits for.
    pub(super) fn prepare_waits(
        &self,
        event: ElementIndex,
        scope: ElementInstanceKey,
        waits: &mut Vec<Wait>,
    ) -> Result<(), Trouble> {
        let element = self.process.element(event);
        let mut wait = |trigger: usize, what| {
            waits.push(Wait { element: SharedStr::from(&element.id), trigger: trigger as u16, what });
        };
        if let ElementKind::ReceiveTask(task) = &element.kind {
            wait(0, WaitFor::Subscription(self.awaited_message(&task.message, scope)?));
        }
        for (number, trigger) in element.catch().into_iter().flat_map(|catch| &catch.triggers).enumerate() {
            let what = match trigger {
                Trigger::Timer(timer) => WaitFor::Timer(self.schedule(timer, scope)?),
                Trigger::Message(message) => WaitFor::Subscription(self.awaited_message(message, scope)?),
                Trigger::Signal { name } => {
                    WaitFor::Subscription(Awaited::Signal { name: self.string(name, scope, "signal name")? })
                }
                Trigger::Condition(_) => {
                    WaitFor::Subscription(Awaited::Condition { held: false, left: None })
                }
                Trigger::Error { .. }
                | Trigger::Escalation { .. }
                | Trigger::Compensation
                | Trigger::Cancel
                | Trigger::Link { .. } => continue,
            };
            wait(number, what);
        }
        Ok(())
    }

    fn awaited_message(&self, message: &Message, scope: ElementInstanceKey) -> Result<Awaited, Trouble> {
        let name = self.string(&message.name, scope, "message name")?;
        let correlation_key = match &message.correlation_key {
            Some(expression) => self.correlation_key(expression, scope)?,
            None => SharedStr::default(),
        };
        if correlation_key.is_empty() {
            let message = format!("the correlation key for message `{name}` is empty");
            return Err(Trouble::new(IncidentKind::ExtractValueError, message));
        }
        Ok(Awaited::Message { name, correlation_key })
    }

    pub(super) fn open_waits(&mut self, owner: ElementInstanceKey, waits: Vec<Wait>) {
        for Wait { element, trigger, what } in waits {
            match what {
                WaitFor::Timer(schedule) => self.create_timer(owner, element, trigger, schedule),
                WaitFor::Subscription(awaited) => self.open_subscription(owner, element, trigger, awaited),
            }
        }
    }

    fn open_subscription(
        &mut self,
        owner: ElementInstanceKey,
        element: SharedStr,
        trigger: u16,
        awaited: Awaited,
    ) {
        let key = SubscriptionKey(self.new_key());
        let Some(event) = self.process.element_by_id(&element) else { return };
        match &awaited {
            Awaited::Message { name, correlation_key } => {
                let mailbox = self.mailbox(name, correlation_key);
                let once = self.ends_with_one(event);
                if let Some(instance) = self.state.instance() {
                    let (instance, bpmn_process_id) = (instance.key, instance.bpmn_process_id.clone());
                    self.send(Outgoing::OpenSubscription {
                        mailbox,
                        subscription: key,
                        instance,
                        bpmn_process_id,
                        once,
                    });
                }
            }
            Awaited::Condition { .. } => self.look_at(key),
            Awaited::Signal { .. } => {}
        }
        self.emit(Event::SubscriptionOpened { key, element_instance: owner, element, trigger, awaited });
    }

    fn mailbox(&self, name: &SharedStr, correlation_key: &SharedStr) -> MailboxAddress {
        let tenant = self.state.instance().map(|instance| instance.tenant.clone()).unwrap_or_default();
        MailboxAddress { tenant, name: name.clone(), correlation_key: correlation_key.clone() }
    }

    /// Whether a trigger of the event ends the waiting for it: not for what can happen again beside its activity or scope,
    /// unless that waits for several triggers.
    fn ends_with_one(&self, event: ElementIndex) -> bool {
        let element = self.process.element(event);
        let stays = match &element.kind {
            ElementKind::BoundaryEvent(boundary) => !boundary.interrupting,
            ElementKind::StartEvent(start) => !start.is_interrupting,
            _ => false,
        };
        !stays || element.catch().is_some_and(|catch| catch.is_parallel)
    }

    /// Closes a subscription that is no longer waited for.
    fn close_subscription(&mut self, subscription: &Subscription) {
        self.tell_mailbox_of_close(subscription);
        self.emit(Event::SubscriptionClosed { key: subscription.key });
    }

    fn tell_mailbox_of_close(&mut self, subscription: &Subscription) {
        if let Awaited::Message { name, correlation_key } = &subscription.awaited {
            let mailbox = self.mailbox(name, correlation_key);
            self.send(Outgoing::CloseSubscription { mailbox, subscription: subscription.key });
        }
    }

    /// Tells mailboxes that an element instance ends which waits for their messages.
    pub(super) fn let_go(&mut self, key: ElementInstanceKey) {
        let messages: Vec<Subscription> = self
            .state
            .subscriptions_of(key)
            .filter(|subscription| matches!(subscription.awaited, Awaited::Message { .. }))
            .cloned()
            .collect();
        for subscription in messages {
            self.tell_mailbox_of_close(&subscription);
        }
    }

    /// Closes what an element instance waits for, as far as it is about an event that `about` names.
    pub(super) fn close_waits(&mut self, owner: ElementInstanceKey, about: impl Fn(ElementIndex) -> bool) {
        let is_meant = |element: &SharedStr| self.process.element_by_id(element).is_some_and(&about);
        let subscriptions: Vec<Subscription> =
            self.state.subscriptions_of(owner).filter(|row| is_meant(&row.element)).cloned().collect();
        let timers: Vec<_> =
            self.state.timers_of(owner).filter(|row| is_meant(&row.element)).map(|row| row.key).collect();
        for subscription in subscriptions {
            self.close_subscription(&subscription);
        }
        for key in timers {
            self.emit(Event::TimerTriggered { key });
        }
    }

    /// A mailbox has a message for a subscription.
    pub(super) fn correlate(
        &mut self,
        mailbox: MailboxAddress,
        key: SubscriptionKey,
        message: MessageKey,
        variables: Variables,
    ) -> Result<(), Rejection> {
        let subscription = self.state.subscription(key).cloned();
        let taken = subscription.is_some();
        self.send(Outgoing::Correlated { mailbox, subscription: key, message, taken });
        if let Some(subscription) = subscription {
            self.emit(Event::SubscriptionTriggered { key, message: Some(message), signal: None });
            self.trigger_subscription(&subscription, variables);
        }
        Ok(())
    }

    /// A signal has come for a subscription.
    pub(super) fn receive_signal(
        &mut self,
        key: SubscriptionKey,
        signal: SignalKey,
        variables: Variables,
    ) -> Result<(), Rejection> {
        if let Some(subscription) = self.state.subscription(key).cloned() {
            self.emit(Event::SubscriptionTriggered { key, message: None, signal: Some(signal) });
            self.trigger_subscription(&subscription, variables);
        }
        Ok(())
    }

    /// A signal that this instance has thrown. What waits for it here gets it at once, before the next element is entered,
    /// and does not get it again from the broadcast: it is closed, or waits anew.
    ///
    /// What interrupts comes first, so that nothing is begun only to be ended. Where very many wait, those that the step has
    /// no room for get it from the broadcast, but for the scopes around the thrower, which may end it.
    pub(super) fn receive_own_signal(
        &mut self,
        scope: ElementInstanceKey,
        name: &SharedStr,
        signal: SignalKey,
    ) {
        let around: Vec<ElementInstanceKey> = self.state.scopes_from(scope).collect();
        for key in self.own_signal_goes_to(&around, name, signal) {
            let Some(subscription) = self.state.subscription(key).cloned() else { continue };
            let Subscription { element_instance, element, trigger, awaited, .. } = subscription;
            let Some(event) = self.process.element_by_id(&element) else { continue };
            if self.allowance.is_spent() && !around.contains(&element_instance) {
                continue;
            }
            // What is woken need not enter anything, and is work all the same.
            self.allowance.spend_element();
            self.emit(Event::SubscriptionTriggered { key, message: None, signal: Some(signal) });
            self.emit(Event::SubscriptionClosed { key });
            if !self.ends_with_one(event) {
                self.open_subscription(element_instance, element, trigger, awaited);
            }
            self.happen(element_instance, event, Variables::new());
        }
    }

    /// Who gets an own signal in this step: those in the scopes around the thrower, and of the others no more than there is
    /// room for, however many wait.
    fn own_signal_goes_to(
        &self,
        around: &[ElementInstanceKey],
        name: &SharedStr,
        signal: SignalKey,
    ) -> Vec<SubscriptionKey> {
        let continues = |element: &SharedStr| {
            let event = self.process.element_by_id(element);
            event.is_none_or(|event| !self.ends_with_one(event))
        };
        let is_meant = |row: &&Subscription| matches!(&row.awaited, Awaited::Signal { name: awaited } if awaited == name);
        let of_others = |(element, keys): (&SharedStr, &BTreeSet<SubscriptionKey>)| {
            let continues = continues(element);
            let room = self.allowance.elements_left() as usize;
            keys.iter().take(room).map(|key| (continues, *key)).collect::<Vec<_>>()
        };
        let of_scopes = around.iter().flat_map(|scope| self.state.subscriptions_of(*scope)).filter(is_meant);
        let mut waiting: Vec<(bool, SubscriptionKey)> =
            of_scopes.map(|row| (continues(&row.element), row.key)).collect();
        if !self.allowance.is_spent() {
            waiting.extend(self.state.signal_subscriptions(name).flat_map(of_others));
        }
        waiting.retain(|(_, key)| key.0 < signal.0);
        waiting.sort_unstable();
        waiting.dedup();
        waiting.into_iter().map(|(_, key)| key).collect()
    }

    /// What a subscription waits for has happened.
    pub(super) fn trigger_subscription(&mut self, subscription: &Subscription, variables: Variables) {
        let Some(event) = self.process.element_by_id(&subscription.element) else { return };
        if self.ends_with_one(event) {
            // The mailbox knows that one message was enough.
            self.emit(Event::SubscriptionClosed { key: subscription.key });
        }
        self.happen(subscription.element_instance, event, variables);
    }

    /// An event has happened that `owner` waits for.
    pub(super) fn happen(&mut self, owner: ElementInstanceKey, event: ElementIndex, variables: Variables) {
        if self.ends_instance {
            return;
        }
        let Some((owner_index, _)) = self.element_of(owner) else { return };
        let Some((scope, state)) = self.state.element(owner).map(|owner| (owner.scope, owner.state)) else {
            return;
        };
        let element = self.process.element(event);
        let is_inside = matches!(element.kind, ElementKind::StartEvent(_));
        if state == ElementState::Terminating || state == ElementState::Emptying && is_inside {
            return;
        }
        if element.catch().is_some_and(|catch| catch.is_parallel) && self.waits_for(owner, event) {
            self.propagate(owner, variables);
            return;
        }
        match &element.kind {
            ElementKind::BoundaryEvent(boundary) => {
                if boundary.interrupting {
                    return self.terminate_then(owner, self.interruption(event, variables));
                }
                self.wait_again(owner, event);
                self.enter_happened(event, scope, variables);
            }
            ElementKind::StartEvent(start) => {
                if start.is_interrupting {
                    return self.interrupt_then(owner, None, self.interruption(event, variables));
                }
                self.wait_again(owner, event);
                self.enter_event_sub_process(event, owner, variables);
            }
            _ if owner_index == event => self.complete_happened(owner, variables),
            _ => {
                self.complete(owner, Leave::Nowhere);
                // The instance may have been meant to end after the gateway.
                if !self.ends_instance {
                    self.enter_happened(event, scope, variables);
                }
            }
        }
    }

    /// Whether anything of an event is still waited for.
    fn waits_for(&self, owner: ElementInstanceKey, event: ElementIndex) -> bool {
        let id = &self.process.element(event).id;
        let is_same = |element: &SharedStr| **element == **id;
        self.state.subscriptions_of(owner).any(|row| is_same(&row.element))
            || self.state.timers_of(owner).any(|row| is_same(&row.element))
    }

    /// An event for which several triggers have to come, and that can happen again, waits for all of them again.
    fn wait_again(&mut self, owner: ElementInstanceKey, event: ElementIndex) {
        if !self.process.element(event).catch().is_some_and(|catch| catch.is_parallel) {
            return;
        }
        let mut waits = Vec::new();
        match self.prepare_waits(event, owner, &mut waits) {
            Ok(()) => self.open_waits(owner, waits),
            Err(trouble) => self.raise(owner, None, trouble),
        }
    }

    /// After an incident: waits for what could not be waited for again. Only events for which several triggers have to come
    /// are waited for anew while their owner goes on, and of these something is waited for at any time.
    pub(super) fn wait_for_missing(&mut self, owner: ElementInstanceKey) {
        let Some((_, element)) = self.element_of(owner) else { return };
        let Some(role) = self.state.element(owner).map(|instance| instance.role) else { return };
        let mut events: Vec<ElementIndex> = Vec::new();
        if !matches!(role, Role::Item { .. } | Role::Path) {
            events.extend(&element.boundary_events);
        }
        if !matches!(role, Role::Loop | Role::Path) && !self.is_interrupted(owner) && !self.is_ending(owner) {
            events.extend(self.event_sub_process_starts(element));
        }
        for event in events {
            let can_repeat = match &self.process.element(event).kind {
                ElementKind::BoundaryEvent(boundary) => !boundary.interrupting,
                ElementKind::StartEvent(start) => !start.is_interrupting,
                _ => false,
            };
            if can_repeat && !self.waits_for(owner, event) {
                self.wait_again(owner, event);
            }
        }
    }

    /// Whether an event sub-process has taken over a scope: then nothing else of its event sub-processes is waited for.
    pub(super) fn is_interrupted(&self, scope: ElementInstanceKey) -> bool {
        let mut children = self.state.element(scope).into_iter().flat_map(|scope| scope.child_keys());
        children.any(|child| self.is_interrupting_event_sub_process(child))
    }

    /// Nothing of a scope's event sub-processes is waited for any longer.
    pub(super) fn close_event_sub_processes(&mut self, scope: ElementInstanceKey) {
        let Some((_, element)) = self.element_of(scope) else { return };
        let event_sub_processes = &element.event_sub_processes;
        let process = self.process;
        self.close_waits(scope, |event| event_sub_processes.contains(&process.element(event).parent));
    }

    /// Enters the event sub-process of a start event that has happened.
    pub(super) fn enter_event_sub_process(
        &mut self,
        start: ElementIndex,
        scope: ElementInstanceKey,
        variables: Variables,
    ) {
        self.allowance.spend_element();
        let index = self.process.element(start).parent;
        let element = self.process.element(index);
        let mut waits = Vec::new();
        let prepared = self
            .event_sub_process_starts(element)
            .try_for_each(|inner| self.prepare_waits(inner, scope, &mut waits));
        let key = self.emit_entered(element, scope, None, ElementState::Active, Role::Plain);
        match prepared {
            Ok(()) => self.open_waits(key, waits),
            Err(trouble) => self.raise(key, None, trouble),
        }
        debug_assert!(matches!(element.kind, ElementKind::SubProcess(SubProcess::Event)));
        self.enter_happened(start, key, variables);
    }
}
