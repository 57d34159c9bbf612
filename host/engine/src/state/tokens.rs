//! Tokens that wait, counted where steps ask for them: in all, and for each join.

use std::collections::BTreeMap;

use bpmn::Process;
use bpmn::model::ElementIndex;
use types::{ElementInstanceKey, SharedStr};

use super::TokenPlace;

/// The waiting tokens of an instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tokens {
    places: BTreeMap<TokenPlace, u32>,
    /// How many tokens wait in all. Derived.
    waiting: usize,
    /// How many of a join's flows have a token: a wide join is not looked through for each that arrives. Derived.
    filled: BTreeMap<(ElementInstanceKey, ElementIndex), usize>,
}

impl Tokens {
    /// Puts `count` more tokens at a place.
    pub(super) fn add(&mut self, place: TokenPlace, count: u32, process: &Process) {
        if count == 0 {
            return;
        }
        self.waiting += count as usize;
        let join = join_of(&place, process);
        let there = self.places.entry(place).or_default();
        if *there == 0
            && let Some(join) = join
        {
            *self.filled.entry(join).or_default() += 1;
        }
        *there += count;
    }

    /// Takes one token from a place. Whether there was one.
    pub(super) fn take(&mut self, place: &TokenPlace, process: &Process) -> bool {
        let Some(there) = self.places.get_mut(place) else { return false };
        self.waiting -= 1;
        *there -= 1;
        if *there == 0 {
            self.places.remove(place);
            if let Some(join) = join_of(place, process)
                && let Some(filled) = self.filled.get_mut(&join)
            {
                *filled -= 1;
                if *filled == 0 {
                    self.filled.remove(&join);
                }
            }
        }
        true
    }

    /// Takes all tokens of a scope, and gives their places.
    pub(super) fn take_scope(&mut self, scope: ElementInstanceKey) -> Vec<TokenPlace> {
        let places: Vec<TokenPlace> = self.in_scope(scope).cloned().collect();
        for place in &places {
            self.waiting -= self.places.remove(place).map_or(0, |count| count as usize);
        }
        if !places.is_empty() {
            let of_scope = (scope, ElementIndex(0))..=(scope, ElementIndex(u32::MAX));
            let joins: Vec<_> = self.filled.range(of_scope).map(|(join, _)| *join).collect();
            for join in joins {
                self.filled.remove(&join);
            }
        }
        places
    }

    /// The places in a scope where tokens wait.
    pub(super) fn in_scope(&self, scope: ElementInstanceKey) -> impl Iterator<Item = &TokenPlace> {
        // Where none wait, nothing is put together to look for them.
        let first = (!self.places.is_empty()).then(|| TokenPlace { scope, flow: SharedStr::default() });
        first
            .into_iter()
            .flat_map(|first| self.places.range(first..))
            .map(|(place, _)| place)
            .take_while(move |place| place.scope == scope)
    }

    pub(super) fn at(&self, place: &TokenPlace) -> u32 {
        self.places.get(place).copied().unwrap_or(0)
    }

    pub(super) fn has_any_at(&self, place: &TokenPlace) -> bool {
        self.places.contains_key(place)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&TokenPlace, u32)> {
        self.places.iter().map(|(place, count)| (place, *count))
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    pub(super) fn filled_flows(&self, scope: ElementInstanceKey, join: ElementIndex) -> usize {
        self.filled.get(&(scope, join)).copied().unwrap_or(0)
    }
}

/// The join for which a token waits there; `None` when it waits for `Continue` alone.
fn join_of(place: &TokenPlace, process: &Process) -> Option<(ElementInstanceKey, ElementIndex)> {
    let target = process.flow(process.flow_by_id(&place.flow)?).target;
    process.element(target).is_join().then_some((place.scope, target))
}
