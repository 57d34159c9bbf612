//! Made-up processes of nested blocks, each with one way in and one way out: whatever happens in them, one token that
//! comes in leads to one that comes out.

use std::fmt::Write as _;

use crate::random::Random;

/// The kinds of block.
pub(crate) const KINDS: [&str; 22] = [
    "task",
    "script",
    "pass",
    "user task",
    "exclusive",
    "parallel",
    "inclusive",
    "complex",
    "sub-process",
    "event gateway",
    "loop",
    "link",
    "catch",
    "throw",
    "compensation",
    "transaction",
    "call",
    "boundary",
    "event sub-process",
    "multi-instance",
    "standard loop",
    "ad-hoc",
];

/// Blocks of a process at most.
const BLOCKS_MAX: usize = 30;

/// A made-up model.
pub(crate) struct Generated {
    pub(crate) xml: String,
    /// The kinds of block in it.
    pub(crate) kinds: Vec<&'static str>,
}

/// Makes up a process.
pub(crate) fn generate(random: &mut Random) -> Generated {
    let mut builder =
        Builder { random, text: String::new(), number: 0, blocks: BLOCKS_MAX, kinds: Vec::new() };
    builder.line(r#"<bpmn:startEvent id="start" />"#);
    builder.line(r#"<bpmn:endEvent id="end" />"#);
    let last = builder.chain("start", 0);
    builder.flow(&last, "end");
    let (text, kinds) = (builder.text, builder.kinds);
    let xml = format!(
        r#"<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="definitions" targetNamespace="http://fermata.example/made-up">
<bpmn:message id="message" name="message"><bpmn:extensionElements><zeebe:subscription correlationKey="=&quot;key&quot;" /></bpmn:extensionElements></bpmn:message>
<bpmn:signal id="signal" name="signal" />
<bpmn:escalation id="escalation" name="escalation" escalationCode="UP" />
<bpmn:error id="error" name="error" errorCode="BAD" />
<bpmn:process id="process" isExecutable="true">
{text}</bpmn:process>
</bpmn:definitions>
"#
    );
    Generated { xml, kinds }
}

/// The model with something broken in it: a line left out or twice, or an attribute with the value of another.
pub(crate) fn broken(xml: &str, random: &mut Random) -> String {
    let mut lines: Vec<&str> = xml.lines().collect();
    let body = 6..lines.len() - 2;
    let line = body.start + random.below(body.len());
    if random.one_in(3) {
        lines.remove(line);
        return lines.join("\n");
    }
    let values: Vec<&str> = lines[body.clone()].iter().flat_map(|line| values(line)).collect();
    let own: Vec<&str> = values_of_references(lines[line]);
    if values.is_empty() || own.is_empty() {
        lines.remove(line);
        return lines.join("\n");
    }
    let (old, new) = (own[random.below(own.len())], values[random.below(values.len())]);
    let changed = lines[line].replace(&format!("\"{old}\""), &format!("\"{new}\""));
    lines[line] = &changed;
    lines.join("\n")
}

fn values(line: &str) -> Vec<&str> {
    let id = line.split("id=\"").nth(1).and_then(|rest| rest.split('"').next());
    id.into_iter().collect()
}

fn values_of_references(line: &str) -> Vec<&str> {
    let attributes =
        ["sourceRef=\"", "targetRef=\"", "attachedToRef=\"", "default=\"", "activityRef=\"", "id=\""];
    let value = |attribute: &&str| line.split(*attribute).nth(1).and_then(|rest| rest.split('"').next());
    attributes.iter().filter_map(value).collect()
}

struct Builder<'r> {
    random: &'r mut Random,
    text: String,
    number: usize,
    blocks: usize,
    kinds: Vec<&'static str>,
}

impl Builder<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn id(&mut self, what: &str) -> String {
        self.number += 1;
        format!("{what}{}", self.number)
    }

    fn flow(&mut self, source: &str, target: &str) {
        let id = self.id("flow");
        let _ = writeln!(
            self.text,
            r#"<bpmn:sequenceFlow id="{id}" sourceRef="{source}" targetRef="{target}" />"#
        );
    }

    fn flow_if(&mut self, source: &str, target: &str, condition: &str) {
        let id = self.id("flow");
        let _ = writeln!(
            self.text,
            r#"<bpmn:sequenceFlow id="{id}" sourceRef="{source}" targetRef="{target}"><bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">={condition}</bpmn:conditionExpression></bpmn:sequenceFlow>"#
        );
    }

    fn node(&mut self, kind: &str, what: &str) -> String {
        let id = self.id(what);
        self.line(&format!(r#"<bpmn:{kind} id="{id}" />"#));
        id
    }

    /// Some blocks, one after the other, from an element on. Gives the last one's.
    fn chain(&mut self, from: &str, depth: usize) -> String {
        let mut last = from.to_owned();
        let more = if depth == 0 { 3 } else { 0 };
        for _ in 0..=more + self.random.below(3) {
            last = self.block(&last, depth);
        }
        last
    }

    fn task(&mut self, what: &str, attributes: &str) -> String {
        let id = self.id(what);
        self.line(&format!(
            r#"<bpmn:serviceTask id="{id}"{attributes}><bpmn:extensionElements><zeebe:taskDefinition type="work" /></bpmn:extensionElements></bpmn:serviceTask>"#
        ));
        id
    }

    fn script(&mut self, expression: &str, result: &str) -> String {
        let id = self.id("script");
        self.line(&format!(
            r#"<bpmn:scriptTask id="{id}"><bpmn:extensionElements><zeebe:script expression="={expression}" resultVariable="{result}" /></bpmn:extensionElements></bpmn:scriptTask>"#
        ));
        id
    }

    /// One block behind an element. Gives the element at its end.
    fn block(&mut self, from: &str, depth: usize) -> String {
        let is_leaf = self.blocks == 0 || depth >= 4;
        self.blocks = self.blocks.saturating_sub(1);
        let kind = if is_leaf { KINDS[self.random.below(4)] } else { KINDS[self.random.below(KINDS.len())] };
        self.kinds.push(kind);
        let simple = match kind {
            "task" => self.task("task", ""),
            "script" => self.script("1 + 1", "two"),
            "pass" => self.node("manualTask", "pass"),
            "user task" => {
                let id = self.id("human");
                // Half of them take their time to end.
                let listeners = match self.random.one_in(2) {
                    true => {
                        r#"<zeebe:taskListeners><zeebe:taskListener eventType="canceling" type="tidy" /></zeebe:taskListeners>"#
                    }
                    false => "",
                };
                self.line(&format!(r#"<bpmn:userTask id="{id}"><bpmn:extensionElements><zeebe:userTask />{listeners}</bpmn:extensionElements></bpmn:userTask>"#));
                id
            }
            "catch" => self.catch(),
            "throw" => self.throw(),
            "call" => {
                let id = self.id("call");
                self.line(&format!(r#"<bpmn:callActivity id="{id}"><bpmn:extensionElements><zeebe:calledElement processId="other" /></bpmn:extensionElements></bpmn:callActivity>"#));
                id
            }
            "multi-instance" => {
                let sequential = self.random.one_in(2);
                let marker = format!(
                    r#"<bpmn:multiInstanceLoopCharacteristics isSequential="{sequential}"><bpmn:extensionElements><zeebe:loopCharacteristics inputCollection="=[1,2]" inputElement="item" outputCollection="items" outputElement="=item" /></bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>"#
                );
                self.scope("subProcess", depth, false, &marker)
            }
            "standard loop" => {
                let marker = r#"<bpmn:standardLoopCharacteristics loopMaximum="2" />"#;
                self.scope("subProcess", depth, false, marker)
            }
            "ad-hoc" => self.ad_hoc(),
            "sub-process" => self.sub_process("subProcess", depth, false),
            "event sub-process" => self.sub_process("subProcess", depth, true),
            "transaction" => return self.transaction(from, depth),
            "compensation" => return self.compensation(from),
            "boundary" => return self.boundary(from, depth),
            "link" => return self.link(from),
            "loop" => return self.repeated(from, depth),
            "event gateway" => return self.event_gateway(from),
            gateway => return self.gateway(gateway, from, depth),
        };
        self.flow(from, &simple);
        simple
    }

    fn definition(&mut self) -> &'static str {
        match self.random.below(3) {
            0 => r#"<bpmn:messageEventDefinition messageRef="message" />"#,
            1 => r#"<bpmn:signalEventDefinition signalRef="signal" />"#,
            _ => {
                "<bpmn:timerEventDefinition><bpmn:timeDuration>PT1M</bpmn:timeDuration></bpmn:timerEventDefinition>"
            }
        }
    }

    fn catch(&mut self) -> String {
        let (id, definition) = (self.id("catch"), self.definition());
        self.line(&format!(
            r#"<bpmn:intermediateCatchEvent id="{id}">{definition}</bpmn:intermediateCatchEvent>"#
        ));
        id
    }

    fn throw(&mut self) -> String {
        let id = self.id("throw");
        let definition = match self.random.below(4) {
            0 => r#"<bpmn:signalEventDefinition signalRef="signal" />"#,
            1 => r#"<bpmn:escalationEventDefinition escalationRef="escalation" />"#,
            2 => "<bpmn:compensateEventDefinition />",
            _ => "",
        };
        self.line(&format!(
            r#"<bpmn:intermediateThrowEvent id="{id}">{definition}</bpmn:intermediateThrowEvent>"#
        ));
        id
    }

    fn sub_process(&mut self, tag: &str, depth: usize, has_event: bool) -> String {
        self.scope(tag, depth, has_event, "")
    }

    /// Two activities of which one is active at the beginning.
    fn ad_hoc(&mut self) -> String {
        let id = self.id("adhoc");
        let first = self.number + 1;
        self.line(&format!(
            r#"<bpmn:adHocSubProcess id="{id}"><bpmn:extensionElements><zeebe:adHoc activeElementsCollection="=[&quot;task{first}&quot;]" /></bpmn:extensionElements>"#
        ));
        self.task("task", "");
        self.task("task", "");
        self.line("</bpmn:adHocSubProcess>");
        id
    }

    /// A sub-process with a loop marker or none, some with an event sub-process that does not interrupt.
    fn scope(&mut self, tag: &str, depth: usize, has_event: bool, marker: &str) -> String {
        let id = self.id("scope");
        self.line(&format!(r#"<bpmn:{tag} id="{id}">"#));
        if !marker.is_empty() {
            self.line(marker);
        }
        let start = self.node("startEvent", "begin");
        let last = self.chain(&start, depth + 1);
        let end = self.node("endEvent", "finish");
        self.flow(&last, &end);
        if has_event {
            let inner = self.id("beside");
            self.line(&format!(r#"<bpmn:subProcess id="{inner}" triggeredByEvent="true">"#));
            let start = self.id("asked");
            self.line(&format!(
                r#"<bpmn:startEvent id="{start}" isInterrupting="false"><bpmn:timerEventDefinition><bpmn:timeDuration>PT1M</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:startEvent>"#
            ));
            let last = self.chain(&start, depth + 2);
            let end = self.node("endEvent", "finish");
            self.flow(&last, &end);
            self.line("</bpmn:subProcess>");
        }
        self.line(&format!("</bpmn:{tag}>"));
        id
    }

    /// A transaction that is cancelled: it is left by its cancel event alone.
    fn transaction(&mut self, from: &str, depth: usize) -> String {
        let id = self.id("transaction");
        self.line(&format!(r#"<bpmn:transaction id="{id}">"#));
        let start = self.node("startEvent", "begin");
        let done = self.compensation(&start);
        let last = self.chain(&done, depth + 1);
        let end = self.id("cancel");
        self.line(&format!(r#"<bpmn:endEvent id="{end}"><bpmn:cancelEventDefinition /></bpmn:endEvent>"#));
        self.flow(&last, &end);
        self.line("</bpmn:transaction>");
        let event = self.id("cancelled");
        self.line(&format!(
            r#"<bpmn:boundaryEvent id="{event}" attachedToRef="{id}"><bpmn:cancelEventDefinition /></bpmn:boundaryEvent>"#
        ));
        self.flow(from, &id);
        event
    }

    /// A task that can be undone, and sometimes is.
    fn compensation(&mut self, from: &str) -> String {
        let (task, handler) = (self.task("book", ""), self.task("undo", r#" isForCompensation="true""#));
        let (event, association) = (self.id("done"), self.id("association"));
        self.line(&format!(
            r#"<bpmn:boundaryEvent id="{event}" attachedToRef="{task}"><bpmn:compensateEventDefinition /></bpmn:boundaryEvent>"#
        ));
        self.line(&format!(
            r#"<bpmn:association id="{association}" sourceRef="{event}" targetRef="{handler}" />"#
        ));
        self.flow(from, &task);
        if self.random.one_in(2) {
            return task;
        }
        let throw = self.id("throw");
        self.line(&format!(
            r#"<bpmn:intermediateThrowEvent id="{throw}"><bpmn:compensateEventDefinition activityRef="{task}" /></bpmn:intermediateThrowEvent>"#
        ));
        self.flow(&task, &throw);
        throw
    }

    /// A scope that an event can end, and a merge of both ways.
    fn boundary(&mut self, from: &str, depth: usize) -> String {
        let activity = self.sub_process("subProcess", depth, false);
        let (event, merge) = (self.id("interrupts"), self.node("exclusiveGateway", "merge"));
        let definition = match self.random.below(2) {
            0 => r#"<bpmn:errorEventDefinition />"#,
            _ => self.definition(),
        };
        self.line(&format!(
            r#"<bpmn:boundaryEvent id="{event}" attachedToRef="{activity}">{definition}</bpmn:boundaryEvent>"#
        ));
        self.flow(from, &activity);
        self.flow(&activity, &merge);
        let repaired = self.chain(&event, depth + 1);
        self.flow(&repaired, &merge);
        merge
    }

    fn link(&mut self, from: &str) -> String {
        let (throw, catch, name) = (self.id("to"), self.id("at"), self.id("link"));
        self.line(&format!(
            r#"<bpmn:intermediateThrowEvent id="{throw}"><bpmn:linkEventDefinition name="{name}" /></bpmn:intermediateThrowEvent>"#
        ));
        self.line(&format!(
            r#"<bpmn:intermediateCatchEvent id="{catch}"><bpmn:linkEventDefinition name="{name}" /></bpmn:intermediateCatchEvent>"#
        ));
        self.flow(from, &throw);
        catch
    }

    /// Once or twice around.
    fn repeated(&mut self, from: &str, depth: usize) -> String {
        let counter = self.id("count");
        let turns = 1 + self.random.below(2);
        let zero = self.script("0", &counter);
        let again = self.node("exclusiveGateway", "again");
        let plus = self.script(&format!("{counter} + 1"), &counter);
        self.flow(from, &zero);
        self.flow(&zero, &again);
        self.flow(&again, &plus);
        let last = self.chain(&plus, depth + 1);
        let (more, out) = (self.id("more"), self.node("exclusiveGateway", "out"));
        let default = self.id("default");
        self.line(&format!(r#"<bpmn:exclusiveGateway id="{more}" default="{default}" />"#));
        self.flow(&last, &more);
        self.flow_if(&more, &again, &format!("{counter} &lt; {turns}"));
        self.line(&format!(r#"<bpmn:sequenceFlow id="{default}" sourceRef="{more}" targetRef="{out}" />"#));
        out
    }

    fn event_gateway(&mut self, from: &str) -> String {
        let (gateway, merge) =
            (self.node("eventBasedGateway", "first"), self.node("exclusiveGateway", "merge"));
        self.flow(from, &gateway);
        for definition in [
            r#"<bpmn:messageEventDefinition messageRef="message" />"#,
            "<bpmn:timerEventDefinition><bpmn:timeDuration>PT1M</bpmn:timeDuration></bpmn:timerEventDefinition>",
        ] {
            let event = self.id("catch");
            self.line(&format!(
                r#"<bpmn:intermediateCatchEvent id="{event}">{definition}</bpmn:intermediateCatchEvent>"#
            ));
            self.flow(&gateway, &event);
            self.flow(&event, &merge);
        }
        merge
    }

    fn gateway(&mut self, kind: &str, from: &str, depth: usize) -> String {
        let (tag, merge_tag) = match kind {
            "exclusive" => ("exclusiveGateway", "exclusiveGateway"),
            "parallel" => ("parallelGateway", "parallelGateway"),
            "inclusive" => ("inclusiveGateway", "inclusiveGateway"),
            _ => ("parallelGateway", "complexGateway"),
        };
        let branches = 2 + self.random.below(2);
        let (split, merge) = (self.id("split"), self.id("merge"));
        let default = self.id("default");
        let has_default = tag != "parallelGateway";
        let attribute = if has_default { format!(r#" default="{default}""#) } else { String::new() };
        self.line(&format!(r#"<bpmn:{tag} id="{split}"{attribute} />"#));
        let needed = 1 + self.random.below(branches);
        match merge_tag {
            "complexGateway" => self.line(&format!(
                r#"<bpmn:complexGateway id="{merge}"><bpmn:activationCondition xsi:type="bpmn:tFormalExpression">=activationCount &gt;= {needed}</bpmn:activationCondition></bpmn:complexGateway>"#
            )),
            tag => self.line(&format!(r#"<bpmn:{tag} id="{merge}" />"#)),
        }
        self.flow(from, &split);
        for branch in 0..branches {
            let first = self.node("manualTask", "pass");
            match (has_default, branch) {
                (true, 0) => self.line(&format!(
                    r#"<bpmn:sequenceFlow id="{default}" sourceRef="{split}" targetRef="{first}" />"#
                )),
                (true, _) => {
                    let condition = if self.random.one_in(2) { "true" } else { "false" };
                    self.flow_if(&split, &first, condition);
                }
                (false, _) => self.flow(&split, &first),
            }
            let last = self.chain(&first, depth + 1);
            self.flow(&last, &merge);
        }
        merge
    }
}
