//! What the harness has to know of a model, whatever an engine makes of it.

use std::collections::BTreeMap;

use roxmltree::{Document, Node};

const BPMN: &str = "http://www.omg.org/spec/BPMN/20100524/MODEL";

/// Flow nodes, sequence flows and processes by their ids.
pub(super) struct Model<'a> {
    pub(super) processes: Vec<Scope<'a>>,
    pub(super) nodes: BTreeMap<&'a str, FlowNode<'a>>,
    pub(super) flows: BTreeMap<&'a str, Flow<'a>>,
    /// The targets of message flows that begin at a flow node, by the ids of the flows. Others are set off by a hand.
    pub(super) message_flows: BTreeMap<&'a str, &'a str>,
    /// Processes by the participants that they belong to.
    participants: BTreeMap<&'a str, &'a str>,
}

/// A process or sub-process: what is directly in it, in document order.
pub(super) struct Scope<'a> {
    pub(super) id: &'a str,
    pub(super) nodes: Vec<&'a str>,
    pub(super) flows: Vec<&'a str>,
    /// From compensation events to their handlers.
    pub(super) associations: Vec<(&'a str, &'a str)>,
}

pub(super) struct FlowNode<'a> {
    pub(super) id: &'a str,
    pub(super) kind: Kind,
    /// The local name of its element.
    pub(super) tag: &'a str,
    /// The process or sub-process that it is directly in.
    pub(super) scope: &'a str,
    pub(super) inner: Option<Scope<'a>>,
    pub(super) attached_to: Option<&'a str>,
    pub(super) is_interrupting: bool,
    pub(super) is_for_compensation: bool,
    pub(super) default_flow: Option<&'a str>,
    pub(super) events: Vec<EventDefinition<'a>>,
    pub(super) incoming: Vec<&'a str>,
    pub(super) outgoing: Vec<&'a str>,
}

pub(super) struct EventDefinition<'a> {
    /// Its local name without `EventDefinition`.
    pub(super) kind: &'a str,
    /// The signal, error or escalation that it refers to, or the activity that it compensates.
    pub(super) reference: Option<&'a str>,
    /// The name of a link.
    pub(super) name: &'a str,
}

pub(super) struct Flow<'a> {
    pub(super) scope: &'a str,
    pub(super) source: &'a str,
    pub(super) target: &'a str,
    pub(super) has_condition: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Start,
    End,
    Throw,
    Catch,
    Boundary,
    /// Any task but a receive task, and a call activity: what is inside it does not show.
    Task,
    Receive,
    SubProcess,
    EventSubProcess,
    Exclusive,
    Parallel,
    Inclusive,
    Complex,
    EventBased,
}

impl<'a> Model<'a> {
    pub(super) fn read(document: &'a Document<'a>) -> Self {
        let mut model = Self {
            processes: Vec::new(),
            nodes: BTreeMap::new(),
            flows: BTreeMap::new(),
            message_flows: BTreeMap::new(),
            participants: BTreeMap::new(),
        };
        for element in document.root_element().children().filter(is_bpmn) {
            match element.tag_name().name() {
                "process" => {
                    let scope = model.read_scope(element, id(element));
                    model.processes.push(scope);
                }
                "collaboration" => model.read_collaboration(element),
                _ => {}
            }
        }
        // A collaboration stands before the processes.
        let nodes = &model.nodes;
        let sources = document.descendants().filter(|element| is_named(element, "messageFlow"));
        let set_off_by_hand: Vec<&str> = sources
            .filter(|flow| !flow.attribute("sourceRef").is_some_and(|source| nodes.contains_key(source)))
            .map(id)
            .collect();
        model.message_flows.retain(|flow, _| !set_off_by_hand.contains(flow));
        let flows: Vec<_> = model.flows.iter().map(|(id, flow)| (*id, flow.source, flow.target)).collect();
        for (flow, source, target) in flows {
            if let Some(node) = model.nodes.get_mut(source) {
                node.outgoing.push(flow);
            }
            if let Some(node) = model.nodes.get_mut(target) {
                node.incoming.push(flow);
            }
        }
        model
    }

    fn read_collaboration(&mut self, element: Node<'a, 'a>) {
        for child in element.children().filter(is_bpmn) {
            match (child.tag_name().name(), child.attribute("processRef"), child.attribute("targetRef")) {
                ("participant", Some(process), _) => drop(self.participants.insert(id(child), process)),
                ("messageFlow", _, Some(target)) => drop(self.message_flows.insert(id(child), target)),
                _ => {}
            }
        }
    }

    fn read_scope(&mut self, element: Node<'a, 'a>, scope_id: &'a str) -> Scope<'a> {
        let mut scope =
            Scope { id: scope_id, nodes: Vec::new(), flows: Vec::new(), associations: Vec::new() };
        for child in element.children().filter(is_bpmn) {
            match child.tag_name().name() {
                "sequenceFlow" => {
                    let (Some(source), Some(target)) =
                        (child.attribute("sourceRef"), child.attribute("targetRef"))
                    else {
                        continue;
                    };
                    let has_condition = child.children().any(|child| is_named(&child, "conditionExpression"));
                    scope.flows.push(id(child));
                    self.flows.insert(id(child), Flow { scope: scope_id, source, target, has_condition });
                }
                "association" => {
                    if let (Some(source), Some(target)) =
                        (child.attribute("sourceRef"), child.attribute("targetRef"))
                    {
                        scope.associations.push((source, target));
                    }
                }
                _ => {
                    if let Some(kind) = kind_of(child) {
                        scope.nodes.push(id(child));
                        let node = self.read_node(child, kind, scope_id);
                        self.nodes.insert(id(child), node);
                    }
                }
            }
        }
        scope
    }

    fn read_node(&mut self, element: Node<'a, 'a>, kind: Kind, scope: &'a str) -> FlowNode<'a> {
        let is_not_false = |name| element.attribute(name) != Some("false");
        let is_scope = matches!(kind, Kind::SubProcess | Kind::EventSubProcess);
        FlowNode {
            id: id(element),
            kind,
            tag: element.tag_name().name(),
            scope,
            inner: is_scope.then(|| self.read_scope(element, id(element))),
            attached_to: element.attribute("attachedToRef"),
            is_interrupting: is_not_false("cancelActivity") && is_not_false("isInterrupting"),
            is_for_compensation: element.attribute("isForCompensation") == Some("true"),
            default_flow: element.attribute("default"),
            events: element.children().filter(is_bpmn).filter_map(event_definition).collect(),
            incoming: Vec::new(),
            outgoing: Vec::new(),
        }
    }

    /// The process that an id of the trace means: its own, or its participant's.
    pub(super) fn process(&self, id: &str) -> Option<&'a str> {
        let id = self.participants.get(id).copied().unwrap_or(id);
        self.processes.iter().map(|process| process.id).find(|process| *process == id)
    }

    pub(super) fn node(&self, id: &str) -> Option<&FlowNode<'a>> {
        self.nodes.get(id)
    }

    /// The process or sub-process that a flow node or sequence flow is directly in.
    pub(super) fn scope_of(&self, id: &str) -> Option<&'a str> {
        let node = self.nodes.get(id).map(|node| node.scope);
        node.or_else(|| self.flows.get(id).map(|flow| flow.scope))
    }

    /// Where a scope begins by BPMN's rules: at its none start events, and at all that has no incoming flow.
    pub(super) fn beginnings(&self, scope: &Scope<'a>) -> Vec<&'a str> {
        let nodes = scope.nodes.iter().filter_map(|id| self.nodes.get(id));
        nodes.filter(|node| node.is_beginning()).map(|node| node.id).collect()
    }
}

impl FlowNode<'_> {
    pub(super) fn has_event(&self, kind: &str) -> bool {
        self.events.iter().any(|event| event.kind == kind)
    }

    fn is_beginning(&self) -> bool {
        match self.kind {
            Kind::Start => self.events.is_empty(),
            Kind::Boundary | Kind::EventSubProcess => false,
            Kind::Catch => self.incoming.is_empty() && !self.has_event("link"),
            _ => self.incoming.is_empty() && !self.is_for_compensation,
        }
    }

    /// Whether the element is entered because something has happened, not because a token arrives.
    pub(super) fn happens(&self) -> bool {
        matches!(self.kind, Kind::Start | Kind::Boundary | Kind::EventSubProcess)
            || (self.kind == Kind::Catch && self.has_event("link"))
    }

    /// Whether only the engine can make the element's event happen.
    pub(super) fn happens_by_itself(&self) -> bool {
        self.has_event("cancel") || self.has_event("compensate")
    }

    /// Whether the element waits for work to be done or for a message: it is left when that is so.
    pub(super) fn is_work(&self) -> bool {
        matches!(self.kind, Kind::Task | Kind::Receive) || (self.throws() && self.has_event("message"))
    }

    /// Whether the element does something when it is entered that may end it.
    pub(super) fn throws(&self) -> bool {
        matches!(self.kind, Kind::End | Kind::Throw) && !self.events.is_empty()
    }

    /// Whether it ends what goes on around it. Token simulation lets tokens arrive that are on their way beside it.
    pub(super) fn ends_others(&self) -> bool {
        self.kind == Kind::End && ["error", "cancel", "terminate"].iter().any(|kind| self.has_event(kind))
    }

    /// Whether tokens may wait here for others.
    pub(super) fn is_merge(&self) -> bool {
        matches!(self.kind, Kind::Parallel | Kind::Inclusive | Kind::Complex) && self.incoming.len() > 1
    }
}

fn kind_of(element: Node<'_, '_>) -> Option<Kind> {
    Some(match element.tag_name().name() {
        "startEvent" => Kind::Start,
        "endEvent" => Kind::End,
        "intermediateThrowEvent" => Kind::Throw,
        "intermediateCatchEvent" => Kind::Catch,
        "boundaryEvent" => Kind::Boundary,
        "receiveTask" => Kind::Receive,
        "task" | "userTask" | "manualTask" | "serviceTask" | "scriptTask" | "businessRuleTask"
        | "sendTask" | "callActivity" => Kind::Task,
        "subProcess" if element.attribute("triggeredByEvent") == Some("true") => Kind::EventSubProcess,
        "subProcess" | "transaction" | "adHocSubProcess" => Kind::SubProcess,
        "exclusiveGateway" => Kind::Exclusive,
        "parallelGateway" => Kind::Parallel,
        "inclusiveGateway" => Kind::Inclusive,
        "complexGateway" => Kind::Complex,
        "eventBasedGateway" => Kind::EventBased,
        _ => return None,
    })
}

fn event_definition<'a>(element: Node<'a, 'a>) -> Option<EventDefinition<'a>> {
    let kind = element.tag_name().name().strip_suffix("EventDefinition")?;
    let reference = match kind {
        "signal" => "signalRef",
        "error" => "errorRef",
        "escalation" => "escalationRef",
        "compensate" => "activityRef",
        _ => "",
    };
    let name = element.attribute("name").unwrap_or_default();
    Some(EventDefinition { kind, reference: element.attribute(reference), name })
}

fn id<'a>(element: Node<'a, 'a>) -> &'a str {
    element.attribute("id").unwrap_or_default()
}

fn is_bpmn(element: &Node<'_, '_>) -> bool {
    element.tag_name().namespace() == Some(BPMN)
}

fn is_named(element: &Node<'_, '_>, name: &str) -> bool {
    is_bpmn(element) && element.tag_name().name() == name
}
