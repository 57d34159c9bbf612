//! Which rows a series of events has changed.

use std::collections::BTreeMap;

use types::{
    CompensationKey, ElementInstanceKey, IncidentKey, JobKey, SharedStr, SubscriptionKey, TimerKey,
    UserTaskKey, VariableKey,
};

use super::entity::{
    Compensable, ElementInstance, Incident, Job, LoopProgress, LoopValue, ProcessInstance, Subscription,
    Timer, UserTask, Variable,
};

/// What has become of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change<K, T> {
    /// The row is new or has new content: all of it.
    Put(T),
    /// The row is gone.
    Delete(K),
}

/// The rows of one instance that have to change in the store, each at most once.
///
/// A row that came and went between two commits does not appear at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The instance itself.
    pub instance: Option<ProcessInstance>,
    /// Element instances, without the process scope, which the instance stands for.
    pub elements: Vec<Change<ElementInstanceKey, ElementInstance>>,
    /// Variables.
    pub variables: Vec<Change<VariableKey, ScopedVariable>>,
    /// Waiting tokens.
    pub tokens: Vec<Change<TokenPlace, Token>>,
    /// Jobs.
    pub jobs: Vec<Change<JobKey, Job>>,
    /// Timers.
    pub timers: Vec<Change<TimerKey, Timer>>,
    /// Subscriptions.
    pub subscriptions: Vec<Change<SubscriptionKey, Subscription>>,
    /// Completed activities that can be undone.
    pub compensables: Vec<Change<CompensationKey, Compensable>>,
    /// Loops, by their element instances.
    pub loops: Vec<Change<ElementInstanceKey, LoopProgress>>,
    /// Values that loops keep: by loop and counter.
    pub loop_values: Vec<Change<(ElementInstanceKey, u32), LoopValue>>,
    /// User tasks; those that have ended stay as rows.
    pub user_tasks: Vec<Change<UserTaskKey, UserTask>>,
    /// Incidents; those that have ended stay as rows.
    pub incidents: Vec<Change<IncidentKey, Incident>>,
}

/// A variable with its scope and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopedVariable {
    /// The scope it belongs to.
    pub scope: ElementInstanceKey,
    /// Its name.
    pub name: SharedStr,
    /// Key and value.
    pub variable: Variable,
}

/// Where tokens wait: the end of a sequence flow, in one scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenPlace {
    /// The scope.
    pub scope: ElementInstanceKey,
    /// The sequence flow's id in the model.
    pub flow: SharedStr,
}

/// Tokens that wait at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Where.
    pub place: TokenPlace,
    /// How many.
    pub count: u32,
}

/// Keys of the rows that were touched since the last look, each with whether its row was there before.
#[derive(Clone, Debug)]
pub(crate) struct Touched<K>(BTreeMap<K, bool>);

impl<K> Default for Touched<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord + Clone> Touched<K> {
    /// To be called before the row changes.
    pub(crate) fn mark(&mut self, key: &K, exists: bool) {
        if !self.0.contains_key(key) {
            self.0.insert(key.clone(), exists);
        }
    }

    /// The changes; `row` gives a row's content now.
    pub(crate) fn take<T>(&mut self, mut row: impl FnMut(&K) -> Option<T>) -> Vec<Change<K, T>> {
        std::mem::take(&mut self.0)
            .into_iter()
            .filter_map(|(key, existed)| match row(&key) {
                Some(content) => Some(Change::Put(content)),
                None if existed => Some(Change::Delete(key)),
                None => None,
            })
            .collect()
    }
}
