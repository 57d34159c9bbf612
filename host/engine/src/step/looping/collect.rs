//! The results of a loop's items, and the list that they become.

use bpmn::model::{Element, Loop};
use feel::Expression;
use types::{ElementInstanceKey, Json, SharedStr, VARIABLES_BYTES_MAX, VariablesError};

use crate::event::Event;
use crate::state::{IncidentKind, InstanceState};
use crate::step::run::Run;
use crate::step::trouble::Trouble;

impl Run<'_> {
    /// Keeps the result of an item that is about to be left. Whether the loop ends with it: its completion condition holds.
    pub(in crate::step) fn keep_item_result(
        &mut self,
        key: ElementInstanceKey,
        loop_key: ElementInstanceKey,
        counter: u32,
        element: &Element,
    ) -> Result<bool, Trouble> {
        let Some(Loop::MultiInstance(multi_instance)) = &element.loop_characteristics else {
            return Ok(false);
        };
        if let (Some(output), Some(_)) = (&multi_instance.output_element, &multi_instance.output_collection) {
            let value = self.json(output, key)?;
            let before = self.state.loop_result(loop_key, counter).map_or(0, |before| before.as_str().len());
            let bytes = self.state.loop_result_bytes(loop_key) - before + value.as_str().len();
            if bytes > VARIABLES_BYTES_MAX {
                return Err(not_collected(VariablesError::TooLarge { bytes }));
            }
            self.emit(Event::LoopResultKept { key: loop_key, counter, value });
        }
        match &multi_instance.completion_condition {
            Some(condition) => self.completion_condition(condition, key, loop_key, multi_instance),
            None => Ok(false),
        }
    }

    /// Makes the results of a loop that is about to be left the output collection, in the scope of the loop.
    pub(in crate::step) fn collect_results(
        &mut self,
        loop_key: ElementInstanceKey,
        scope: ElementInstanceKey,
        element: &Element,
    ) -> Result<(), Trouble> {
        let Some(Loop::MultiInstance(multi_instance)) = &element.loop_characteristics else { return Ok(()) };
        let Some(name) = &multi_instance.output_collection else { return Ok(()) };
        let list = results_as_list(self.state, loop_key);
        self.allowance
            .spend_json(list.len())
            .map_err(|error| Trouble::new(IncidentKind::ExtractValueError, error.to_string()))?;
        let list = Json::parse(&list).map_err(not_collected)?;
        self.set(scope, SharedStr::from(name), list);
        Ok(())
    }
}

/// The results so far as a JSON array: null for an item that has none.
pub(super) fn results_as_list(state: &InstanceState, loop_key: ElementInstanceKey) -> String {
    let total = state.loop_progress(loop_key).and_then(|progress| progress.total).unwrap_or(0);
    let mut results = state.loop_results(loop_key).peekable();
    let mut list = String::with_capacity(2 + state.loop_result_bytes(loop_key) + 2 * total as usize);
    list.push('[');
    for counter in 1..=total {
        if counter > 1 {
            list.push(',');
        }
        match results.next_if(|(of, _)| *of == counter) {
            Some((_, result)) => list.push_str(result.as_str()),
            None => list.push_str("null"),
        }
    }
    list.push(']');
    list
}

fn not_collected(error: VariablesError) -> Trouble {
    Trouble::new(IncidentKind::ExtractValueError, format!("the output collection cannot be kept: {error}"))
}

/// The variable of an expression that does nothing but read one, or a part of one: `result`, `result.total`.
pub(super) fn variable_of(expression: &Expression) -> Option<&str> {
    let mut variables = expression.variables();
    let name = variables.next().filter(|_| variables.next().is_none())?;
    let path = expression.text().trim().strip_prefix(name)?.trim();
    let is_name = |part: &str| {
        let part = part.trim();
        !part.is_empty() && part.chars().all(|sign| sign.is_alphanumeric() || sign == '_')
    };
    let is_path = path.is_empty() || path.strip_prefix('.').is_some_and(|path| path.split('.').all(is_name));
    is_path.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_reading_of_a_variable_names_it() -> Result<(), feel::ParseError> {
        let variable = |text: &str| {
            Expression::parse(text).map(|expression| variable_of(&expression).map(str::to_owned))
        };
        for (text, expected) in [
            ("result", Some("result")),
            (" result . total ", Some("result")),
            ("result.a.b", Some("result")),
            ("result + 1", None),
            ("result.a + 1", None),
            ("result[1]", None),
            ("string(result)", None),
            ("a.b + c", None),
            ("1", None),
        ] {
            assert_eq!(variable(text)?.as_deref(), expected, "{text}");
        }
        Ok(())
    }
}
