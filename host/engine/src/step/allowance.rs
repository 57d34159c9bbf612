//! How much one step may do. What is left goes on with `Continue`, after a commit and after others had their turn.
//!
//! Elements alone are no measure: one can compute for seconds or make megabytes of variables. So a step also stops when
//! its expressions have taken many steps, or its events many bytes. It stops between elements, never within one;
//! within one, the expressions share a limit, and what exceeds it becomes an incident.

use std::cell::Cell;

use crate::event::Event;

/// Elements that one step enters at most: a loop without a wait state delays others no longer than this.
pub(super) const ELEMENTS_PER_STEP_MAX: u32 = 1_000;

/// Element instances that one step ends at most in what is ended from outside: 100,000 items would delay others.
pub(super) const ENDS_PER_STEP_MAX: u32 = 1_000;

/// Bytes of events after which a step stops.
pub(super) const EVENT_BYTES_PER_STEP: usize = 16 << 20;

/// FEEL steps after which a step stops: some tenths of a second.
pub(super) const FEEL_STEPS_PER_STEP: u64 = feel::Limits::STEPS_MAX;

/// FEEL steps that the expressions of one element take at most, all together.
pub(super) const FEEL_STEPS_PER_ELEMENT_MAX: u64 = feel::Limits::STEPS_MAX;

/// Tokens of one instance, waiting or on their way. A process that makes more of them than this makes them without end.
pub(super) const TOKENS_MAX: usize = 10_000;

/// Element instances of one instance up to which loops enter more items. Loops inside of loops reach any number.
pub(super) const ELEMENT_INSTANCES_MAX: usize = 250_000;

/// Bytes of an event besides the texts in it, roughly.
const EVENT_BYTES: usize = 64;

/// The expressions of an element have used up what they have together.
#[derive(Debug, thiserror::Error)]
#[error("the expressions of the element take too many steps together; loop over fewer items")]
pub(super) struct TooManySteps;

/// What is left of a step's allowance. Expressions are evaluated on a shared `Run`, hence the cells.
pub(super) struct Allowance {
    elements: u32,
    ends: u32,
    event_bytes: usize,
    feel_steps: Cell<u64>,
    element_feel_steps: Cell<u64>,
    evaluations: Cell<u64>,
}

impl Allowance {
    pub(super) fn new() -> Self {
        Self {
            elements: ELEMENTS_PER_STEP_MAX,
            ends: ENDS_PER_STEP_MAX,
            event_bytes: EVENT_BYTES_PER_STEP,
            feel_steps: Cell::new(FEEL_STEPS_PER_STEP),
            element_feel_steps: Cell::new(FEEL_STEPS_PER_ELEMENT_MAX),
            evaluations: Cell::new(0),
        }
    }

    /// Nothing is left: for the steps of an instance that is held. What one of them ends, ends whole: no step follows by
    /// itself.
    pub(super) fn of_held() -> Self {
        Self { elements: 0, ends: u32::MAX, ..Self::new() }
    }

    /// Whether the step has to stop before the next element.
    pub(super) fn is_spent(&self) -> bool {
        self.elements == 0 || self.event_bytes == 0 || self.feel_steps.get() == 0
    }

    /// Whether the step may look at another expression, also when it enters nothing any more.
    pub(super) fn has_room_to_evaluate(&self) -> bool {
        self.event_bytes > 0 && self.feel_steps.get() > 0
    }

    /// How many elements may still be entered.
    pub(super) fn elements_left(&self) -> u32 {
        self.elements
    }

    /// A token comes to another element, whose expressions have a limit of their own.
    pub(super) fn next_element(&mut self) {
        self.element_feel_steps.set(FEEL_STEPS_PER_ELEMENT_MAX);
    }

    /// An element is entered.
    pub(super) fn spend_element(&mut self) {
        self.elements = self.elements.saturating_sub(1);
    }

    /// An element instance is ended from outside.
    pub(super) fn spend_end(&mut self) {
        self.ends = self.ends.saturating_sub(1);
    }

    /// Whether the step may end another element instance.
    pub(super) fn has_room_to_end(&self) -> bool {
        self.ends > 0
    }

    /// How many element instances may still be ended.
    pub(super) fn ends_left(&self) -> usize {
        self.ends as usize
    }

    /// Whether a step ends all there is, because none follows by itself.
    pub(super) fn ends_everything(&self) -> bool {
        self.ends > ENDS_PER_STEP_MAX
    }

    /// An event is recorded.
    pub(super) fn spend_event(&mut self, event: &Event) {
        self.event_bytes = self.event_bytes.saturating_sub(EVENT_BYTES + event.text_bytes());
    }

    /// FEEL steps that the next expression may take.
    pub(super) fn feel_steps_left(&self) -> u64 {
        self.element_feel_steps.get()
    }

    /// An expression, or work like that of one, has taken so many steps.
    pub(super) fn spend_feel_steps(&self, steps: u64) {
        self.feel_steps.set(self.feel_steps.get().saturating_sub(steps));
        self.element_feel_steps.set(self.element_feel_steps.get().saturating_sub(steps));
    }

    /// Reading or writing so many bytes of JSON besides the evaluation of expressions counts as if they did it.
    pub(super) fn spend_json(&self, bytes: usize) -> Result<(), TooManySteps> {
        let steps = (bytes / feel::Limits::JSON_BYTES_PER_STEP) as u64;
        let is_left = steps <= self.feel_steps_left();
        self.spend_feel_steps(steps);
        if is_left { Ok(()) } else { Err(TooManySteps) }
    }

    /// The seed of the next evaluation: no two of a step have the same, or a loop would draw the same number in each turn.
    ///
    /// The count goes through SplitMix64's mixing, so that the sequences of neighbouring evaluations begin far apart.
    pub(super) fn next_seed(&self, seed: u64) -> u64 {
        let count = self.evaluations.get();
        self.evaluations.set(count + 1);
        let mixed = (count ^ (count >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        seed ^ mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_evaluations_have_the_same_seed() {
        let allowance = Allowance::new();
        let seeds: BTreeSet<u64> = (0..10_000).map(|_| allowance.next_seed(7)).collect();
        assert_eq!(seeds.len(), 10_000);
        assert_eq!(Allowance::new().next_seed(7), Allowance::new().next_seed(7));
    }
}
