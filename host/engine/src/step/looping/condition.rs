//! The conditions that end loops, and what they see besides variables.

use std::cell::OnceCell;

use bpmn::model::MultiInstance;
use feel::{Expression, JsonError, Value};
use types::ElementInstanceKey;

use super::collect::results_as_list;
use crate::state::IncidentKind;
use crate::step::allowance::Allowance;
use crate::step::evaluate::{VisibleVariables, expected};
use crate::step::run::Run;
use crate::step::trouble::Trouble;

/// What a completion condition sees: how far the loop is, the results so far, and the variables of the item.
struct LoopScope<'s> {
    visible: VisibleVariables<'s>,
    loop_key: ElementInstanceKey,
    numbers: Vec<(&'static str, String)>,
    output_collection: Option<&'s str>,
    /// The results so far, put together when they are asked for.
    results: OnceCell<String>,
    allowance: &'s Allowance,
}

impl LoopScope<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        if let Some((_, number)) = self.numbers.iter().find(|(number, _)| *number == name) {
            return Some(number);
        }
        if self.output_collection != Some(name) {
            return None;
        }
        Some(self.results.get_or_init(|| {
            let list = results_as_list(self.visible.state, self.loop_key);
            // Whoever reads it reads all of it: too much of that is noticed by the next expression of the item.
            let _ = self.allowance.spend_json(list.len());
            list
        }))
    }
}

impl feel::Scope for LoopScope<'_> {
    fn get<'s>(&'s self, name: &str) -> Option<Value<'s>> {
        match self.text(name) {
            Some(text) => Value::from_json(text).ok(),
            None => self.visible.get(name),
        }
    }

    fn unreadable(&self, name: &str) -> Option<JsonError> {
        match self.text(name) {
            Some(text) => Value::from_json(text).err(),
            None => self.visible.unreadable(name),
        }
    }
}

impl Run<'_> {
    /// Whether a multi-instance activity ends with the item `key`, which is done and not yet counted.
    ///
    /// Of a parallel one all items count as created and active from the beginning, wherever its steps end.
    pub(super) fn completion_condition(
        &self,
        condition: &Expression,
        key: ElementInstanceKey,
        loop_key: ElementInstanceKey,
        multi_instance: &MultiInstance,
    ) -> Result<bool, Trouble> {
        let Some(progress) = self.state.loop_progress(loop_key) else { return Ok(false) };
        let created = match progress.total {
            Some(total) if !multi_instance.is_sequential => total,
            _ => progress.entered,
        };
        let completed = progress.completed + 1;
        let active = created.saturating_sub(completed + progress.terminated);
        let scope = LoopScope {
            visible: VisibleVariables { state: self.state, scope: key },
            loop_key,
            numbers: vec![
                ("numberOfInstances", created.to_string()),
                ("numberOfActiveInstances", active.to_string()),
                ("numberOfCompletedInstances", completed.to_string()),
                ("numberOfTerminatedInstances", progress.terminated.to_string()),
            ],
            output_collection: multi_instance.output_collection.as_deref(),
            results: OnceCell::new(),
            allowance: &self.allowance,
        };
        self.holds(condition, &scope)
    }

    /// Whether the condition of a standard loop holds after so many turns, which it sees as `loopCounter`.
    pub(super) fn condition_with_counter(
        &self,
        condition: &Expression,
        loop_key: ElementInstanceKey,
        turns: u32,
    ) -> Result<bool, Trouble> {
        let scope = LoopScope {
            visible: VisibleVariables { state: self.state, scope: loop_key },
            loop_key,
            numbers: vec![("loopCounter", turns.to_string())],
            output_collection: None,
            results: OnceCell::new(),
            allowance: &self.allowance,
        };
        self.holds(condition, &scope)
    }

    fn holds(&self, condition: &Expression, scope: &LoopScope<'_>) -> Result<bool, Trouble> {
        self.evaluate_in(condition, scope, IncidentKind::ExtractValueError, |value| {
            value.as_bool().ok_or_else(|| expected("a boolean for the condition of the loop", value))
        })
    }
}
