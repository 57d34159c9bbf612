//! From where tokens can come to a gateway that merges some of its flows.
//!
//! An inclusive gateway waits while a token is under way that could still reach it over a flow on which none has come.
//! Who that is depends on the model alone, so it is found once, when the model is read.

use std::collections::{BTreeMap, HashMap};

use super::{Element, ElementIndex, ElementKind, FlowIndex, SequenceFlow, Thrown};

/// The most steps over flows that finding the sets of one process may take, and the most words of memory for them.
///
/// It is enough for a merge of 400 flows in a scope of 20,000 elements.
const UPSTREAM_STEPS_MAX: usize = 1 << 24;

/// For each flow that ends at a merge, the elements of the same scope from which a token can come over it without
/// passing the merge.
#[derive(Debug, Default)]
pub(crate) struct Upstream {
    /// The number of each element among those of its scope.
    numbers: Vec<u32>,
    sets: BTreeMap<FlowIndex, BitSet>,
}

/// The merges of a process and the elements before them are too many.
#[derive(Debug)]
pub(crate) struct TooMany {
    /// The first merge whose sets were not found.
    pub(crate) merge: ElementIndex,
}

impl Upstream {
    /// The sets of all merges of a process.
    pub(crate) fn find(elements: &[Element], flows: &[SequenceFlow]) -> Result<Self, TooMany> {
        let merges = || (0_u32..).zip(elements).filter(|(_, element)| element.is_merge_of_some());
        if merges().next().is_none() {
            return Ok(Self::default());
        }
        let (numbers, scope_sizes) = numbers(elements);
        let search = Search { elements, flows, numbers: &numbers, links: links(elements) };
        let mut sets = BTreeMap::new();
        let mut steps_left = UPSTREAM_STEPS_MAX;
        for (index, merge) in merges() {
            let index = ElementIndex(index);
            let size = scope_sizes[merge.parent.0 as usize];
            for flow in &merge.incoming {
                let set = search.before(*flow, index, size, &mut steps_left);
                sets.insert(*flow, set.ok_or(TooMany { merge: index })?);
            }
        }
        Ok(Self { numbers, sets })
    }

    /// Whether `at`, an element of the scope of the merge where `flow` ends, is in the set of `flow`.
    pub(crate) fn holds(&self, flow: FlowIndex, at: ElementIndex) -> bool {
        self.sets.get(&flow).is_some_and(|set| set.holds(self.numbers[at.0 as usize]))
    }
}

/// The number of each element among those of its scope, and how many each scope has.
fn numbers(elements: &[Element]) -> (Vec<u32>, Vec<u32>) {
    let mut sizes = vec![0_u32; elements.len()];
    let numbers = elements
        .iter()
        .map(|element| {
            let size = &mut sizes[element.parent.0 as usize];
            *size += 1;
            *size - 1
        })
        .collect();
    (numbers, sizes)
}

/// The link throw events that lead to each link catch event.
fn links(elements: &[Element]) -> HashMap<ElementIndex, Vec<ElementIndex>> {
    let mut links: HashMap<ElementIndex, Vec<ElementIndex>> = HashMap::new();
    for (index, element) in (0_u32..).zip(elements) {
        let ElementKind::ThrowEvent(event) = &element.kind else { continue };
        for thrown in &event.throws {
            if let Thrown::Link { target } = thrown {
                links.entry(*target).or_default().push(ElementIndex(index));
            }
        }
    }
    links
}

struct Search<'s> {
    elements: &'s [Element],
    flows: &'s [SequenceFlow],
    numbers: &'s [u32],
    links: HashMap<ElementIndex, Vec<ElementIndex>>,
}

impl Search<'_> {
    /// What lies before `flow` and not behind `merge`; `None` when no steps are left.
    fn before(
        &self,
        flow: FlowIndex,
        merge: ElementIndex,
        scope_size: u32,
        steps_left: &mut usize,
    ) -> Option<BitSet> {
        let mut set = BitSet::new(scope_size);
        *steps_left = steps_left.checked_sub(set.words.len())?;
        let mut open = vec![self.flows[flow.0 as usize].source];
        while let Some(index) = open.pop() {
            if index == merge || !set.insert(self.numbers[index.0 as usize]) {
                continue;
            }
            let element = &self.elements[index.0 as usize];
            let links = self.links.get(&index).map_or(&[][..], Vec::as_slice);
            *steps_left = steps_left.checked_sub(1 + element.incoming.len() + links.len())?;
            open.extend(element.incoming.iter().map(|flow| self.flows[flow.0 as usize].source));
            open.extend(links);
            if let ElementKind::BoundaryEvent(event) = &element.kind {
                open.push(event.attached_to);
            }
        }
        Some(set)
    }
}

#[derive(Debug)]
struct BitSet {
    words: Box<[u64]>,
}

impl BitSet {
    fn new(size: u32) -> Self {
        Self { words: vec![0; size.div_ceil(u64::BITS) as usize].into() }
    }

    fn holds(&self, number: u32) -> bool {
        self.words
            .get((number / u64::BITS) as usize)
            .is_some_and(|word| word & (1 << (number % u64::BITS)) != 0)
    }

    /// Whether it is new.
    fn insert(&mut self, number: u32) -> bool {
        let (word, bit) = (&mut self.words[(number / u64::BITS) as usize], 1 << (number % u64::BITS));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}
