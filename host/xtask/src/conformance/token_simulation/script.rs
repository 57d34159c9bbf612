//! An expected trace, read: what happens in it, in which order, and where somebody outside has a hand in it.
//!
//! A trace tells of *scopes*: each token at an element or on a flow is one, with a letter of its own. Where token simulation
//! and BPMN engines speak differently of the same thing, the facts say it as engines do:
//! - a gateway that merges is entered once, when it goes on, not by each token that waits there;
//! - an activity that an event on its border interrupts is terminated, although the trace says `exit`;
//! - an event-based gateway is completed, and the event behind it entered, when that happens.

use std::collections::BTreeMap;

use anyhow::Context as _;

use super::fact::Fact;
use super::model::{Kind, Model};

/// What a run is driven by and compared with.
#[derive(Default)]
pub(super) struct Script {
    pub(super) facts: Vec<Fact>,
    /// Pairs of places in `facts`: the first one's fact cannot be before the second one's.
    pub(super) rests_on: Vec<(usize, usize)>,
    pub(super) cues: Vec<Cue>,
    /// The flows that each element takes, each time that it is left.
    pub(super) choices: BTreeMap<String, Vec<Vec<String>>>,
}

/// A place where something may have to be done for the run to go on.
pub(super) struct Cue {
    /// How many facts are before it.
    pub(super) after: usize,
    pub(super) what: What,
    pub(super) element: String,
    /// How often the same was before.
    pub(super) number: usize,
    /// The process instance, by the order of their starts.
    pub(super) instance: Option<usize>,
    /// Whether a hand outside does it, when nothing goes on by itself any longer.
    pub(super) is_from_outside: bool,
}

pub(super) enum What {
    /// The process starts, at these elements.
    Start(Vec<String>),
    /// The event happens.
    Happen,
    /// What the element waits for comes.
    Trigger,
    /// The element's work is done. The trace does not say that it waited, so others may be at work at the same time.
    Finish,
    /// The end event ends what is around it.
    End,
}

/// One line of a trace.
#[derive(Clone, Copy)]
pub(super) struct Line<'t> {
    action: &'t str,
    pub(super) element: &'t str,
    pub(super) scope: &'t str,
}

impl<'t> Line<'t> {
    pub(super) fn read(text: &'t str) -> anyhow::Result<Self> {
        let mut parts = text.splitn(3, ':');
        let mut part =
            || parts.next().with_context(|| format!("'{text}' is no line of the form ACTION:ELEMENT:SCOPE"));
        Ok(Self { action: part()?, element: part()?, scope: part()? })
    }

    /// Whether it begins something that has nothing around it.
    pub(super) fn begins_at_the_top(&self) -> bool {
        self.action == "createScope" && self.scope == "null"
    }
}

/// Whether a trace ends while the element of `next` waits there: each that comes takes the place of one that goes.
pub(super) fn leaves_open(lines: &[Line<'_>], next: &Line<'_>) -> bool {
    let count =
        |action| lines.iter().filter(|line| line.element == next.element && line.action == action).count();
    count("createScope") > count("destroyScope")
}

struct Scope<'t> {
    element: &'t str,
    letter: Option<&'t str>,
    parent: Option<usize>,
    /// The process instance around it.
    instance: Option<usize>,
    /// The fact that has led to it.
    cause: Option<usize>,
    has_arrived: bool,
    is_triggered: bool,
    is_interrupted: bool,
    entered: Option<usize>,
    left: Option<usize>,
}

struct Reader<'m, 't> {
    model: &'m Model<'m>,
    script: Script,
    scopes: Vec<Scope<'t>>,
    instances: usize,
    /// The scope that has just been left, while the flows from there are told.
    leaving: Option<usize>,
    /// The flow whose end was reached last, and that fact.
    arrived: Option<(&'t str, usize)>,
    /// Tokens that a merging gateway has taken, by scope and gateway.
    merged: BTreeMap<(Option<usize>, &'t str), Vec<usize>>,
    /// Event-based gateways of which an event is about to happen.
    decided: Vec<usize>,
    /// The last handler of a compensation that was left.
    compensated: Option<usize>,
    /// Where a message has come to along a message flow.
    addressed: Vec<&'m str>,
}

impl Script {
    pub(super) fn read(model: &Model<'_>, lines: &[Line<'_>]) -> Self {
        let mut reader = Reader {
            model,
            script: Self::default(),
            scopes: Vec::new(),
            instances: 0,
            leaving: None,
            arrived: None,
            merged: BTreeMap::new(),
            decided: Vec::new(),
            compensated: None,
            addressed: Vec::new(),
        };
        for (index, line) in lines.iter().enumerate() {
            reader.read_line(line, &lines[index + 1..]);
        }
        reader.script
    }
}

impl<'m, 't> Reader<'m, 't> {
    fn read_line(&mut self, line: &Line<'t>, rest: &[Line<'t>]) {
        let element = line.element;
        let is_flow = self.model.flows.contains_key(element);
        if let (Some(target), "signal") = (self.model.message_flows.get(element), line.action) {
            self.addressed.push(target);
        }
        // What only token simulation shows.
        if !is_flow && self.model.node(element).is_none() && self.model.process(element).is_none() {
            return;
        }
        if line.action == "createScope" {
            return self.create(element, line.scope);
        }
        if line.action == "enter" {
            return self.enter(element, line.scope);
        }
        let scope = self.own(element, line.scope);
        match line.action {
            "signal" => self.signal(scope, rest),
            "exit" if is_flow => self.take(scope),
            "exit" => self.exit(scope),
            "destroyScope" if !is_flow => self.destroy(scope, rest),
            _ => {}
        }
    }

    fn create(&mut self, element: &'t str, parent: &'t str) {
        let parent = (parent != "null").then(|| self.parent(element, parent));
        let mut cause = match self.arrived.take() {
            Some((flow, fact)) if self.model.flows[flow].target == element => Some(fact),
            _ => None,
        };
        if let (Some(leaving), true) = (self.leaving, self.model.flows.contains_key(element)) {
            cause = self.scopes[leaving].left;
            let choices = self.script.choices.entry(self.scopes[leaving].element.to_owned()).or_default();
            if let Some(flows) = choices.last_mut() {
                flows.push(element.to_owned());
            }
        }
        self.push(element, None, parent, cause);
    }

    fn push(
        &mut self,
        element: &'t str,
        letter: Option<&'t str>,
        parent: Option<usize>,
        cause: Option<usize>,
    ) -> usize {
        let instance = parent.and_then(|parent| self.scopes[parent].instance);
        self.scopes.push(Scope {
            element,
            letter,
            parent,
            instance,
            cause,
            has_arrived: false,
            is_triggered: false,
            is_interrupted: false,
            entered: None,
            left: None,
        });
        self.scopes.len() - 1
    }

    /// The scope with this letter. A letter that comes up for the first time belongs to the oldest scope of its element
    /// that has none.
    fn own(&mut self, element: &'t str, letter: &'t str) -> usize {
        self.find(letter, |_, scope| scope.element == element)
            .unwrap_or_else(|| self.push(element, Some(letter), None, None))
    }

    fn parent(&mut self, child: &'t str, letter: &'t str) -> usize {
        let container = self.model.scope_of(child);
        let of_container = |model: &Model<'_>, scope: &Scope<'_>| {
            let element = model.process(scope.element).unwrap_or(scope.element);
            Some(element) == container
        };
        self.find(letter, of_container).unwrap_or_else(|| self.push("", Some(letter), None, None))
    }

    fn find(&mut self, letter: &'t str, fits: impl Fn(&Model<'_>, &Scope<'t>) -> bool) -> Option<usize> {
        let known = self.scopes.iter().position(|scope| scope.letter == Some(letter));
        let found = known.or_else(|| {
            self.scopes.iter().position(|scope| scope.letter.is_none() && fits(self.model, scope))
        })?;
        self.scopes[found].letter = Some(letter);
        Some(found)
    }

    fn enter(&mut self, element: &'t str, parent: &'t str) {
        let parent = self.parent(element, parent);
        let is_meant = |scope: &Scope<'_>| {
            scope.element == element && scope.parent == Some(parent) && !scope.has_arrived
        };
        let Some(scope) = self.scopes.iter().position(is_meant) else { return };
        self.scopes[scope].has_arrived = true;
        if self.model.node(element).is_some_and(|node| !node.is_merge()) {
            self.entered(scope);
        }
    }

    fn signal(&mut self, scope: usize, rest: &[Line<'t>]) {
        let element = self.scopes[scope].element;
        if self.model.process(element).is_some() {
            return self.start(scope, rest);
        }
        let Some(node) = self.model.node(element) else { return };
        if self.scopes[scope].entered.is_some() {
            self.scopes[scope].is_triggered = true;
            // A throwing event goes on by itself when what it has thrown is dealt with, unless that is a message.
            if !node.throws() || node.is_work() {
                let number = self.count(|fact| fact.is_leaving(element));
                self.cue(scope, What::Trigger, number);
            }
            return;
        }
        if !node.happens_by_itself() && !self.compensates(element) {
            let number = self.count(|fact| matches!(fact, Fact::Entered(id) if id == element));
            self.cue(scope, What::Happen, number);
        }
        let parent = self.scopes[scope].parent;
        let gateway = self.decided.iter().position(|gateway| {
            self.scopes[*gateway].parent == parent && self.leads_to(self.scopes[*gateway].element, element)
        });
        if let Some(gateway) = gateway {
            let gateway = self.decided.remove(gateway);
            self.left(gateway, true);
            self.scopes[scope].cause = self.scopes[gateway].left;
        }
        if let Some(activity) = node.attached_to {
            let is_meant = |other: &Scope<'_>| {
                other.element == activity
                    && other.parent == parent
                    && other.entered.is_some()
                    && other.left.is_none()
            };
            if let Some(activity) = self.scopes.iter().position(is_meant) {
                self.scopes[scope].cause = self.scopes[activity].entered;
                self.scopes[activity].is_interrupted |= node.is_interrupting;
            }
        }
        self.entered(scope);
    }

    fn start(&mut self, scope: usize, rest: &[Line<'t>]) {
        let letter = self.scopes[scope].letter;
        let beginnings = rest
            .iter()
            .take_while(|line| line.action == "createScope" && Some(line.scope) == letter)
            .map(|line| line.element.to_owned())
            .collect();
        self.scopes[scope].instance = Some(self.instances);
        let number = self.instances;
        self.instances += 1;
        self.cue(scope, What::Start(beginnings), number);
        self.entered(scope);
    }

    /// A token has come along a flow.
    fn take(&mut self, scope: usize) {
        let flow = self.scopes[scope].element;
        let fact = self.fact(Fact::Took(flow.to_owned()), self.scopes[scope].cause);
        self.scopes[scope].left = Some(fact);
        self.arrived = Some((flow, fact));
    }

    fn exit(&mut self, scope: usize) {
        // What can be undone is left again when it has been.
        if self.scopes[scope].left.is_some() {
            return;
        }
        let element = self.scopes[scope].element;
        let node = self.model.node(element);
        if self.scopes[scope].entered.is_none() && node.is_some_and(|node| node.is_merge()) {
            self.entered(scope);
        }
        if node.is_some_and(|node| node.is_work()) && !self.scopes[scope].is_triggered {
            let number = self.count(|fact| fact.is_leaving(element));
            self.cue(scope, What::Finish, number);
        }
        self.left(scope, !self.scopes[scope].is_interrupted);
        self.script.choices.entry(element.to_owned()).or_default().push(Vec::new());
        self.leaving = Some(scope);
    }

    fn destroy(&mut self, scope: usize, rest: &[Line<'t>]) {
        if self.leaving == Some(scope) {
            self.leaving = None;
        }
        let Scope { element, parent, cause, entered, left, .. } = self.scopes[scope];
        if left.is_some() {
            return;
        }
        if entered.is_none() {
            if self.model.node(element).is_some_and(|node| node.is_merge()) {
                self.merged.entry((parent, element)).or_default().extend(cause);
            }
            return;
        }
        let goes_on = rest
            .first()
            .is_some_and(|line| line.action == "createScope" && self.leads_to(element, line.element));
        if self.model.node(element).is_some_and(|node| node.kind == Kind::EventBased) && goes_on {
            self.decided.push(scope);
        } else {
            self.left(scope, false);
        }
    }

    fn entered(&mut self, scope: usize) {
        let Scope { element, parent, cause, .. } = self.scopes[scope];
        let id = self.model.process(element).unwrap_or(element);
        let fact = self.fact(Fact::Entered(id.to_owned()), cause);
        self.scopes[scope].entered = Some(fact);
        let around = parent.and_then(|parent| self.scopes[parent].entered);
        let tokens = self.merged.remove(&(parent, element)).unwrap_or_default();
        let before = if self.compensates(element) { self.compensated } else { None };
        let earlier = around.into_iter().chain(tokens).chain(before);
        self.script.rests_on.extend(earlier.map(|earlier| (fact, earlier)));
    }

    fn left(&mut self, scope: usize, completed: bool) {
        let Scope { element, entered, .. } = self.scopes[scope];
        let throws = self.model.node(element).is_some_and(|node| node.throws());
        if self.model.node(element).is_some_and(|node| node.ends_others()) {
            let number = self.count(|fact| fact.is_leaving(element));
            self.cue(scope, What::End, number);
        }
        let id = self.model.process(element).unwrap_or(element);
        let fact = self.fact(Fact::left(id, throws, completed), entered);
        self.scopes[scope].left = Some(fact);
        if completed {
            let inner = self.scopes.iter().filter(|inner| inner.parent == Some(scope));
            self.script.rests_on.extend(inner.filter_map(|inner| inner.left).map(|earlier| (fact, earlier)));
        }
        if self.compensates(element) {
            self.compensated = Some(fact);
        }
    }

    fn compensates(&self, element: &str) -> bool {
        self.model.node(element).is_some_and(|node| {
            let mut starts = node.inner.iter().flat_map(|inner| &inner.nodes);
            node.is_for_compensation
                || (node.kind == Kind::EventSubProcess
                    && starts.any(|id| {
                        self.model
                            .node(id)
                            .is_some_and(|start| start.kind == Kind::Start && start.has_event("compensate"))
                    }))
        })
    }

    fn leads_to(&self, source: &str, target: &str) -> bool {
        self.model.flows.values().any(|flow| flow.source == source && flow.target == target)
    }

    fn fact(&mut self, fact: Fact, rests_on: Option<usize>) -> usize {
        let place = self.script.facts.len();
        self.script.facts.push(fact);
        self.script.rests_on.extend(rests_on.map(|earlier| (place, earlier)));
        place
    }

    fn count(&self, is_meant: impl Fn(&Fact) -> bool) -> usize {
        self.script.facts.iter().filter(|fact| is_meant(fact)).count()
    }

    fn cue(&mut self, scope: usize, what: What, number: usize) {
        let Scope { element, instance, .. } = self.scopes[scope];
        let is_addressed = |target: &&str| match &what {
            What::Start(beginnings) => beginnings.iter().any(|beginning| beginning == target),
            // An event sub-process happens when its start event does.
            What::Happen => *target == element || self.model.scope_of(target) == Some(element),
            _ => *target == element,
        };
        let addressed = self.addressed.iter().position(is_addressed);
        if let Some(addressed) = addressed {
            self.addressed.remove(addressed);
        }
        let is_from_outside = addressed.is_none() && !matches!(what, What::Finish | What::End);
        let element = self.model.process(element).unwrap_or(element).to_owned();
        let after = self.script.facts.len();
        self.script.cues.push(Cue { after, what, element, number, instance, is_from_outside });
    }
}
