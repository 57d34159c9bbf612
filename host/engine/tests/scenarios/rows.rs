//! The rows of one instance, kept as a store keeps them.

use std::collections::BTreeMap;

use engine::state::{
    Compensable, ElementInstance, Incident, Job, LoopProgress, LoopValue, ProcessInstance, Rows,
    ScopedVariable, Subscription, Timer, Token, TokenPlace, UserTask,
};
use engine::{Change, Changes};
use types::{
    CompensationKey, ElementInstanceKey, IncidentKey, JobKey, SubscriptionKey, TimerKey, UserTaskKey,
    VariableKey,
};

#[derive(Clone, Default)]
pub(crate) struct RowStore {
    instance: Option<ProcessInstance>,
    elements: BTreeMap<ElementInstanceKey, ElementInstance>,
    variables: BTreeMap<VariableKey, ScopedVariable>,
    tokens: BTreeMap<TokenPlace, Token>,
    jobs: BTreeMap<JobKey, Job>,
    timers: BTreeMap<TimerKey, Timer>,
    subscriptions: BTreeMap<SubscriptionKey, Subscription>,
    compensables: BTreeMap<CompensationKey, Compensable>,
    loops: BTreeMap<ElementInstanceKey, LoopProgress>,
    loop_values: BTreeMap<(ElementInstanceKey, u32), LoopValue>,
    user_tasks: BTreeMap<UserTaskKey, UserTask>,
    incidents: BTreeMap<IncidentKey, Incident>,
}

impl RowStore {
    pub(crate) fn write(&mut self, changes: Changes) {
        if let Some(instance) = changes.instance {
            self.instance = Some(instance);
        }
        write(&mut self.elements, changes.elements, |row| row.key);
        write(&mut self.variables, changes.variables, |row| row.variable.key);
        write(&mut self.tokens, changes.tokens, |row| row.place.clone());
        write(&mut self.jobs, changes.jobs, |row| row.key);
        write(&mut self.timers, changes.timers, |row| row.key);
        write(&mut self.subscriptions, changes.subscriptions, |row| row.key);
        write(&mut self.compensables, changes.compensables, |row| row.key);
        write(&mut self.loops, changes.loops, |row| row.element_instance);
        write(&mut self.loop_values, changes.loop_values, |row| (row.element_instance, row.counter));
        write(&mut self.user_tasks, changes.user_tasks, |row| row.key);
        write(&mut self.incidents, changes.incidents, |row| row.key);
    }

    pub(crate) fn load(&self) -> Option<Rows> {
        Some(Rows {
            instance: self.instance.clone()?,
            elements: self.elements.values().map(engine::state::ElementRow::from).collect(),
            variables: self.variables.values().cloned().collect(),
            tokens: self.tokens.values().cloned().collect(),
            jobs: self.jobs.values().cloned().collect(),
            timers: self.timers.values().cloned().collect(),
            subscriptions: self.subscriptions.values().cloned().collect(),
            compensables: self.compensables.values().cloned().collect(),
            loops: self.loops.values().copied().collect(),
            loop_values: self.loop_values.values().cloned().collect(),
            user_tasks: self.user_tasks.values().filter(|task| task.ended_at.is_none()).cloned().collect(),
            incidents: self
                .incidents
                .values()
                .filter(|incident| incident.ended_at.is_none())
                .cloned()
                .collect(),
        })
    }
}

fn write<K: Ord, T>(rows: &mut BTreeMap<K, T>, changes: Vec<Change<K, T>>, key: impl Fn(&T) -> K) {
    for change in changes {
        match change {
            Change::Put(row) => {
                rows.insert(key(&row), row);
            }
            Change::Delete(key) => {
                assert!(rows.remove(&key).is_some(), "a row that does not exist is deleted");
            }
        }
    }
}
