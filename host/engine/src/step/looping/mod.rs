//! Loops: multi-instance activities and standard loops.
//!
//! A loop is an element instance with the boundary events of its activity; its items are element instances in it. They are
//! entered one by one, each in a turn of its own after the tokens that are on their way, and what the step's allowance
//! does not permit is left to `Continue`: a loop over many items holds up nobody.

mod collect;
mod condition;

use bpmn::model::{Element, ElementIndex, Loop, MultiInstance, StandardLoop};
use types::{ElementInstanceKey, Json, SharedStr, Variables};

use super::allowance::ELEMENT_INSTANCES_MAX;
use super::complete::Leave;
use super::evaluate::{VisibleVariables, expected};
use super::run::Run;
use super::trouble::Trouble;
use crate::event::Event;
use crate::state::{ElementState, IncidentKind, LoopProgress, Role, Sequel};

/// What a loop runs over.
pub(super) enum Items {
    /// The items of a list.
    List { items: Json, total: u32 },
    /// As long as a condition holds.
    Condition,
}

/// How a loop goes on.
enum Next {
    /// With the item that has this `loopCounter`.
    Enter(u32),
    /// It has nothing left to do.
    End,
    /// When an item ends.
    Wait,
}

impl<'a> Run<'a> {
    /// Evaluates what a loop runs over, once for all items.
    pub(super) fn prepare_loop(
        &self,
        element: &'a Element,
        scope: ElementInstanceKey,
    ) -> Result<Items, Trouble> {
        let Some(Loop::MultiInstance(multi_instance)) = &element.loop_characteristics else {
            return Ok(Items::Condition);
        };
        let visible = VisibleVariables { state: self.state, scope };
        let expression = &multi_instance.input_collection;
        self.evaluate_in(expression, &visible, IncidentKind::ExtractValueError, |value| {
            let list = value.as_list().ok_or_else(|| expected("a list for the input collection", value))?;
            let total = u32::try_from(list.len()).map_err(|error| error.to_string())?;
            Ok(Items::List { items: self.to_json(value)?, total })
        })
    }

    pub(super) fn begin_loop(&mut self, key: ElementInstanceKey, items: Items) {
        let (total, items) = match items {
            Items::List { items, total } => (Some(total), Some(items)),
            Items::Condition => (None, None),
        };
        self.emit(Event::LoopStarted { key, total, items });
        self.go_on_with_loop(key);
    }

    /// Whether a loop could go on without anything else happening. One with an incident waits for its operator.
    pub(super) fn loop_can_go_on(&self, progress: &LoopProgress) -> bool {
        let Some(instance) = self.state.element(progress.element_instance) else { return false };
        let Some((_, element)) = self.element_of(instance.key) else { return false };
        let is_parallel = matches!(
            &element.loop_characteristics,
            Some(Loop::MultiInstance(MultiInstance { is_sequential: false, .. }))
        );
        instance.role == Role::Loop
            && instance.state == ElementState::Active
            && self.state.incidents_of(instance.key).next().is_none()
            && (instance.children() == 0 || is_parallel && progress.total > Some(progress.entered))
    }

    /// A loop's turn: it enters its next item, or ends.
    pub(super) fn advance_loop(&mut self, key: ElementInstanceKey) {
        let Some((index, element)) = self.element_of(key) else { return };
        self.allowance.next_element();
        match self.next_of_loop(key, element) {
            Ok(Next::Enter(counter)) => {
                self.enter_item(key, index, element, counter);
                if self.state.loop_progress(key).is_some_and(|progress| self.loop_can_go_on(progress)) {
                    self.go_on_with_loop(key);
                }
            }
            Ok(Next::End) => self.complete(key, Leave::All),
            Ok(Next::Wait) => {}
            Err(trouble) => self.raise(key, None, trouble),
        }
    }

    fn next_of_loop(&self, key: ElementInstanceKey, element: &Element) -> Result<Next, Trouble> {
        let (Some(progress), Some(instance), Some(characteristics)) =
            (self.state.loop_progress(key), self.state.element(key), &element.loop_characteristics)
        else {
            return Ok(Next::Wait);
        };
        let is_idle = instance.children() == 0;
        if instance.state != ElementState::Active {
            return Ok(Next::Wait);
        }
        let next = match characteristics {
            Loop::MultiInstance(multi_instance) => match progress.total {
                Some(total) if progress.entered < total => {
                    (is_idle || !multi_instance.is_sequential).then_some(true)
                }
                _ => is_idle.then_some(false),
            },
            Loop::Standard(standard) => match is_idle {
                true => Some(self.goes_on(key, standard, progress.entered)?),
                false => None,
            },
        };
        match next {
            None => Ok(Next::Wait),
            Some(false) => Ok(Next::End),
            Some(true) if self.state.element_count() >= ELEMENT_INSTANCES_MAX => {
                let message = format!(
                    "{ELEMENT_INSTANCES_MAX} element instances are active in the process instance, which is the limit: \
                     resolve this when some of them have ended, or cancel the instance"
                );
                Err(Trouble::new(IncidentKind::ExtractValueError, message))
            }
            Some(true) => Ok(Next::Enter(progress.entered + 1)),
        }
    }

    /// Whether a standard loop runs once more.
    fn goes_on(&self, key: ElementInstanceKey, standard: &StandardLoop, turns: u32) -> Result<bool, Trouble> {
        if standard.maximum.is_some_and(|maximum| turns >= maximum) {
            return Ok(false);
        }
        match &standard.condition {
            Some(condition) if turns > 0 || standard.tests_before => {
                self.condition_with_counter(condition, key, turns)
            }
            _ => Ok(true),
        }
    }

    fn enter_item(&mut self, key: ElementInstanceKey, index: ElementIndex, element: &Element, counter: u32) {
        let variables = self.item_variables(key, element, counter);
        self.enter_with(index, key, Role::Item { counter }, variables);
    }

    /// The local variables with which an item begins: those that the loop gives it, and an empty one for its result where
    /// the output element names a variable, which keeps the results of items apart.
    pub(super) fn item_variables(
        &self,
        loop_key: ElementInstanceKey,
        element: &Element,
        counter: u32,
    ) -> Variables {
        let mut variables = Variables::new();
        if let Some(Loop::MultiInstance(multi_instance)) = &element.loop_characteristics {
            if let Some(name) = multi_instance.output_element.as_ref().and_then(collect::variable_of) {
                variables.insert(SharedStr::from(name), Json::null());
            }
            if let Some(name) = &multi_instance.input_element {
                let item =
                    self.state.loop_item(loop_key, counter).map_or_else(Json::null, Json::from_trusted);
                variables.insert(SharedStr::from(name), item);
            }
        }
        variables.insert(SharedStr::from("loopCounter"), Json::from_trusted(counter.to_string()));
        variables
    }

    /// An item of a loop has ended.
    pub(super) fn item_ended(&mut self, loop_key: ElementInstanceKey) {
        if self.state.element(loop_key).is_some_and(|instance| instance.children() == 0) {
            self.go_on_with_loop(loop_key);
        }
    }

    /// The completion condition holds: the items that are left end, and the loop with them.
    pub(super) fn end_loop(&mut self, loop_key: ElementInstanceKey) {
        self.empty_then(loop_key, Sequel::Leave {});
    }
}
