//! The model with all that an engine needs besides: names, conditions, job types, correlation keys, times.
//!
//! Written anew from what was read, for every model by the same rules:
//! - tasks and message throw events are jobs, call activities call, so that the trace decides how long they take;
//! - each catching message event has a message of its own: token simulation does not match messages by name;
//! - signals, errors and escalations match when they refer to the same, or to nothing;
//! - what catches an event and does not say which catches a message; ad-hoc sub-processes are sub-processes;
//! - a link to nowhere is left out: there is nothing that it could do;
//! - an escalation event on the border of a task catches a message: the job of a task cannot escalate;
//! - an end event that ends what is around it is held by a listener, until the trace says that it is left;
//! - an element that chooses among its flows asks a listener which ones, each time;
//! - where a scope begins at several elements, or at what is no start event, as BPMN allows, a start event before them says so.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::model::{EventDefinition, FlowNode, Kind, Model, Scope};
use super::script::{Script, What};

/// The job type of listeners that say which flows are taken.
pub(super) const CHOICE: &str = "choice";

/// The job type of listeners that hold what ends others until the trace goes on there.
pub(super) const HOLD: &str = "hold";

/// The code or name of what refers to nothing.
const NOTHING: &str = "nothing";

pub(super) struct Rewritten {
    pub(super) xml: String,
    /// Start events that stand for other beginnings of a process, by the process and those.
    pub(super) beginnings: BTreeMap<(String, Vec<String>), String>,
    /// Elements and flows that the model does not have.
    pub(super) supplied: BTreeSet<String>,
}

struct Writer<'m> {
    model: &'m Model<'m>,
    /// Messages, signals, errors and escalations, as XML.
    roots: BTreeSet<String>,
    rewritten: Rewritten,
    /// Start events that follow a supplied one.
    followers: BTreeSet<String>,
    /// None start events of a process beyond its first: messages start those.
    alternatives: BTreeSet<String>,
}

/// The variable that says whether a flow is taken, or a condition holds: ids of models may be no names in FEEL.
pub(super) fn variable(id: &str) -> String {
    let hex: String = id.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("v{hex}")
}

pub(super) fn rewrite(model: &Model<'_>, script: &Script) -> Rewritten {
    let rewritten = Rewritten { xml: String::new(), beginnings: BTreeMap::new(), supplied: BTreeSet::new() };
    let mut writer = Writer {
        model,
        roots: BTreeSet::new(),
        rewritten,
        followers: BTreeSet::new(),
        alternatives: BTreeSet::new(),
    };
    let mut processes = String::new();
    for process in &model.processes {
        writer.process(&mut processes, process, script);
    }
    let roots: String = writer.roots.into_iter().collect();
    writer.rewritten.xml = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="definitions" targetNamespace="urn:token-simulation">
{roots}{processes}</definitions>
"#
    );
    writer.rewritten
}

impl Writer<'_> {
    fn process(&mut self, out: &mut String, process: &Scope<'_>, script: &Script) {
        let mut beginnings: BTreeSet<Vec<String>> = script
            .cues
            .iter()
            .filter(|cue| cue.element == process.id)
            .filter_map(|cue| match &cue.what {
                What::Start(elements) => Some(elements.clone()),
                _ => None,
            })
            .collect();
        let has_start = process.nodes.iter().any(|id| self.is_start(id));
        if beginnings.is_empty() && !has_start {
            beginnings.insert(self.model.beginnings(process).into_iter().map(str::to_owned).collect());
        }
        let several = beginnings.iter().filter(|elements| !self.is_one_start(elements));
        let followers = several.flatten().filter(|id| self.is_start(id)).cloned();
        self.followers.extend(followers.collect::<Vec<_>>());
        // A start event that follows a supplied one in one case needs one of its own in another.
        let mut supplied: Vec<Vec<String>> = beginnings.into_iter().collect();
        supplied.retain(|elements| !self.is_one_start(elements) || self.followers.contains(&elements[0]));
        // A process has one none start event. Messages start the others.
        let none_starts = process.nodes.iter().filter(|id| {
            self.model.node(id).is_some_and(|node| node.kind == Kind::Start && node.events.is_empty())
                && !self.followers.contains(**id)
        });
        let others = none_starts.skip(usize::from(supplied.is_empty())).map(|id| (*id).to_owned());
        self.alternatives.extend(others.collect::<Vec<_>>());
        writeln_to(out, format_args!(r#"<process id="{}" isExecutable="true">"#, text(process.id)));
        for (number, elements) in supplied.into_iter().enumerate() {
            let start = self.supply_start(out, process.id, number, &elements, number > 0);
            self.rewritten.beginnings.insert((process.id.to_owned(), elements), start);
        }
        self.contents(out, process);
        writeln_to(out, format_args!("</process>"));
    }

    fn is_start(&self, id: &str) -> bool {
        self.model.node(id).is_some_and(|node| node.kind == Kind::Start)
    }

    fn is_one_start(&self, elements: &[String]) -> bool {
        matches!(elements, [only] if self.is_start(only))
    }

    /// A start event that leads to `elements`. Its id.
    fn supply_start(
        &mut self,
        out: &mut String,
        scope: &str,
        number: usize,
        elements: &[String],
        by_message: bool,
    ) -> String {
        let start = format!("supplied_start_{number}_of_{scope}");
        writeln_to(out, format_args!(r#"<startEvent id="{}">"#, text(&start)));
        if by_message {
            self.message(out, &start);
        }
        writeln_to(out, format_args!("</startEvent>"));
        for element in elements {
            let flow = format!("supplied_flow_{number}_to_{element}");
            writeln_to(
                out,
                format_args!(
                    r#"<sequenceFlow id="{}" sourceRef="{}" targetRef="{}" />"#,
                    text(&flow),
                    text(&start),
                    text(element)
                ),
            );
            self.rewritten.supplied.insert(flow);
        }
        self.rewritten.supplied.insert(start.clone());
        start
    }

    fn contents(&mut self, out: &mut String, scope: &Scope<'_>) {
        for node in scope.nodes.iter().filter_map(|id| self.model.node(id)) {
            self.node(out, node);
        }
        for id in &scope.flows {
            self.flow(out, id);
        }
        for (number, (source, target)) in scope.associations.iter().enumerate() {
            // Others lead to annotations.
            if self.model.node(source).is_some_and(|node| node.kind == Kind::Boundary) {
                writeln_to(
                    out,
                    format_args!(
                        r#"<association id="association_{number}_in_{}" associationDirection="One" sourceRef="{}" targetRef="{}" />"#,
                        text(scope.id),
                        text(source),
                        text(target)
                    ),
                );
            }
        }
    }

    fn flow(&self, out: &mut String, id: &str) {
        let flow = &self.model.flows[id];
        let head = format!(
            r#"<sequenceFlow id="{}" sourceRef="{}" targetRef="{}""#,
            text(id),
            text(flow.source),
            text(flow.target)
        );
        let source = self.model.node(flow.source);
        let is_chosen = source.is_some_and(|source| {
            source.default_flow != Some(id)
                && (self.chooses_on_entering(source)
                    || (self.chooses_on_leaving(source) && flow.has_condition))
        });
        if is_chosen {
            let condition = format!("= {} = true", variable(id));
            writeln_to(
                out,
                format_args!(
                    r#"{head}><conditionExpression xsi:type="tFormalExpression">{condition}</conditionExpression></sequenceFlow>"#
                ),
            );
        } else {
            writeln_to(out, format_args!("{head} />"));
        }
    }

    fn chooses_on_entering(&self, node: &FlowNode<'_>) -> bool {
        matches!(node.kind, Kind::Exclusive | Kind::Inclusive | Kind::Complex) && node.outgoing.len() > 1
    }

    fn chooses_on_leaving(&self, node: &FlowNode<'_>) -> bool {
        let is_activity = matches!(node.kind, Kind::Task | Kind::Receive | Kind::SubProcess);
        is_activity && node.outgoing.iter().any(|flow| self.model.flows[flow].has_condition)
    }

    fn node(&mut self, out: &mut String, node: &FlowNode<'_>) {
        let is_follower = self.followers.contains(node.id);
        let tag = match node.tag {
            "task" | "manualTask" => "serviceTask",
            "adHocSubProcess" => "subProcess",
            "startEvent" if is_follower => "intermediateThrowEvent",
            tag => tag,
        };
        let mut head = format!(r#"<{tag} id="{}""#, text(node.id));
        if let Some(activity) = node.attached_to {
            write_to(&mut head, format_args!(r#" attachedToRef="{}""#, text(activity)));
        }
        if let Some(flow) = node.default_flow {
            write_to(&mut head, format_args!(r#" default="{}""#, text(flow)));
        }
        let flag = match node.kind {
            Kind::Boundary if !node.is_interrupting => r#" cancelActivity="false""#,
            Kind::Start if !node.is_interrupting => r#" isInterrupting="false""#,
            Kind::EventSubProcess => r#" triggeredByEvent="true""#,
            _ if node.is_for_compensation => r#" isForCompensation="true""#,
            _ => "",
        };
        head.push_str(flag);
        if node.kind == Kind::Receive {
            let message = self.message_root(node.id);
            write_to(&mut head, format_args!(r#" messageRef="{message}""#));
        }
        writeln_to(out, format_args!("{head}>"));
        self.extensions(out, node);
        if self.alternatives.contains(node.id) || self.catches_what_it_does_not_say(node) {
            self.message(out, node.id);
        }
        if !is_follower {
            for event in &node.events {
                if !self.leads_nowhere(node, event) {
                    self.event(out, node, event);
                }
            }
        }
        if let Some(inner) = &node.inner {
            self.sub_process_start(out, inner, node.kind);
            self.contents(out, inner);
        }
        writeln_to(out, format_args!("</{tag}>"));
    }

    fn catches_what_it_does_not_say(&self, node: &FlowNode<'_>) -> bool {
        let catches = matches!(node.kind, Kind::Catch | Kind::Boundary)
            || (node.kind == Kind::Start
                && self.model.node(node.scope).is_some_and(|scope| scope.kind == Kind::EventSubProcess));
        catches && node.events.is_empty()
    }

    /// Whether an event is a link that no event of its scope catches.
    fn leads_nowhere(&self, node: &FlowNode<'_>, event: &EventDefinition<'_>) -> bool {
        let is_caught = || {
            self.model.nodes.values().any(|other| {
                other.kind == Kind::Catch
                    && other.scope == node.scope
                    && other.events.iter().any(|caught| caught.kind == "link" && caught.name == event.name)
            })
        };
        node.kind == Kind::Throw && event.kind == "link" && !is_caught()
    }

    /// Says where a sub-process begins, when that is not at its one none start event.
    fn sub_process_start(&mut self, out: &mut String, scope: &Scope<'_>, kind: Kind) {
        let beginnings: Vec<String> = self.model.beginnings(scope).into_iter().map(str::to_owned).collect();
        if kind != Kind::EventSubProcess && !self.is_one_start(&beginnings) {
            let starts = beginnings.iter().filter(|id| self.is_start(id)).cloned();
            self.followers.extend(starts.collect::<Vec<_>>());
            self.supply_start(out, scope.id, 0, &beginnings, false);
        }
    }

    fn extensions(&self, out: &mut String, node: &FlowNode<'_>) {
        let mut extensions = String::new();
        let is_job = (node.kind == Kind::Task && !matches!(node.tag, "userTask" | "callActivity"))
            || (node.throws() && node.has_event("message"));
        if is_job {
            extensions.push_str(r#"<zeebe:taskDefinition type="work" />"#);
        }
        if node.tag == "callActivity" {
            extensions.push_str(r#"<zeebe:calledElement processId="called" />"#);
        }
        let asks = match (self.chooses_on_entering(node), self.chooses_on_leaving(node)) {
            (true, _) => Some(("start", CHOICE)),
            (_, true) => Some(("end", CHOICE)),
            _ if node.ends_others() => Some(("start", HOLD)),
            _ => None,
        };
        if let Some((when, what)) = asks {
            write_to(
                &mut extensions,
                format_args!(
                    r#"<zeebe:executionListeners><zeebe:executionListener eventType="{when}" type="{what}" /></zeebe:executionListeners>"#
                ),
            );
        }
        if !extensions.is_empty() {
            writeln_to(out, format_args!("<extensionElements>{extensions}</extensionElements>"));
        }
    }

    fn event(&mut self, out: &mut String, node: &FlowNode<'_>, event: &EventDefinition<'_>) {
        let catches = !matches!(node.kind, Kind::Throw | Kind::End);
        let reference = event.reference;
        let activity = node.attached_to.and_then(|activity| self.model.node(activity));
        let is_on_task = activity.is_some_and(|activity| activity.is_work());
        match event.kind {
            "message" if catches => self.message(out, node.id),
            "escalation" if is_on_task => self.message(out, node.id),
            "message" => writeln_to(out, format_args!("<messageEventDefinition />")),
            "timer" => {
                let starts_process = node.kind == Kind::Start && self.model.process(node.scope).is_some();
                let time = if starts_process || !node.is_interrupting {
                    r#"<timeCycle xsi:type="tFormalExpression">R/PT1H</timeCycle>"#
                } else {
                    r#"<timeDuration xsi:type="tFormalExpression">PT1H</timeDuration>"#
                };
                writeln_to(out, format_args!("<timerEventDefinition>{time}</timerEventDefinition>"));
            }
            "conditional" => writeln_to(
                out,
                format_args!(
                    r#"<conditionalEventDefinition><condition xsi:type="tFormalExpression">= {} = true</condition></conditionalEventDefinition>"#,
                    variable(node.id)
                ),
            ),
            "signal" => {
                let id = self.root("signal", "name", reference.unwrap_or(NOTHING));
                writeln_to(out, format_args!(r#"<signalEventDefinition signalRef="{id}" />"#));
            }
            "error" | "escalation" => {
                let (kind, attribute) = (event.kind, format!("{}Code", event.kind));
                // What catches and refers to nothing catches everything.
                let reference = match reference {
                    None if catches => String::new(),
                    reference => {
                        let id = self.root(kind, &attribute, reference.unwrap_or(NOTHING));
                        format!(r#" {kind}Ref="{id}""#)
                    }
                };
                writeln_to(out, format_args!("<{kind}EventDefinition{reference} />"));
            }
            "compensate" => {
                let activity = reference
                    .map(|activity| format!(r#" activityRef="{}""#, text(activity)))
                    .unwrap_or_default();
                writeln_to(out, format_args!("<compensateEventDefinition{activity} />"));
            }
            "link" => {
                let name = if event.name.is_empty() { NOTHING } else { event.name };
                writeln_to(out, format_args!(r#"<linkEventDefinition name="{}" />"#, text(name)));
            }
            kind => writeln_to(out, format_args!("<{kind}EventDefinition />")),
        }
    }

    fn message(&mut self, out: &mut String, event: &str) {
        let id = self.message_root(event);
        writeln_to(out, format_args!(r#"<messageEventDefinition messageRef="{id}" />"#));
    }

    fn message_root(&mut self, event: &str) -> String {
        let id = format!("message_{}", text(event));
        self.roots.insert(format!(
            "<message id=\"{id}\" name=\"{id}\"><extensionElements><zeebe:subscription correlationKey=\"= &quot;key&quot;\" /></extensionElements></message>\n"
        ));
        id
    }

    fn root(&mut self, kind: &str, attribute: &str, reference: &str) -> String {
        let id = format!("{kind}_{}", text(reference));
        self.roots.insert(format!("<{kind} id=\"{id}\" {attribute}=\"{id}\" />\n"));
        id
    }
}

fn write_to(out: &mut String, what: std::fmt::Arguments<'_>) {
    out.write_fmt(what).expect("writing to a string cannot fail");
}

fn writeln_to(out: &mut String, what: std::fmt::Arguments<'_>) {
    write_to(out, what);
    out.push('\n');
}

/// Text in an attribute.
fn text(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
