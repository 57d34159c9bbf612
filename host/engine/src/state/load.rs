//! An instance's state from its rows.

use bpmn::Process;
use bpmn::model::ElementIndex;
use types::{ElementInstanceKey, Key, ProcessInstanceKey, SharedStr, Timestamp};

use super::changes::{ScopedVariable, Token};
use super::entity::{
    Compensable, ElementInstance, ElementState, Incident, Job, LoopProgress, LoopValue, ProcessInstance,
    Role, Sequel, Subscription, Timer, UserTask,
};
use super::members::{Belonging, SmallSet};
use super::wait_index::WaitIndex;
use super::{InstanceState, InstanceStatus};

/// The rows of one instance as the store keeps them: without what has ended.
#[derive(Clone, Debug)]
pub struct Rows {
    /// The instance itself.
    pub instance: ProcessInstance,
    /// Element instances, without the process scope.
    pub elements: Vec<ElementRow>,
    /// Variables of all scopes.
    pub variables: Vec<ScopedVariable>,
    /// Waiting tokens.
    pub tokens: Vec<Token>,
    /// Jobs.
    pub jobs: Vec<Job>,
    /// Timers.
    pub timers: Vec<Timer>,
    /// Subscriptions.
    pub subscriptions: Vec<Subscription>,
    /// Completed activities that can be undone.
    pub compensables: Vec<Compensable>,
    /// Loops.
    pub loops: Vec<LoopProgress>,
    /// Values that loops keep.
    pub loop_values: Vec<LoopValue>,
    /// User tasks that wait for their humans.
    pub user_tasks: Vec<UserTask>,
    /// Open incidents.
    pub incidents: Vec<Incident>,
}

impl Rows {
    /// The newest of all keys in the rows.
    pub fn newest_key(&self) -> Key {
        let keys = self.elements.iter().map(|row| row.key.0);
        let keys = keys.chain(self.variables.iter().map(|row| row.variable.key.0));
        let keys = keys.chain(self.jobs.iter().map(|row| row.key.0));
        let keys = keys.chain(self.timers.iter().map(|row| row.key.0));
        let keys = keys.chain(self.subscriptions.iter().map(|row| row.key.0));
        let keys = keys.chain(self.compensables.iter().map(|row| row.key.0));
        let keys = keys.chain(self.user_tasks.iter().map(|row| row.key.0));
        let keys = keys.chain(self.incidents.iter().map(|row| row.key.0));
        keys.fold(self.instance.key.0, Key::max)
    }
}

/// What is stored of an [`ElementInstance`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementRow {
    /// Its key.
    pub key: ElementInstanceKey,
    /// The scope it lives in.
    pub scope: ElementInstanceKey,
    /// The element's id in the model.
    pub element: SharedStr,
    /// Where it stands.
    pub state: ElementState,
    /// Its part in a loop.
    pub role: Role,
    /// How many execution listeners have run in this state.
    pub listeners_done: u16,
    /// The instance that a call activity has called.
    pub called: Option<ProcessInstanceKey>,
    /// What follows the end that is under way.
    pub sequel: Option<Box<Sequel>>,
    /// When it was entered.
    pub entered_at: Timestamp,
}

impl From<&ElementInstance> for ElementRow {
    fn from(element: &ElementInstance) -> Self {
        Self {
            key: element.key,
            scope: element.scope,
            element: element.element.clone(),
            state: element.state,
            role: element.role,
            listeners_done: element.listeners_done,
            called: element.called,
            sequel: element.sequel.clone(),
            entered_at: element.entered_at,
        }
    }
}

/// The rows do not fit the process or each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// An element instance of an element that the process does not have.
    #[error("process `{process}` has no element `{element}`")]
    UnknownElement {
        /// The process.
        process: SharedStr,
        /// The element's id.
        element: SharedStr,
    },
    /// An element instance in a scope that does not exist.
    #[error("element instance {key} lives in scope {scope}, which does not exist")]
    UnknownScope {
        /// The element instance.
        key: ElementInstanceKey,
        /// The missing scope.
        scope: ElementInstanceKey,
    },
}

impl InstanceState {
    /// The state that `rows` describe. `process` is the definition that the instance runs.
    ///
    /// # Errors
    /// The rows do not fit the process or each other: the store is damaged.
    pub fn load(rows: Rows, process: &Process) -> Result<Self, LoadError> {
        let mut state = Self::default();
        let root = rows.instance.key.root_scope();
        if rows.instance.state == InstanceStatus::Active {
            state.elements.insert(
                root,
                ElementInstance {
                    key: root,
                    scope: root,
                    element: SharedStr::from(&process.id),
                    state: rows.instance.scope_state,
                    role: Role::Plain,
                    listeners_done: rows.instance.listeners_done,
                    called: None,
                    sequel: rows.instance.sequel.clone(),
                    entered_at: rows.instance.started_at,
                    children: SmallSet::Empty,
                    belongings: SmallSet::Empty,
                    index: ElementIndex::PROCESS,
                },
            );
        }
        for row in rows.elements {
            let index = process.element_by_id(&row.element).ok_or_else(|| LoadError::UnknownElement {
                process: SharedStr::from(&process.id),
                element: row.element.clone(),
            })?;
            let element = ElementInstance {
                key: row.key,
                scope: row.scope,
                element: row.element,
                state: row.state,
                role: row.role,
                listeners_done: row.listeners_done,
                called: row.called,
                sequel: row.sequel,
                entered_at: row.entered_at,
                children: SmallSet::Empty,
                belongings: SmallSet::Empty,
                index,
            };
            state.elements.insert(row.key, element);
        }
        let is_ending = |element: &&ElementInstance| element.state.is_ending();
        state.ending = state.elements.values().filter(is_ending).map(|element| element.key).collect();
        let scopes: Vec<_> = state
            .elements
            .values()
            .filter(|element| element.key != element.scope)
            .map(|element| (element.key, element.scope))
            .collect();
        for (key, scope) in scopes {
            match state.elements.get_mut(&scope) {
                Some(parent) => parent.children.insert(key),
                None => return Err(LoadError::UnknownScope { key, scope }),
            }
        }
        for ScopedVariable { scope, name, variable } in rows.variables {
            state.variables.entry(scope).or_default().insert(name, variable);
        }
        for Token { place, count } in rows.tokens {
            state.tokens.add(place, count, process);
        }
        for job in &rows.jobs {
            state.attach(job.element_instance, Belonging::Job(job.key));
        }
        for timer in &rows.timers {
            state.attach(timer.element_instance, Belonging::Timer(timer.key));
        }
        for subscription in &rows.subscriptions {
            state.attach(subscription.element_instance, Belonging::Subscription(subscription.key));
        }
        for compensable in &rows.compensables {
            state.attach(compensable.scope, Belonging::Compensable(compensable.key));
        }
        for task in &rows.user_tasks {
            state.attach(task.element_instance, Belonging::UserTask(task.key));
        }
        for incident in &rows.incidents {
            state.attach(incident.element_instance, Belonging::Incident(incident.key));
        }
        state.jobs = rows.jobs.into_iter().map(|job| (job.key, job)).collect();
        state.timers = rows.timers.into_iter().map(|timer| (timer.key, timer)).collect();
        state.waits = WaitIndex::of(&rows.subscriptions);
        state.subscriptions = rows.subscriptions.into_iter().map(|row| (row.key, row)).collect();
        rows.compensables.into_iter().for_each(|row| state.compensables.insert(row));
        state.loops = rows.loops.into_iter().map(|row| (row.element_instance, row)).collect();
        for LoopValue { element_instance, counter, value } in rows.loop_values {
            state.put_loop_value((element_instance, counter), value);
        }
        state.user_tasks = rows.user_tasks.into_iter().map(|task| (task.key, task)).collect();
        state.incidents = rows.incidents.into_iter().map(|incident| (incident.key, incident)).collect();
        state.instance = Some(rows.instance);
        Ok(state)
    }
}
