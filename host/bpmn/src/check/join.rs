//! Parallel gateways that wait for ever.
//!
//! A join goes on when there is a token on each of its flows. So for each two of them there has to be a moment at which
//! both have one. Which flows can have tokens at the same time is found by playing through what can happen, for two
//! tokens at a time: two begin where the model forks, or where a non-interrupting event happens, and then each goes on
//! by itself. That finds at least what is possible, so a join that is warned of never goes on.

use std::collections::HashSet;

use crate::findings::Occasion;
use crate::model::{
    BoundaryEvent, Element, ElementIndex, ElementKind, FlowIndex, SequenceFlow, SubProcess, Thrown,
};
use crate::outline::Outline;
use crate::reading::Reading;
use crate::rule;
use crate::xml::{NodeExt, describe};

/// The most flows of a scope whose joins are looked at: pairs of them are kept.
const FLOWS_MAX: usize = 1 << 10;

/// The most steps that looking at the joins of a process may take. Those for which none are left are not looked at.
const STEPS_MAX: usize = 1 << 22;

/// Warns of joins that never go on.
pub(super) fn check(
    reading: &mut Reading<'_>,
    outline: &Outline<'_>,
    elements: &[Element],
    flows: &[SequenceFlow],
) {
    // Whoever loads a model again has heard it when the model was deployed.
    if reading.findings.occasion() == Occasion::Loading {
        return;
    }
    let mut joins = vec![Vec::new(); elements.len()];
    for (index, element) in (0_u32..).zip(elements).filter(|(_, element)| element.is_join()) {
        joins[element.parent.0 as usize].push(ElementIndex(index));
    }
    let mut sizes = vec![0; elements.len()];
    let numbers: Vec<usize> = flows
        .iter()
        .map(|flow| {
            let size = &mut sizes[elements[flow.source.0 as usize].parent.0 as usize];
            *size += 1;
            *size - 1
        })
        .collect();
    let mut steps_left = STEPS_MAX;
    for (scope, (joins, size)) in joins.into_iter().zip(sizes).enumerate() {
        let is_ad_hoc = matches!(elements[scope].kind, ElementKind::SubProcess(SubProcess::AdHoc(_)));
        if joins.is_empty() || is_ad_hoc || size > FLOWS_MAX {
            continue;
        }
        let Some(left) = steps_left.checked_sub(size * size) else { return };
        let mut play = Play::new(elements, flows, &numbers, size, left);
        play.run(begins(outline, ElementIndex(scope as u32)));
        let Some(left) = play.steps_left else { return };
        steps_left = left;
        for join in joins {
            warn(reading, outline, &play, join);
        }
    }
}

/// Where tokens begin in a scope, one for each instance of it.
fn begins(outline: &Outline<'_>, scope: ElementIndex) -> Vec<ElementIndex> {
    let mut begins = outline.node(scope).start_events.clone();
    if scope == ElementIndex::PROCESS {
        let children = outline.node(scope).children.iter().copied();
        begins.extend(children.filter(|child| outline.node(*child).instantiates()));
    }
    begins
}

fn warn(reading: &mut Reading<'_>, outline: &Outline<'_>, play: &Play<'_>, join: ElementIndex) {
    let node = outline.node(join).node;
    let incoming = &play.elements[join.0 as usize].incoming;
    let is_reached = |flow: &&FlowIndex| play.reached[play.number(**flow)];
    // One that no token comes to at all is unreachable, which is another rule.
    let Some(reached) = incoming.iter().find(is_reached) else { return };
    let id = |flow: FlowIndex| outline.flow(flow).id;
    let message = if let Some(unreached) = incoming.iter().find(|flow| !is_reached(flow)) {
        format!("{} waits for ever: no token comes over `{}`", describe(node), id(*unreached))
    } else if let Some((first, second)) = play.apart(incoming) {
        format!(
            "{} waits for ever: tokens never come over both `{}` and `{}`",
            describe(node),
            id(first),
            id(second)
        )
    } else {
        debug_assert!(play.can_go_on(join), "{reached:?}");
        return;
    };
    reading.findings.warning(rule::JOIN_NEVER_COMPLETES, node.place(), message);
}

/// What can happen in one scope.
struct Play<'p> {
    elements: &'p [Element],
    flows: &'p [SequenceFlow],
    /// The number of each flow among those of its scope.
    numbers: &'p [usize],
    /// How many flows the scope has.
    size: usize,
    /// Flows that can have a token.
    reached: Vec<bool>,
    /// Pairs of flows that can have a token each at the same time.
    together: Vec<bool>,
    open_flows: Vec<FlowIndex>,
    open_pairs: Vec<(FlowIndex, FlowIndex)>,
    entered: HashSet<ElementIndex>,
    /// `None` when there were too few.
    steps_left: Option<usize>,
}

impl<'p> Play<'p> {
    fn new(
        elements: &'p [Element],
        flows: &'p [SequenceFlow],
        numbers: &'p [usize],
        size: usize,
        steps: usize,
    ) -> Self {
        Self {
            elements,
            flows,
            numbers,
            size,
            reached: vec![false; size],
            together: vec![false; size * size],
            open_flows: Vec::new(),
            open_pairs: Vec::new(),
            entered: HashSet::new(),
            steps_left: Some(steps),
        }
    }

    fn run(&mut self, begins: Vec<ElementIndex>) {
        for begin in begins {
            self.enter(begin);
        }
        while self.steps_left.is_some() {
            if let Some(flow) = self.open_flows.pop() {
                self.arrive(flow);
            } else if let Some((first, second)) = self.open_pairs.pop() {
                self.go_on_beside(first, second);
                self.go_on_beside(second, first);
                self.arrive(first);
            } else {
                return;
            }
        }
    }

    /// A token is at the end of `flow`.
    fn arrive(&mut self, flow: FlowIndex) {
        let target = self.flows[flow.0 as usize].target;
        if self.can_go_on(target) {
            self.enter(target);
        }
    }

    /// A token goes on from the end of `flow`, while there is another on `beside`.
    fn go_on_beside(&mut self, flow: FlowIndex, beside: FlowIndex) {
        let target = &self.elements[self.flows[flow.0 as usize].target.0 as usize];
        if target.is_join() {
            self.spend(target.incoming.len());
            if !target.incoming.iter().all(|incoming| self.are_together(*incoming, beside)) {
                return;
            }
        }
        for (exit, _) in exits(self.elements, self.flows[flow.0 as usize].target) {
            self.add_pair(exit, beside);
        }
    }

    /// A token is at `element` and leaves it in every way that it can.
    fn enter(&mut self, element: ElementIndex) {
        if !self.entered.insert(element) {
            return;
        }
        let exits = exits(self.elements, element);
        for (index, (flow, way)) in exits.iter().enumerate() {
            self.spend(index + 1);
            let number = self.number(*flow);
            if !std::mem::replace(&mut self.reached[number], true) {
                self.open_flows.push(*flow);
            }
            for (other, other_way) in &exits[..index] {
                if way.goes_with(other_way) {
                    self.add_pair(*flow, *other);
                }
            }
            if way.repeats() {
                self.add_pair(*flow, *flow);
            }
            if self.steps_left.is_none() {
                return;
            }
        }
    }

    fn add_pair(&mut self, first: FlowIndex, second: FlowIndex) {
        self.spend(1);
        let size = self.size;
        let (a, b) = (self.number(first), self.number(second));
        if !std::mem::replace(&mut self.together[a * size + b], true) {
            self.together[b * size + a] = true;
            self.open_pairs.push((first, second));
        }
    }

    fn are_together(&self, first: FlowIndex, second: FlowIndex) -> bool {
        self.together[self.number(first) * self.size + self.number(second)]
    }

    /// Whether there can be a token on each flow that `element` waits for.
    fn can_go_on(&self, element: ElementIndex) -> bool {
        let element = &self.elements[element.0 as usize];
        !element.is_join() || self.apart(&element.incoming).is_none()
    }

    /// Two of `flows` that cannot have tokens at the same time.
    fn apart(&self, flows: &[FlowIndex]) -> Option<(FlowIndex, FlowIndex)> {
        flows.iter().enumerate().find_map(|(index, first)| {
            let second = flows[index + 1..].iter().find(|second| !self.are_together(*first, **second))?;
            Some((*first, *second))
        })
    }

    fn number(&self, flow: FlowIndex) -> usize {
        self.numbers[flow.0 as usize]
    }

    fn spend(&mut self, steps: usize) {
        self.steps_left = self.steps_left.and_then(|left| left.checked_sub(steps));
    }
}

/// How a token leaves an element over a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// When the element is done, over all flows or over some of them.
    Fork,
    /// When the element is done, over one flow.
    Choice,
    /// When the numbered event interrupts it.
    Interrupted(usize),
    /// When the event happens, and the element goes on.
    Beside,
}

impl Way {
    /// Whether tokens can leave over both.
    fn goes_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Beside, _) | (_, Self::Beside) => true,
            (Self::Fork, Self::Fork) => true,
            (Self::Interrupted(event), Self::Interrupted(other)) => event == other,
            _ => false,
        }
    }

    /// Whether tokens can leave over it several times.
    fn repeats(&self) -> bool {
        *self == Self::Beside
    }
}

/// The flows over which a token can leave `index`, and how.
fn exits(elements: &[Element], index: ElementIndex) -> Vec<(FlowIndex, Way)> {
    let element = &elements[index.0 as usize];
    let way = match element.kind {
        ElementKind::ExclusiveGateway { .. } | ElementKind::EventBasedGateway(_) => Way::Choice,
        _ => Way::Fork,
    };
    let mut exits: Vec<_> = element.outgoing.iter().map(|flow| (*flow, way)).collect();
    if let ElementKind::ThrowEvent(event) = &element.kind {
        for thrown in &event.throws {
            if let Thrown::Link { target } = thrown {
                exits.extend(elements[target.0 as usize].outgoing.iter().map(|flow| (*flow, Way::Fork)));
            }
        }
    }
    for (number, event) in element.boundary_events.iter().enumerate() {
        let event = &elements[event.0 as usize];
        let way = match event.kind {
            ElementKind::BoundaryEvent(BoundaryEvent { interrupting: false, .. }) => Way::Beside,
            _ => Way::Interrupted(number),
        };
        exits.extend(event.outgoing.iter().map(|flow| (*flow, way)));
    }
    exits
}
