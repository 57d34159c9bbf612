//! The rows of one instance, kept as a store keeps them.

use std::collections::BTreeMap;

use engine::state::{
    ElementInstance, Incident, Job, ProcessInstance, Rows, ScopedVariable, Timer, Token, TokenPlace, UserTask,
};
use engine::{Change, Changes};
use types::{ElementInstanceKey, IncidentKey, JobKey, TimerKey, UserTaskKey, VariableKey};

#[derive(Default)]
pub(crate) struct RowStore {
    instance: Option<ProcessInstance>,
    elements: BTreeMap<ElementInstanceKey, ElementInstance>,
    variables: BTreeMap<VariableKey, ScopedVariable>,
    tokens: BTreeMap<TokenPlace, Token>,
    jobs: BTreeMap<JobKey, Job>,
    timers: BTreeMap<TimerKey, Timer>,
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
        write(&mut self.user_tasks, changes.user_tasks, |row| row.key);
        write(&mut self.incidents, changes.incidents, |row| row.key);
    }

    pub(crate) fn load(&self) -> Option<Rows> {
        Some(Rows {
            instance: self.instance.clone()?,
            elements: self
                .elements
                .values()
                .map(|element| engine::state::ElementRow {
                    key: element.key,
                    scope: element.scope,
                    element: element.element.clone(),
                    state: element.state,
                    entered_at: element.entered_at,
                })
                .collect(),
            variables: self.variables.values().cloned().collect(),
            tokens: self.tokens.values().cloned().collect(),
            jobs: self.jobs.values().cloned().collect(),
            timers: self.timers.values().cloned().collect(),
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
