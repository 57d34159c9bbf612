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
    /// The same for merges of some flows, which steps look through at their ends. Derived.
    merging: BTreeMap<(ElementInstanceKey, ElementIndex), usize>,
}

/// For what a token waits; nothing when it waits for `Continue` alone.
#[derive(Clone, Copy)]
enum WaitsFor {
    /// One on each of the flows of a join.
    Join(ElementIndex),
    /// Those that can still come to an inclusive or complex gateway.
    Merge(ElementIndex),
}

impl Tokens {
    /// Puts `count` more tokens at a place.
    pub(super) fn add(&mut self, place: TokenPlace, count: u32, process: &Process) {
        if count == 0 {
            return;
        }
        self.waiting += count as usize;
        let (scope, waits_for) = (place.scope, waits_for(&place, process));
        let there = self.places.entry(place).or_default();
        if *there == 0 {
            match waits_for {
                Some(WaitsFor::Join(join)) => *self.filled.entry((scope, join)).or_default() += 1,
                Some(WaitsFor::Merge(merge)) => *self.merging.entry((scope, merge)).or_default() += 1,
                None => {}
            }
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
            match waits_for(place, process) {
                Some(WaitsFor::Join(join)) => count_down(&mut self.filled, (place.scope, join)),
                Some(WaitsFor::Merge(merge)) => count_down(&mut self.merging, (place.scope, merge)),
                None => {}
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
            for counted in [&mut self.filled, &mut self.merging] {
                let gateways: Vec<_> = counted.range(of_scope.clone()).map(|(gateway, _)| *gateway).collect();
                for gateway in gateways {
                    counted.remove(&gateway);
                }
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

    /// The inclusive and complex gateways at which tokens wait, each with its scope.
    pub(super) fn merges(&self) -> impl Iterator<Item = (ElementInstanceKey, ElementIndex)> {
        self.merging.keys().copied()
    }

    pub(super) fn is_merging(&self, scope: ElementInstanceKey, merge: ElementIndex) -> bool {
        self.merging.contains_key(&(scope, merge))
    }

    pub(super) fn filled_flows(&self, scope: ElementInstanceKey, join: ElementIndex) -> usize {
        self.filled.get(&(scope, join)).copied().unwrap_or(0)
    }
}

fn count_down(
    counted: &mut BTreeMap<(ElementInstanceKey, ElementIndex), usize>,
    key: (ElementInstanceKey, ElementIndex),
) {
    if let Some(filled) = counted.get_mut(&key) {
        *filled -= 1;
        if *filled == 0 {
            counted.remove(&key);
        }
    }
}

fn waits_for(place: &TokenPlace, process: &Process) -> Option<WaitsFor> {
    let target = process.flow(process.flow_by_id(&place.flow)?).target;
    let element = process.element(target);
    if element.is_join() {
        Some(WaitsFor::Join(target))
    } else if element.is_merge_of_some() {
        Some(WaitsFor::Merge(target))
    } else {
        None
    }
}
