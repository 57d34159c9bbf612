//! What must be true after every command.

use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};
use bpmn::Process;
use bpmn::model::{ElementIndex, ElementKind, FlowIndex, Loop, SubProcess, Thrown};
use engine::InstanceState;
use engine::journal::{self, Entry};
use engine::state::{ElementInstance, ElementState, Role, Sequel, TokenPlace};
use types::{Actor, ElementInstanceKey};

use super::{DEFINITION, World, waits_for_files};

impl World {
    /// What holds after every command, for every model that is one piece of work well done: it never gets stuck.
    pub(crate) fn check_invariants(&self) -> anyhow::Result<()> {
        self.check_state()?;
        self.check_progress()
    }

    /// What holds after every command, for every model.
    pub(crate) fn check_state(&self) -> anyhow::Result<()> {
        let bytes =
            journal::encode(&[Entry { at: self.now, actor: Actor::host(), events: self.history.clone() }]);
        let entries = journal::decode(&bytes)?;
        ensure!(entries.len() == 1 && entries[0].events == self.history, "the journal gives other events");
        let mut replayed = InstanceState::default();
        let mut definition = DEFINITION;
        for event in &entries[0].events {
            definition = event.definition().unwrap_or(definition);
            replayed.apply(event, &self.definitions.get(definition).context("the definition")?.process);
        }
        ensure!(
            replayed == self.state,
            "replaying the events gives another state:\n{replayed:?}\n{:?}",
            self.state
        );

        if let Some(rows) = self.rows.load() {
            let loaded = InstanceState::load(rows, self.process())?;
            ensure!(
                loaded == self.state,
                "loading the rows gives another state:\n{loaded:?}\n{:?}",
                self.state
            );
        }
        self.check_owners()?;
        self.check_ends()?;
        self.check_tokens()
    }

    /// Nothing is left of an element instance that is gone.
    fn check_owners(&self) -> anyhow::Result<()> {
        let exists = |what: &str, owner: ElementInstanceKey| {
            ensure!(
                self.state.any_element(owner).is_some(),
                "{what} of element instance {owner}, which is gone"
            );
            Ok(())
        };
        for element in self.state.elements() {
            exists("an element instance", element.scope)?;
            for (name, _) in self.state.local_variables(element.key) {
                ensure!(!name.is_empty(), "a variable without name");
            }
        }
        for job in self.state.jobs() {
            exists("a job", job.element_instance)?;
        }
        for timer in self.state.timers() {
            exists("a timer", timer.element_instance)?;
        }
        for subscription in self.state.subscriptions() {
            exists("a subscription", subscription.element_instance)?;
        }
        for task in self.state.user_tasks() {
            exists("a user task", task.element_instance)?;
        }
        for incident in self.state.incidents() {
            exists("an incident", incident.element_instance)?;
        }
        for progress in self.state.loops() {
            exists("a loop", progress.element_instance)?;
        }
        for (place, _) in self.state.tokens() {
            exists("a token", place.scope)?;
        }
        for kept in self.state.compensables() {
            exists("a compensation", kept.scope)?;
            for user in kept.undone_by.iter().chain(&kept.handler) {
                exists("a compensation", *user)?;
            }
            let within = kept.within.and_then(|within| self.state.compensable(within));
            ensure!(within.is_some() == kept.within.is_some(), "a compensation within one that is gone");
        }
        Ok(())
    }

    /// What is being ended waits for something, does nothing else, and all that is in it is being ended too. An emptying scope
    /// has something left that is, and a sequel.
    fn check_ends(&self) -> anyhow::Result<()> {
        for instance in self.state.elements() {
            let key = instance.key;
            let is_terminating = instance.state == ElementState::Terminating;
            ensure!(
                instance.state.is_ending() || instance.sequel.is_none(),
                "{} {key} has a sequel and is not being ended",
                instance.element
            );
            if !instance.state.is_ending() {
                continue;
            }
            let children = || instance.child_keys().filter_map(|child| self.state.any_element(child));
            if children().any(|child| self.state.is_doomed(child.key)) {
                let paused = self.state.instance().is_some_and(|instance| instance.paused);
                ensure!(paused, "something is left to end in {} {key}, and nobody does", instance.element);
                continue;
            }
            let ending = children().filter(|child| child.state == ElementState::Terminating).count();
            let spared = usize::from(matches!(instance.sequel.as_deref(), Some(Sequel::Undo { .. })));
            ensure!(
                children().count() - ending <= spared,
                "something goes on in {} {key}, which is being ended",
                instance.element
            );
            ensure!(self.state.tokens_in(key).is_empty(), "tokens wait in what is being ended");
            if !is_terminating {
                ensure!(
                    ending > 0 && instance.sequel.is_some(),
                    "the emptying scope {key} waits for nothing"
                );
                continue;
            }
            ensure!(
                self.state.timers_of(key).count() + self.state.subscriptions_of(key).count() == 0,
                "{} {key} is being ended and waits for events",
                instance.element
            );
            let waits = ending
                + self.state.jobs_of(key).count()
                + self.state.incidents_of(key).count()
                + self.state.user_tasks_of(key).count()
                + self.state.undone_by(key).count()
                + usize::from(instance.called.is_some());
            ensure!(waits > 0, "{} {key} is being ended and waits for nothing", instance.element);
        }
        Ok(())
    }

    /// Who undoes something has something that is being undone, or waits for `Continue` or an operator.
    fn check_undoing(&self, paused: bool) -> anyhow::Result<()> {
        for thrower in self.state.compensables().filter_map(|kept| kept.undone_by) {
            let mut mine = self.state.compensables().filter(|kept| kept.undone_by == Some(thrower));
            ensure!(
                paused || mine.any(|kept| kept.handler.is_some()),
                "{thrower} undoes, and nobody works on it"
            );
        }
        Ok(())
    }

    /// What a loop counts is what there is, and one that could go on has somebody who lets it. Items have their loop, paths
    /// their sub-process.
    fn check_loops(&self, is_let_go_on: bool) -> anyhow::Result<()> {
        let process = self.process();
        for progress in self.state.loops() {
            let key = progress.element_instance;
            let instance =
                self.state.any_element(key).with_context(|| format!("loop {key} is no element instance"))?;
            let children: Vec<_> =
                instance.child_keys().filter_map(|key| self.state.any_element(key)).collect();
            let active =
                children.iter().filter(|child| matches!(child.role, Role::Item { .. } | Role::Path)).count()
                    as u32;
            ensure!(
                progress.entered == progress.completed + progress.terminated + active,
                "{active} items are active of {progress:?}"
            );
            ensure!(
                progress.total.is_none_or(|total| progress.entered <= total),
                "too many items: {progress:?}"
            );
            let results = self.state.loop_results(key).map(|(counter, _)| counter);
            ensure!(results.max().unwrap_or(0) <= progress.entered, "a result of no item: {progress:?}");
            if instance.role != Role::Loop {
                continue;
            }
            let is_parallel = matches!(
                &process.element(instance.index()).loop_characteristics,
                Some(Loop::MultiInstance(multi_instance)) if !multi_instance.is_sequential
            );
            let could_go_on = instance.state == ElementState::Active
                && self.state.incidents_of(key).next().is_none()
                && !self.state.is_doomed(key)
                && (children.is_empty() || is_parallel && progress.total > Some(progress.entered));
            ensure!(!could_go_on || is_let_go_on, "the loop could go on, and nobody lets it: {progress:?}");
        }
        for instance in self.state.elements() {
            let is_in_loop = self.state.loop_progress(instance.scope).is_some();
            match instance.role {
                Role::Item { .. } | Role::Path => {
                    ensure!(is_in_loop, "{} {} is in no loop", instance.element, instance.key);
                }
                Role::Loop if instance.state == ElementState::Active => {
                    ensure!(self.state.loop_progress(instance.key).is_some(), "a loop without progress");
                }
                Role::Loop | Role::Plain => {}
            }
        }
        for task in self.state.user_tasks() {
            let has_incident = self.state.incidents_of(task.element_instance).next().is_some();
            let listeners = self.state.jobs_of(task.element_instance).count();
            ensure!(
                task.pending.is_some() == (listeners > 0)
                    || task.pending.is_some() && (has_incident || is_let_go_on),
                "a change of user task {} is pending, and {listeners} listeners are at work",
                task.key
            );
        }
        Ok(())
    }

    /// An instance that goes on has something to wait for; one that has ended has nothing left.
    /// Tokens that could go on have somebody who lets them.
    fn check_tokens(&self) -> anyhow::Result<()> {
        let Some(instance) = self.state.instance() else { return Ok(()) };
        let process = self.process();
        // So many tokens that an operator has to look.
        let stopped = self.state.incidents_of(instance.key.root_scope()).next().is_some();
        for (place, _) in self.state.tokens() {
            let flow = process.flow_by_id(&place.flow).context("the flow of a token")?;
            let target = process.element(process.flow(flow).target);
            let is_filled = |flow: &FlowIndex| {
                let flow = process.flow(*flow).id.as_ref().into();
                self.state.tokens_at(&TokenPlace { scope: place.scope, flow }) > 0
            };
            let waits_for_others = if target.is_merge_of_some() {
                self.can_more_come(place.scope, process.flow(flow).target)
                    || self.is_stopped_at(place.scope, process.flow(flow).target)
            } else {
                target.is_join() && !target.incoming.iter().all(is_filled)
            };
            ensure!(
                waits_for_others || instance.paused || stopped,
                "the token on {} could go on, and nobody lets it",
                place.flow
            );
        }
        self.check_undoing(instance.paused || stopped)?;
        self.check_loops(instance.paused || stopped)?;
        let waits = self.state.jobs().count()
            + self.state.timers().count()
            + self.state.subscriptions().count()
            + self
                .state
                .elements()
                .filter(|element| is_answered_by_others(&self.state, process, element))
                .count()
            + self.state.user_tasks().count()
            + self.state.incidents().count()
            + self.state.tokens().count();
        if self.state.is_active() {
            // A called instance may wait for its caller to catch something.
            ensure!(
                waits > 0 || instance.paused || instance.caller.is_some(),
                "the instance is active and waits for nothing"
            );
        } else {
            ensure!(waits == 0, "the instance has ended and {waits} things still wait");
            ensure!(self.state.elements().count() == 0, "the instance has ended and elements are active");
        }
        Ok(())
    }

    /// An instance that goes on has an active element, and not only tokens that wait for others for ever.
    fn check_progress(&self) -> anyhow::Result<()> {
        let Some(instance) = self.state.instance().filter(|_| self.state.is_active()) else { return Ok(()) };
        let stopped = self.state.incidents_of(instance.key.root_scope()).next().is_some();
        let listens = instance.scope_state != ElementState::Active;
        ensure!(
            self.state.elements().count() > 1 || instance.paused || stopped || listens,
            "no element is active"
        );
        Ok(())
    }

    /// Whether a token can still come to a gateway where some wait: BPMN's rule, looked for along the flows.
    fn can_more_come(&self, scope: ElementInstanceKey, merge: ElementIndex) -> bool {
        let process = self.process();
        let is_filled = |flow: FlowIndex| {
            let flow = process.flow(flow).id.as_ref().into();
            self.state.tokens_at(&TokenPlace { scope, flow }) > 0
        };
        let holds_up = |start: ElementIndex| {
            let reached = flows_reached(process, start, merge);
            reached.iter().any(|flow| !is_filled(*flow)) && !reached.iter().any(|flow| is_filled(*flow))
        };
        let children = self.state.element(scope).into_iter().flat_map(|scope| scope.child_keys());
        children.filter_map(|key| self.state.element(key)).any(|child| holds_up(child.index()))
            || self.state.tokens_in(scope).iter().any(|(place, _)| {
                let flow = process.flow_by_id(&place.flow).expect("a token waits on a flow");
                let target = process.flow(flow).target;
                target != merge && holds_up(target)
            })
    }

    /// Whether a complex gateway was stopped by an incident before it could go on, or waits for its listeners.
    fn is_stopped_at(&self, scope: ElementInstanceKey, merge: ElementIndex) -> bool {
        let children = self.state.element(scope).into_iter().flat_map(|scope| scope.child_keys());
        children
            .filter_map(|key| self.state.element(key))
            .any(|child| child.index() == merge && child.state != ElementState::Active)
    }
}

/// Whether what an active element waits for is the answer of the host, of an instance that it has called, or of an operator
/// who activates activities of an ad-hoc sub-process.
fn is_answered_by_others(state: &InstanceState, process: &Process, element: &ElementInstance) -> bool {
    let kind = &process.element(element.index()).kind;
    if waits_for_files(state, kind, element) {
        return true;
    }
    let is_scope_only = matches!(element.role, Role::Loop | Role::Path);
    matches!(
        kind,
        ElementKind::CallActivity(_)
            | ElementKind::DecisionTask(_)
            | ElementKind::SubProcess(SubProcess::AdHoc(_))
    ) && !is_scope_only
        && (element.state == ElementState::Active || element.called.is_some())
}

/// The incoming flows of a gateway that a token can come to from an element, without passing the gateway.
fn flows_reached(process: &Process, start: ElementIndex, merge: ElementIndex) -> BTreeSet<FlowIndex> {
    let mut reached = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![start];
    while let Some(index) = open.pop() {
        if index == merge || !seen.insert(index) {
            continue;
        }
        let element = process.element(index);
        for flow in &element.outgoing {
            let target = process.flow(*flow).target;
            if target == merge {
                reached.insert(*flow);
            }
            open.push(target);
        }
        open.extend(&element.boundary_events);
        if let ElementKind::ThrowEvent(throw) = &element.kind {
            open.extend(throw.throws.iter().filter_map(|thrown| match thrown {
                Thrown::Link { target } => Some(*target),
                _ => None,
            }));
        }
    }
    reached
}
