//! The state of one process instance: its rows in memory, and the one place that changes them.

mod apply;
mod changes;
mod entity;
mod load;
mod members;
mod tokens;

pub use changes::{Change, Changes, ScopedVariable, Token, TokenPlace};
pub use entity::{
    Checkpoint, ElementInstance, ElementState, Incident, IncidentKind, InstanceStatus, Job, JobState,
    ProcessInstance, Timer, UserTask, UserTaskState, Variable,
};
pub use load::{ElementRow, LoadError, Rows};

use std::collections::BTreeMap;

use types::{
    ElementInstanceKey, IncidentKey, JobKey, SharedStr, TimerKey, UserTaskKey, VariableKey, Variables,
};

use bpmn::model::ElementIndex;
use changes::Touched;
use members::Belonging;
use tokens::Tokens;

/// The state of one process instance.
///
/// Empty before `InstanceCreated`. Its parts are private: they change in `apply` and nowhere else.
#[derive(Clone, Debug, Default)]
pub struct InstanceState {
    instance: Option<ProcessInstance>,
    elements: BTreeMap<ElementInstanceKey, ElementInstance>,
    variables: BTreeMap<ElementInstanceKey, BTreeMap<SharedStr, Variable>>,
    tokens: Tokens,
    jobs: BTreeMap<JobKey, Job>,
    timers: BTreeMap<TimerKey, Timer>,
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

    /// An element instance that has not ended.
    pub fn element(&self, key: ElementInstanceKey) -> Option<&ElementInstance> {
        self.elements.get(&key)
    }

    /// All element instances that have not ended, the process scope first.
    pub fn elements(&self) -> impl Iterator<Item = &ElementInstance> {
        self.elements.values()
    }

    /// A job that is not done.
    pub fn job(&self, key: JobKey) -> Option<&Job> {
        self.jobs.get(&key)
    }

    /// All jobs that are not done.
    pub fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.jobs.values()
    }

    /// A timer that has not fired.
    pub fn timer(&self, key: TimerKey) -> Option<&Timer> {
        self.timers.get(&key)
    }

    /// All timers that have not fired.
    pub fn timers(&self) -> impl Iterator<Item = &Timer> {
        self.timers.values()
    }

    /// A user task that waits for its human.
    pub fn user_task(&self, key: UserTaskKey) -> Option<&UserTask> {
        self.user_tasks.get(&key).filter(|task| task.ended_at.is_none())
    }

    /// All user tasks that wait for their humans.
    pub fn user_tasks(&self) -> impl Iterator<Item = &UserTask> {
        self.user_tasks.values().filter(|task| task.ended_at.is_none())
    }

    /// An open incident.
    pub fn incident(&self, key: IncidentKey) -> Option<&Incident> {
        self.incidents.get(&key).filter(|incident| incident.ended_at.is_none())
    }

    /// All open incidents.
    pub fn incidents(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.values().filter(|incident| incident.ended_at.is_none())
    }

    /// Open incidents of an element instance.
    pub fn incidents_of(&self, element: ElementInstanceKey) -> impl Iterator<Item = &Incident> {
        self.belongings_of(element).filter_map(|belonging| match belonging {
            Belonging::Incident(key) => self.incident(key),
            _ => None,
        })
    }

    /// Timers of an element instance.
    pub fn timers_of(&self, element: ElementInstanceKey) -> impl Iterator<Item = &Timer> {
        self.belongings_of(element).filter_map(|belonging| match belonging {
            Belonging::Timer(key) => self.timer(key),
            _ => None,
        })
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
            user_tasks: user_tasks.take(|key| self.user_tasks.get(key).cloned()),
            incidents: incidents.take(|key| self.incidents.get(key).cloned()),
        };
        self.user_tasks.retain(|_, task| task.ended_at.is_none());
        self.incidents.retain(|_, incident| incident.ended_at.is_none());
        changes
    }
}

/// Two states are equal when their rows are: what was touched since the last commit does not count.
impl PartialEq for InstanceState {
    fn eq(&self, other: &Self) -> bool {
        self.instance == other.instance
            && self.elements == other.elements
            && self.variables == other.variables
            && self.tokens == other.tokens
            && self.jobs == other.jobs
            && self.timers == other.timers
            && self.user_tasks().eq(other.user_tasks())
            && self.incidents().eq(other.incidents())
    }
}
