//! The state of one process instance: its rows in memory, and the one place that changes them.

mod apply;
mod changes;
mod compensables;
mod ending;
mod entity;
mod load;
mod loop_index;
mod members;
mod tokens;
mod wait_index;

pub use changes::{Change, Changes, ScopedVariable, Token, TokenPlace};
pub use entity::{
    Awaited, Caller, Checkpoint, Compensable, ConditionLeft, ElementInstance, ElementState, Header, Incident,
    IncidentKind, InstanceStatus, Job, JobKind, JobState, LoopProgress, LoopValue, MailboxAddress,
    ProcessInstance, Role, Sequel, Subscription, TaskChange, TaskChangeKind, Timer, UserTask, UserTaskState,
    Variable,
};
pub use load::{ElementRow, LoadError, Rows};
pub use types::TaskCorrections;

use std::collections::{BTreeMap, BTreeSet};

use types::{
    CompensationKey, ElementInstanceKey, IncidentKey, JobKey, Json, SharedStr, SubscriptionKey, TimerKey,
    UserTaskKey, VariableKey, Variables,
};

use bpmn::model::ElementIndex;
pub(crate) use changes::Touched;
use compensables::Compensables;
use loop_index::LoopIndex;
use members::Belonging;
use tokens::Tokens;
use wait_index::WaitIndex;

/// The state of one process instance.
///
/// Empty before `InstanceCreated`. Its parts are private: they change in `apply` and nowhere else.
#[derive(Clone, Debug, Default)]
pub struct InstanceState {
    instance: Option<ProcessInstance>,
    elements: BTreeMap<ElementInstanceKey, ElementInstance>,
    /// Those of them that are being ended, or emptied. Derived: not stored.
    ending: BTreeSet<ElementInstanceKey>,
    variables: BTreeMap<ElementInstanceKey, BTreeMap<SharedStr, Variable>>,
    tokens: Tokens,
    jobs: BTreeMap<JobKey, Job>,
    timers: BTreeMap<TimerKey, Timer>,
    subscriptions: BTreeMap<SubscriptionKey, Subscription>,
    /// Derived: not stored.
    waits: WaitIndex,
    compensables: Compensables,
    loops: BTreeMap<ElementInstanceKey, LoopProgress>,
    loop_values: BTreeMap<(ElementInstanceKey, u32), Json>,
    /// Derived: not stored.
    loop_indexes: BTreeMap<ElementInstanceKey, LoopIndex>,
    user_tasks: BTreeMap<UserTaskKey, UserTask>,
    incidents: BTreeMap<IncidentKey, Incident>,
    touched: TouchedRows,
}

#[derive(Clone, Debug, Default)]
struct TouchedRows {
    instance: bool,
    elements: Touched<ElementInstanceKey>,
    variables: Touched<(ElementInstanceKey, SharedStr, VariableKey)>,
    tokens: Touched<TokenPlace>,
    jobs: Touched<JobKey>,
    timers: Touched<TimerKey>,
    subscriptions: Touched<SubscriptionKey>,
    compensables: Touched<CompensationKey>,
    loops: Touched<ElementInstanceKey>,
    loop_values: Touched<(ElementInstanceKey, u32)>,
    user_tasks: Touched<UserTaskKey>,
    incidents: Touched<IncidentKey>,
}

impl InstanceState {
    /// The instance itself; `None` before it is created.
    pub fn instance(&self) -> Option<&ProcessInstance> {
        self.instance.as_ref()
    }

    /// Whether the instance exists and has not ended.
    pub fn is_active(&self) -> bool {
        self.instance.as_ref().is_some_and(|instance| instance.state == InstanceStatus::Active)
    }

    /// An element instance that has not ended, and is not doomed.
    pub fn element(&self, key: ElementInstanceKey) -> Option<&ElementInstance> {
        self.any_element(key).filter(|_| !self.is_doomed(key))
    }

    /// How many element instances have not ended.
    pub fn element_count(&self) -> usize {
        self.elements.len()
    }

    /// All element instances that have not ended, the process scope first.
    pub fn elements(&self) -> impl Iterator<Item = &ElementInstance> {
        self.elements.values()
    }

    /// A job that is not done. As all that is found by its key, it is not of a doomed element instance.
    pub fn job(&self, key: JobKey) -> Option<&Job> {
        self.jobs.get(&key).filter(|job| !self.is_doomed(job.element_instance))
    }

    /// All jobs that are not done.
    pub fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.jobs.values()
    }

    /// A timer that has not fired.
    pub fn timer(&self, key: TimerKey) -> Option<&Timer> {
        self.timers.get(&key).filter(|timer| !self.is_doomed(timer.element_instance))
    }

    /// All timers that have not fired.
    pub fn timers(&self) -> impl Iterator<Item = &Timer> {
        self.timers.values()
    }

    /// A subscription that is open.
    pub fn subscription(&self, key: SubscriptionKey) -> Option<&Subscription> {
        self.subscriptions.get(&key).filter(|subscription| !self.is_doomed(subscription.element_instance))
    }

    /// All open subscriptions.
    pub fn subscriptions(&self) -> impl Iterator<Item = &Subscription> {
        self.subscriptions.values()
    }

    /// All open subscriptions for conditions.
    pub fn conditions(&self) -> impl Iterator<Item = &Subscription> {
        self.waits.conditions().iter().filter_map(|key| self.subscription(*key))
    }

    /// Conditions of which a step has left something to a later one.
    pub fn left_conditions(&self) -> impl Iterator<Item = SubscriptionKey> {
        self.waits.left_conditions().iter().copied()
    }

    /// Conditions that are waited for in `scope` and the scopes in it: those that may see its variables.
    ///
    /// It looks through the scopes, or through the conditions, whichever are fewer.
    pub(crate) fn conditions_within(&self, scope: ElementInstanceKey) -> Vec<SubscriptionKey> {
        let conditions = self.waits.conditions();
        let (mut found, mut scopes, mut next) = (Vec::new(), vec![scope], 0);
        while let Some(scope) = scopes.get(next).copied() {
            if scopes.len() > conditions.len() {
                let sees =
                    |row: &&Subscription| self.scopes_from(row.element_instance).any(|s| s == scopes[0]);
                return self.conditions().filter(sees).map(|row| row.key).collect();
            }
            next += 1;
            let here = self.subscriptions_of(scope);
            found.extend(here.map(|row| row.key).filter(|key| conditions.contains(key)));
            scopes.extend(self.elements.get(&scope).into_iter().flat_map(ElementInstance::child_keys));
        }
        found
    }

    /// Subscriptions to a signal, by the id of the event that waits for it, each in the order of their keys.
    pub(crate) fn signal_subscriptions(
        &self,
        name: &str,
    ) -> impl Iterator<Item = (&SharedStr, &BTreeSet<SubscriptionKey>)> {
        self.waits.signal(name)
    }

    /// A completed activity that can be undone.
    pub fn compensable(&self, key: CompensationKey) -> Option<&Compensable> {
        self.compensables.get(key)
    }

    /// All completed activities that can be undone.
    pub fn compensables(&self) -> impl DoubleEndedIterator<Item = &Compensable> {
        self.compensables.iter()
    }

    /// What a throw event is undoing, in the order of its completion.
    pub fn undone_by(&self, thrower: ElementInstanceKey) -> impl DoubleEndedIterator<Item = &Compensable> {
        self.compensables.undone_by(thrower)
    }

    /// The throw events that are undoing something.
    pub fn undoing(&self) -> impl Iterator<Item = ElementInstanceKey> {
        self.compensables.throwers()
    }

    /// What an instance of a handler undoes.
    pub fn undone_in(&self, handler: ElementInstanceKey) -> Option<CompensationKey> {
        self.compensables.undone_in(handler)
    }

    /// What was done in a completed activity and can be undone, in the order of its completion.
    pub fn kept_within(&self, outer: CompensationKey) -> impl DoubleEndedIterator<Item = &Compensable> {
        self.compensables.within(outer)
    }

    /// How far a loop is.
    pub fn loop_progress(&self, element: ElementInstanceKey) -> Option<&LoopProgress> {
        self.loops.get(&element)
    }

    /// All loops that are under way.
    pub fn loops(&self) -> impl Iterator<Item = &LoopProgress> {
        self.loops.values()
    }

    /// The items of a loop, a JSON array.
    pub fn loop_items(&self, element: ElementInstanceKey) -> Option<&Json> {
        self.loop_values.get(&(element, 0))
    }

    /// The item of a loop with this `loopCounter`.
    pub fn loop_item(&self, element: ElementInstanceKey, counter: u32) -> Option<&str> {
        self.loop_indexes.get(&element)?.item(self.loop_items(element)?.as_str(), counter)
    }

    /// The result that a loop has of the item with this `loopCounter`.
    pub fn loop_result(&self, element: ElementInstanceKey, counter: u32) -> Option<&Json> {
        self.loop_values.get(&(element, counter)).filter(|_| counter > 0)
    }

    /// Bytes of all the results that a loop has so far.
    pub fn loop_result_bytes(&self, element: ElementInstanceKey) -> usize {
        self.loop_indexes.get(&element).map_or(0, LoopIndex::result_bytes)
    }

    /// The results that a loop has so far, each with its `loopCounter`, in their order.
    pub fn loop_results(&self, element: ElementInstanceKey) -> impl Iterator<Item = (u32, &Json)> {
        let results = self.loop_values.range((element, 1)..=(element, u32::MAX));
        results.map(|((_, counter), value)| (*counter, value))
    }

    /// A user task that waits for its human.
    pub fn user_task(&self, key: UserTaskKey) -> Option<&UserTask> {
        let task = self.user_tasks.get(&key).filter(|task| task.ended_at.is_none());
        task.filter(|task| !self.is_doomed(task.element_instance))
    }

    /// All user tasks that wait for their humans.
    pub fn user_tasks(&self) -> impl Iterator<Item = &UserTask> {
        self.user_tasks.values().filter(|task| task.ended_at.is_none())
    }

    /// An open incident.
    pub fn incident(&self, key: IncidentKey) -> Option<&Incident> {
        let incident = self.incidents.get(&key).filter(|incident| incident.ended_at.is_none());
        incident.filter(|incident| !self.is_doomed(incident.element_instance))
    }

    /// All open incidents.
    pub fn incidents(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.values().filter(|incident| incident.ended_at.is_none())
    }

    /// Open incidents of an element instance.
    pub fn incidents_of(&self, element: ElementInstanceKey) -> impl Iterator<Item = &Incident> {
        self.belongings_of(element).filter_map(|belonging| match belonging {
            Belonging::Incident(key) => {
                self.incidents.get(&key).filter(|incident| incident.ended_at.is_none())
            }
            _ => None,
        })
    }

    /// Timers of an element instance.
    pub fn timers_of(&self, element: ElementInstanceKey) -> impl Iterator<Item = &Timer> {
        self.belongings_of(element).filter_map(|belonging| match belonging {
            Belonging::Timer(key) => self.timers.get(&key),
            _ => None,
        })
    }

    /// Open subscriptions of an element instance.
    pub fn subscriptions_of(&self, element: ElementInstanceKey) -> impl Iterator<Item = &Subscription> {
        self.belongings_of(element).filter_map(|belonging| match belonging {
            Belonging::Subscription(key) => self.subscriptions.get(&key),
            _ => None,
        })
    }

    /// Jobs of an element instance that are not done.
    pub fn jobs_of(&self, element: ElementInstanceKey) -> impl Iterator<Item = &Job> {
        self.belongings_of(element).filter_map(|belonging| match belonging {
            Belonging::Job(key) => self.jobs.get(&key),
            _ => None,
        })
    }

    /// User tasks of an element instance that wait for their humans.
    pub fn user_tasks_of(&self, element: ElementInstanceKey) -> impl Iterator<Item = &UserTask> {
        self.belongings_of(element).filter_map(|belonging| match belonging {
            Belonging::UserTask(key) => self.user_tasks.get(&key).filter(|task| task.ended_at.is_none()),
            _ => None,
        })
    }

    /// Completed activities that can be undone in a scope, in the order of their completion.
    pub fn compensables_of(&self, scope: ElementInstanceKey) -> impl Iterator<Item = &Compensable> {
        self.belongings_of(scope).filter_map(|belonging| match belonging {
            Belonging::Compensable(key) => self.compensable(key),
            _ => None,
        })
    }

    /// Keeps a value of a loop, and what is derived from it.
    fn put_loop_value(&mut self, place: (ElementInstanceKey, u32), value: Json) {
        let index = self.loop_indexes.entry(place.0).or_default();
        let before = self.loop_values.get(&place).map(Json::as_str);
        index.put(place.1, before, value.as_str());
        self.loop_values.insert(place, value);
    }

    fn belongings_of(&self, element: ElementInstanceKey) -> impl Iterator<Item = Belonging> {
        self.elements.get(&element).into_iter().flat_map(|element| element.belongings.iter())
    }

    /// How many tokens wait at the end of a sequence flow.
    pub fn tokens_at(&self, place: &TokenPlace) -> u32 {
        self.tokens.at(place)
    }

    /// All places with waiting tokens.
    pub fn tokens(&self) -> impl Iterator<Item = (&TokenPlace, u32)> {
        self.tokens.iter()
    }

    /// Whether tokens wait in a scope.
    pub fn has_tokens_in(&self, scope: ElementInstanceKey) -> bool {
        self.tokens.in_scope(scope).next().is_some()
    }

    /// The places in a scope where tokens wait, each with how many do.
    pub fn tokens_in(&self, scope: ElementInstanceKey) -> Vec<(TokenPlace, u32)> {
        self.tokens.in_scope(scope).map(|place| (place.clone(), self.tokens.at(place))).collect()
    }

    /// The places in a scope where tokens wait, each with how many do, without copying them.
    pub fn token_places_in(&self, scope: ElementInstanceKey) -> impl Iterator<Item = (&TokenPlace, u32)> {
        self.tokens.in_scope(scope).map(|place| (place, self.tokens.at(place)))
    }

    /// The inclusive and complex gateways at which tokens wait for others, each with its scope.
    pub fn waiting_merges(&self) -> impl Iterator<Item = (ElementInstanceKey, ElementIndex)> {
        self.tokens.merges()
    }

    /// Whether tokens wait for others at an inclusive or complex gateway.
    pub fn is_waiting_merge(&self, scope: ElementInstanceKey, merge: ElementIndex) -> bool {
        self.tokens.is_merging(scope, merge)
    }

    /// How many tokens wait in the instance.
    pub fn waiting_tokens(&self) -> usize {
        self.tokens.waiting()
    }

    /// At how many of its incoming flows a token waits for a join.
    pub fn filled_flows(&self, scope: ElementInstanceKey, join: ElementIndex) -> usize {
        self.tokens.filled_flows(scope, join)
    }

    /// A variable of exactly this scope.
    pub fn local_variable(&self, scope: ElementInstanceKey, name: &str) -> Option<&Variable> {
        self.variables.get(&scope)?.get(name)
    }

    /// The variables of exactly this scope.
    pub fn local_variables(
        &self,
        scope: ElementInstanceKey,
    ) -> impl Iterator<Item = (&SharedStr, &Variable)> {
        self.variables.get(&scope).into_iter().flatten()
    }

    /// The variable that an element in `scope` sees under `name`: the nearest one on the way up.
    pub fn visible_variable(&self, scope: ElementInstanceKey, name: &str) -> Option<&Variable> {
        self.scopes_from(scope).find_map(|scope| self.local_variable(scope, name))
    }

    /// All variables that an element in `scope` sees.
    pub fn visible_variables(&self, scope: ElementInstanceKey) -> Variables {
        let mut visible = Variables::new();
        for scope in self.scopes_from(scope) {
            for (name, variable) in self.local_variables(scope) {
                if visible.get(name).is_none() {
                    visible.insert(name.clone(), variable.value.clone());
                }
            }
        }
        visible
    }

    /// `scope` and the scopes around it, up to the process scope.
    pub fn scopes_from(&self, scope: ElementInstanceKey) -> impl Iterator<Item = ElementInstanceKey> + '_ {
        let mut next = self.elements.get(&scope);
        std::iter::from_fn(move || {
            let element = next?;
            next = if element.scope == element.key { None } else { self.elements.get(&element.scope) };
            Some(element.key)
        })
    }

    /// The rows that have changed since the last call, for the store.
    ///
    /// Afterwards user tasks and incidents that have ended are no longer in memory.
    pub fn take_changes(&mut self) -> Changes {
        let touched = std::mem::take(&mut self.touched);
        let TouchedRows {
            instance,
            mut elements,
            mut variables,
            mut tokens,
            mut jobs,
            mut timers,
            mut subscriptions,
            mut compensables,
            mut loops,
            mut loop_values,
            mut user_tasks,
            mut incidents,
        } = touched;
        let root = self.instance.as_ref().map(|instance| instance.key.root_scope());
        let changes = Changes {
            instance: if instance { self.instance.clone() } else { None },
            elements: elements
                .take(|key| self.elements.get(key).filter(|_| Some(*key) != root).map(ElementInstance::row)),
            variables: variables
                .take(|(scope, name, _)| {
                    let variable = self.variables.get(scope)?.get(name)?.clone();
                    Some(ScopedVariable { scope: *scope, name: name.clone(), variable })
                })
                .into_iter()
                .map(|change| match change {
                    Change::Put(variable) => Change::Put(variable),
                    Change::Delete((_, _, key)) => Change::Delete(key),
                })
                .collect(),
            tokens: tokens.take(|place| {
                let count = self.tokens.at(place);
                (count > 0).then(|| Token { place: place.clone(), count })
            }),
            jobs: jobs.take(|key| self.jobs.get(key).cloned()),
            timers: timers.take(|key| self.timers.get(key).cloned()),
            subscriptions: subscriptions.take(|key| self.subscriptions.get(key).cloned()),
            compensables: compensables.take(|key| self.compensables.get(*key).cloned()),
            loops: loops.take(|key| self.loops.get(key).copied()),
            loop_values: loop_values.take(|key| {
                let value = self.loop_values.get(key)?.clone();
                Some(LoopValue { element_instance: key.0, counter: key.1, value })
            }),
            user_tasks: user_tasks.take(|key| self.user_tasks.get(key).cloned()),
            incidents: incidents.take(|key| self.incidents.get(key).cloned()),
        };
        // Only what has changed can have ended: an instance may have very many of both.
        for change in &changes.user_tasks {
            if let Change::Put(UserTask { key, ended_at: Some(_), .. }) = change {
                self.user_tasks.remove(key);
            }
        }
        for change in &changes.incidents {
            if let Change::Put(Incident { key, ended_at: Some(_), .. }) = change {
                self.incidents.remove(key);
            }
        }
        changes
    }
}

/// Two states are equal when their rows are: what was touched since the last commit does not count.
impl PartialEq for InstanceState {
    fn eq(&self, other: &Self) -> bool {
        self.instance == other.instance
            && self.elements == other.elements
            && self.ending == other.ending
            && self.variables == other.variables
            && self.tokens == other.tokens
            && self.jobs == other.jobs
            && self.timers == other.timers
            && self.subscriptions == other.subscriptions
            && self.waits == other.waits
            && self.compensables == other.compensables
            && self.loops == other.loops
            && self.loop_values == other.loop_values
            && self.loop_indexes == other.loop_indexes
            && self.user_tasks().eq(other.user_tasks())
            && self.incidents().eq(other.incidents())
    }
}
