//! Ending what is active from outside: element instances, all that is in a scope, the instance.
//!
//! Most of it ends at once. A user task whose task listeners hear of it, a process with `cancel` listeners and a call
//! activity that has called an instance take their time, and so does whatever is around them. Such an element instance is
//! *terminating*: its jobs, timers and subscriptions are gone, and what was to follow its end is kept with it as its
//! *sequel*. A scope that goes on without what is being ended in it is *emptying* meanwhile, with a sequel too.
//! Nothing can be entered in either. When the last one that somebody waits for has ended, the scope around it is told, and
//! so on outwards.
//!
//! What an operator ends by a modification ends at once, without listeners.
//!
//! A step ends so many element instances and no more. The scope of those that are left waits for them as for those that take
//! their time, and `Continue` goes on with them; meanwhile they are *doomed*, and nothing goes on in them.

use bpmn::model::{Element, ElementIndex, ElementKind, ListenerEvent};
use types::{ElementInstanceKey, IncidentKey, JobKey, SharedStr, Variables};

use super::complete::Leave;
use super::run::Run;
use crate::event::Event;
use crate::outgoing::Outgoing;
use crate::rejection::{EntityKind, Rejection};
use crate::state::{
    ElementInstance, ElementState, JobKind, Role, Sequel, TaskChange, TaskChangeKind, TaskCorrections,
    TokenPlace,
};

impl Run<'_> {
    pub(super) fn cancel_instance(&mut self) -> Result<(), Rejection> {
        let instance = self.active_instance()?;
        if instance.caller.is_some() {
            return Err(Rejection::InvalidState {
                kind: EntityKind::ProcessInstance,
                key: instance.key.0,
                found: "called by another, which waits for it",
                expected: "an instance that nobody has called: cancel the one that has called it",
            });
        }
        self.cancel_called()
    }

    /// Ends the instance. One that is being ended goes on with that.
    pub(super) fn cancel_called(&mut self) -> Result<(), Rejection> {
        let root = self.active_instance()?.key.root_scope();
        self.end(root);
        Ok(())
    }

    fn end(&mut self, root: ElementInstanceKey) {
        if self.is_terminating(root) {
            // Nobody else goes on with what is left while an operator holds the instance.
            if self.allowance.ends_everything() {
                self.take_up_ends();
            }
            return;
        }
        self.terminate_children(root);
        let process = self.process.element(ElementIndex::PROCESS);
        if !self.has_children(root) && process.listener(ListenerEvent::Cancel, 0).is_none() {
            return self.end_instance(root);
        }
        self.begin_to_end(root, None);
        self.go_on_terminating(root);
    }

    /// Whether the instance is to be ended after an element: a loop as a whole, not after an item of it.
    pub(super) fn is_planned_end(&self, element: &Element, role: Role) -> bool {
        !matches!(role, Role::Item { .. } | Role::Path)
            && self
                .state
                .instance()
                .is_some_and(|instance| instance.ends_after.iter().any(|id| **id == *element.id))
    }

    /// Something has ended after which the instance was to be ended.
    pub(super) fn end_as_planned(&mut self) {
        self.ends_instance = false;
        if let Some(root) = self.active_root() {
            self.end(root);
        }
    }

    /// Ends an instance in which nothing is active any longer, as one that was ended from outside.
    pub(super) fn end_instance(&mut self, root: ElementInstanceKey) {
        self.close_incidents(root);
        self.let_go(root);
        let caller = self.state.instance().and_then(|instance| instance.caller);
        self.emit(Event::InstanceTerminated { at: self.at() });
        if let Some(caller) = caller {
            self.send(Outgoing::CalledTerminated { caller });
        }
        self.tell_of_end();
    }

    /// The process scope, unless the instance has ended.
    pub(super) fn active_root(&self) -> Option<ElementInstanceKey> {
        self.state.instance().filter(|_| self.state.is_active()).map(|instance| instance.key.root_scope())
    }

    /// Whether an element instance is being ended from outside.
    pub(super) fn is_terminating(&self, key: ElementInstanceKey) -> bool {
        self.state.element(key).is_some_and(|instance| instance.state == ElementState::Terminating)
    }

    /// Whether an element instance is being ended from outside, or all that is in it.
    pub(super) fn is_ending(&self, key: ElementInstanceKey) -> bool {
        self.state.element(key).is_some_and(|instance| instance.state.is_ending())
    }

    fn has_children(&self, key: ElementInstanceKey) -> bool {
        self.state.any_element(key).is_some_and(|instance| instance.children() > 0)
    }

    /// Ends an element instance and everything in it, innermost first. One that has ended already stays so.
    pub(super) fn terminate(&mut self, key: ElementInstanceKey) {
        self.terminate_and(key, None);
    }

    /// Ends an element instance, and then lets `sequel` follow: at once, if the end needs no time.
    pub(super) fn terminate_then(&mut self, key: ElementInstanceKey, sequel: Sequel) {
        let Some(scope) = self.state.any_element(key).map(|instance| instance.scope) else { return };
        if let Some(sequel) = self.terminate_and(key, Some(sequel)) {
            self.follow_end(scope, sequel);
        }
    }

    /// Gives back the sequel when it can follow at once.
    fn terminate_and(&mut self, key: ElementInstanceKey, sequel: Option<Sequel>) -> Option<Sequel> {
        let instance = self.state.any_element(key)?;
        let called = instance.called;
        if instance.state == ElementState::Terminating && !self.ends_at_once {
            // What it was ended for does not follow any longer: something around it ends.
            if instance.sequel.as_deref() != sequel.as_ref() {
                self.emit(Event::ElementTerminating { key, sequel });
            }
            return None;
        }
        self.allowance.spend_end();
        self.terminate_children(key);
        self.stop_undoing(key);
        if !self.takes_time(key) {
            self.terminated(key);
            return sequel;
        }
        self.begin_to_end(key, sequel);
        if let Some(instance) = called {
            self.send(Outgoing::CancelCalled { instance });
        }
        self.tell_task_listeners(key);
        None
    }

    /// Whether an element instance waits for something when it is ended.
    fn takes_time(&self, key: ElementInstanceKey) -> bool {
        !self.ends_at_once
            && (self.has_children(key)
                || self.is_compensating(key)
                || self.state.any_element(key).is_some_and(|instance| instance.called.is_some())
                || self.has_task_that_listens(key))
    }

    fn has_task_that_listens(&self, key: ElementInstanceKey) -> bool {
        self.state.user_tasks_of(key).next().is_some() && self.is_listened_to(key, TaskChangeKind::Cancel)
    }

    /// The element instance does nothing else any longer.
    fn begin_to_end(&mut self, key: ElementInstanceKey, sequel: Option<Sequel>) {
        let jobs: Vec<JobKey> = self.state.jobs_of(key).map(|job| job.key).collect();
        let incidents: Vec<IncidentKey> = self.state.incidents_of(key).map(|incident| incident.key).collect();
        for key in incidents {
            self.emit(Event::IncidentResolved { key, at: self.at() });
        }
        for job in jobs {
            self.emit(Event::JobCanceled { job });
        }
        self.close_waits(key, |_| true);
        self.take_tokens_in(key);
        self.emit(Event::ElementTerminating { key, sequel });
    }

    /// The listeners of a user task hear of its end. Where a step has done enough, they do with `Continue`.
    fn tell_task_listeners(&mut self, key: ElementInstanceKey) {
        if !self.has_task_that_listens(key) {
            return;
        }
        let Some(task) = self.state.user_tasks_of(key).next().map(|task| task.key) else { return };
        let change = TaskChange::new(TaskChangeKind::Cancel, TaskCorrections::default(), None);
        if self.allowance.is_spent() {
            self.emit(Event::UserTaskChangePending { key: task, change });
            return self.leave_behind();
        }
        self.allowance.spend_element();
        self.change_user_task(task, change);
    }

    /// Ends what an earlier step had no room to end.
    pub(super) fn take_up_ends(&mut self) {
        for scope in self.state.scopes_left_to_end() {
            if !self.allowance.has_room_to_end() {
                return self.leave_behind();
            }
            // What is around it may have ended it, or takes it along.
            if self.state.element(scope).is_none() {
                continue;
            }
            let left = self.state.left_to_end(scope).take(self.allowance.ends_left() + 1).collect();
            self.terminate_each(left);
            self.go_on_ending(scope);
        }
        self.tell_of_ends();
    }

    /// Tells the listeners of user tasks that end which an earlier step had no room for.
    fn tell_of_ends(&mut self) {
        let untold: Vec<ElementInstanceKey> = self
            .state
            .user_tasks()
            .filter(|task| {
                task.pending.as_ref().is_some_and(|change| change.kind == TaskChangeKind::Cancel)
                    && self.state.jobs_of(task.element_instance).next().is_none()
                    && self.state.incidents_of(task.element_instance).next().is_none()
            })
            .map(|task| task.element_instance)
            .collect();
        for key in untold {
            if self.allowance.is_spent() {
                return self.leave_behind();
            }
            self.allowance.spend_element();
            self.go_on_with_change(key);
        }
    }

    /// Something has ended for which `key` may have waited, in it or called by it.
    pub(super) fn go_on_ending(&mut self, key: ElementInstanceKey) {
        let Some(instance) = self.state.element(key) else { return };
        match instance.state {
            ElementState::Terminating => self.go_on_terminating(key),
            ElementState::Emptying => self.go_on_emptying(key),
            ElementState::Active => self.go_on_without(key),
            ElementState::Activating | ElementState::Completing => {}
        }
    }

    /// Ends an element instance at last, if it waits for nothing any longer. The listeners of a user task have run.
    pub(super) fn go_on_terminating(&mut self, key: ElementInstanceKey) {
        let Some(instance) = self.state.element(key) else { return };
        let (scope, sequel) = (instance.scope, instance.sequel.clone());
        if instance.children() > 0 || instance.called.is_some() || self.is_compensating(key) {
            return;
        }
        if key == scope {
            return self.run_cancel_listeners(key);
        }
        self.terminated(key);
        match sequel {
            Some(sequel) if !self.is_ending(scope) => self.follow_end(scope, *sequel),
            // What is around it ends, and has not come to tell it.
            _ => self.go_on_ending(scope),
        }
    }

    /// Nothing is active in an instance that is ended from outside: its listeners run, one after the other, and it ends.
    fn run_cancel_listeners(&mut self, root: ElementInstanceKey) {
        // What ends last may be told of twice, as by a handler and by the event that it compensates for.
        if self.state.jobs_of(root).next().is_some() {
            return;
        }
        let Some(done) = self.state.element(root).map(|instance| instance.listeners_done) else { return };
        match self.process.element(ElementIndex::PROCESS).listener(ListenerEvent::Cancel, done) {
            Some(listener) => self.create_listener_job(root, listener, JobKind::CancelListener),
            None => self.end_instance(root),
        }
    }

    /// Lets a scope go on that is empty at last.
    fn go_on_emptying(&mut self, scope: ElementInstanceKey) {
        let Some(instance) = self.state.element(scope) else { return };
        let Some(sequel) = instance.sequel.clone() else { return };
        let spared = usize::from(matches!(*sequel, Sequel::Undo { .. }));
        if instance.children() > spared {
            return;
        }
        if !matches!(*sequel, Sequel::Leave {}) {
            self.emit(Event::ScopeEmptied { key: scope });
        }
        self.follow_end(scope, *sequel);
    }

    /// Something in a scope has ended that nothing follows: the scope may have waited for it to be left.
    fn go_on_without(&mut self, scope: ElementInstanceKey) {
        if self.state.element(scope).is_some_and(|instance| instance.role == Role::Loop) {
            return self.item_ended(scope);
        }
        match self.ad_hoc(scope) {
            Some(sub_process) => {
                let waits_for_more = sub_process.job.is_some() || sub_process.completion_condition.is_some();
                if self.is_closed(scope) || !waits_for_more {
                    self.complete_scope_if_empty(scope);
                }
            }
            None => self.complete_scope_if_empty(scope),
        }
    }

    /// Does what follows an end: in `scope`, or with it.
    fn follow_end(&mut self, scope: ElementInstanceKey, sequel: Sequel) {
        if self.ends_instance {
            return;
        }
        match sequel {
            Sequel::Event { element, variables } => {
                let Some(event) = self.process.element_by_id(&element) else { return };
                match self.process.element(event).kind {
                    ElementKind::StartEvent(_) => self.enter_event_sub_process(event, scope, variables),
                    _ => self.enter_happened(event, scope, variables),
                }
            }
            Sequel::Leave {} => self.complete(scope, Leave::All),
            Sequel::Undo { by } => {
                if !self.compensate(by, None) {
                    self.complete_if_done(by);
                }
            }
        }
    }

    fn terminated(&mut self, key: ElementInstanceKey) {
        let ended = self.state.any_element(key);
        let is_planned_end = ended.is_some_and(|instance| {
            self.is_planned_end(self.process.element(instance.index()), instance.role)
        });
        // What an operator ends by a modification is not what the end was planned after.
        self.ends_instance |= is_planned_end && !self.ends_at_once;
        let undoes = self.is_undoing(key);
        self.let_go(key);
        if let Some(instance) = self.state.any_element(key).and_then(|element| element.called) {
            self.send(Outgoing::CancelCalled { instance });
        }
        self.emit(Event::ElementTerminated { key, at: self.at() });
        if let Some(undone) = undoes {
            self.undone(undone);
        }
    }

    /// Ends everything in a scope that goes on without it, and then lets `sequel` follow.
    pub(super) fn empty_then(&mut self, scope: ElementInstanceKey, sequel: Sequel) {
        if self.empty_but(scope, None) {
            return self.follow_end(scope, sequel);
        }
        self.close_event_sub_processes(scope);
        self.emit(Event::ScopeEmptying { key: scope, sequel });
    }

    /// As [`Run::empty_then`], where the event sub-processes of the scope do not wait any longer: one takes over, or the
    /// `spared` end event of a transaction.
    pub(super) fn interrupt_then(
        &mut self,
        scope: ElementInstanceKey,
        spared: Option<ElementInstanceKey>,
        sequel: Sequel,
    ) {
        let is_empty = self.empty_but(scope, spared);
        self.close_event_sub_processes(scope);
        match is_empty {
            true => self.follow_end(scope, sequel),
            false => self.emit(Event::ScopeEmptying { key: scope, sequel }),
        }
    }

    /// Ends everything in a scope but one element instance, and takes the tokens that wait in it. Whether all has ended.
    fn empty_but(&mut self, scope: ElementInstanceKey, spared: Option<ElementInstanceKey>) -> bool {
        self.terminate_children_but(scope, spared);
        self.take_tokens_in(scope);
        let left = self.state.any_element(scope).map_or(0, ElementInstance::children);
        left == usize::from(spared.is_some())
    }

    fn take_tokens_in(&mut self, scope: ElementInstanceKey) {
        for (TokenPlace { flow, .. }, count) in self.state.tokens_in(scope) {
            for _ in 0..count {
                self.emit(Event::TokenTaken { scope, flow: flow.clone() });
            }
        }
    }

    /// Ends everything in a scope that is about to end itself.
    fn terminate_children(&mut self, scope: ElementInstanceKey) {
        self.terminate_children_but(scope, None);
    }

    /// As far as the step has room. What is left is doomed once the scope is being ended, as it is from then on.
    fn terminate_children_but(&mut self, scope: ElementInstanceKey, spared: Option<ElementInstanceKey>) {
        self.drop_flows_in(scope);
        let instance = self.state.any_element(scope);
        let children = instance.into_iter().flat_map(ElementInstance::child_keys);
        let children = children.filter(|child| Some(*child) != spared).collect();
        self.terminate_each(children);
    }

    fn terminate_each(&mut self, children: Vec<ElementInstanceKey>) {
        for child in children {
            if !self.allowance.has_room_to_end() && !self.ends_at_once {
                return self.leave_behind();
            }
            self.terminate(child);
        }
    }

    /// The instance that a call activity has called has ended from outside.
    pub(super) fn called_terminated(&mut self, key: ElementInstanceKey) {
        if self.state.is_doomed(key) {
            return self.forget_called(key);
        }
        // Where the call activity is gone, nobody has waited.
        if self.is_terminating(key) {
            self.emit(Event::CalledEnded { key });
            self.go_on_ending(key);
        }
    }

    /// What a doomed call activity has called has ended before it: it has nothing to wait for when its own end comes.
    pub(super) fn forget_called(&mut self, key: ElementInstanceKey) {
        let Some(instance) = self.state.any_element(key).filter(|instance| instance.called.is_some()) else {
            return;
        };
        let waited = instance.state == ElementState::Terminating;
        self.emit(Event::CalledEnded { key });
        if waited {
            self.terminated(key);
        }
    }

    /// What follows an event that interrupts.
    pub(super) fn interruption(&self, event: ElementIndex, variables: Variables) -> Sequel {
        Sequel::Event { element: SharedStr::from(&self.process.element(event).id), variables }
    }
}
