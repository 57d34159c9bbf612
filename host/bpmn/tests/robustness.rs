//! No text makes the parser panic, run away, or point outside of the text.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use anyhow::{Result, ensure};
use fermata_bpmn::{Options, Parsed, Process, RESOURCE_BYTES_MAX, load, parse};
use roxmltree::Document;

fn accepted_models() -> Result<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models/accept");
    let mut paths: Vec<_> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.sort();
    let sources: Vec<_> = paths.iter().map(fs::read_to_string).collect::<Result<_, _>>()?;
    ensure!(!sources.is_empty(), "there are no models");
    Ok(sources)
}

/// Asks a process what the engine asks it.
fn ask(process: &Process) {
    /// Asking each flow about each element takes too long for large models.
    const FLOWS_ASKED_MAX: usize = 50;
    let merges = process.flows().filter(|(_, flow)| process.element(flow.target).is_merge_of_some());
    for (index, flow) in merges.take(FLOWS_ASKED_MAX) {
        for (at, _) in process.elements() {
            process.can_still_come(flow.target, index, at);
        }
        for (on, _) in process.flows() {
            process.can_still_come_from_flow(flow.target, index, on);
        }
    }
    for (index, element) in process.elements() {
        process.none_start(index);
        process.start_of_event_sub_process(index);
        element.kind.type_name();
    }
}

/// Parses `source`, looks up and prints each finding, and does the same with what an earlier release has accepted.
fn survives(source: &str, what: &str) -> Result<Parsed> {
    let parsed = catch_unwind(|| {
        let loaded = load(source, &Options::new("hostile.bpmn"));
        let parsed = parse(source, &Options::new("hostile.bpmn"));
        loaded.processes.iter().chain(&parsed.processes).for_each(ask);
        parsed.diagnostics.iter().for_each(|found| drop(found.render(source)));
        parsed
    });
    let Ok(parsed) = parsed else { anyhow::bail!("{what} panics:\n{source}") };
    ensure!(
        parsed.diagnostics.iter().all(|found| source.get(found.span.clone()).is_some()),
        "{what}:\n{source}"
    );
    ensure!(parsed.processes.is_empty() || !parsed.has_errors(), "{what} has errors and processes");
    Ok(parsed)
}

/// A small generator: the same seed gives the same numbers everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

#[test]
fn truncated_models_are_refused() -> Result<()> {
    for source in accepted_models()? {
        let root_end = source.rfind("definitions>").unwrap_or(source.len());
        for (end, _) in source.char_indices().take_while(|(end, _)| *end < root_end) {
            let parsed = survives(&source[..end], &format!("the first {end} bytes"))?;
            ensure!(parsed.has_errors(), "the first {end} bytes are accepted:\n{source}");
        }
    }
    Ok(())
}

#[test]
fn models_with_changed_bytes_do_no_harm() -> Result<()> {
    const BYTES: &[u8] = b"<>/&\"'= \n;#{}[]().,-+0aZ:!?\\\xc3\xa9\x00";
    const ROUNDS: u64 = 400;
    let (mut accepted, mut refused) = (0, 0);
    for source in accepted_models()? {
        for seed in 1..=ROUNDS {
            let mut random = Random(seed);
            let mut bytes = source.clone().into_bytes();
            for _ in 0..1 + random.below(4) {
                let at = random.below(bytes.len());
                bytes[at] = BYTES[random.below(BYTES.len())];
            }
            let parsed = survives(&String::from_utf8_lossy(&bytes), &format!("seed {seed}"))?;
            if parsed.has_errors() { refused += 1 } else { accepted += 1 }
        }
    }
    ensure!(
        accepted > 100 && refused > 100,
        "{accepted} accepted, {refused} refused: the changes are one-sided"
    );
    Ok(())
}

#[test]
fn models_with_exchanged_values_do_no_harm() -> Result<()> {
    const ROUNDS: u64 = 400;
    let (mut accepted, mut refused) = (0, 0);
    for source in accepted_models()? {
        // Every second part between quotes is an attribute's value, but for quotes in texts.
        let parts: Vec<&str> = source.split('"').collect();
        for seed in 1..=ROUNDS {
            let mut random = Random(seed);
            let mut changed = parts.clone();
            let mut value = || 2 * random.below(parts.len() / 2) + 1;
            changed[value()] = parts[value()];
            let parsed = survives(&changed.join("\""), &format!("seed {seed}"))?;
            if parsed.has_errors() { refused += 1 } else { accepted += 1 }
        }
    }
    ensure!(
        accepted > 100 && refused > 100,
        "{accepted} accepted, {refused} refused: the changes are one-sided"
    );
    Ok(())
}

#[test]
fn models_with_removed_and_copied_elements_do_no_harm() -> Result<()> {
    let (mut accepted, mut refused) = (0, 0);
    for source in accepted_models()? {
        let document = Document::parse(&source)?;
        let elements: Vec<_> =
            document.root_element().descendants().skip(1).filter(|node| node.is_element()).collect();
        let mut random = Random(1);
        for element in &elements {
            let range = element.range();
            let element = &source[range.clone()];
            let removed = format!("{}{}", &source[..range.start], &source[range.end..]);
            let copied = format!("{}{element}{}", &source[..range.start], &source[range.start..]);
            let place = elements[random.below(elements.len())].range().start;
            let elsewhere = format!("{}{element}{}", &source[..place], &source[place..]);
            for (changed, what) in [(removed, "removed"), (copied, "copied"), (elsewhere, "copied elsewhere")]
            {
                let parsed = survives(&changed, &format!("{what}: {element}"))?;
                if parsed.has_errors() { refused += 1 } else { accepted += 1 }
            }
        }
    }
    ensure!(
        accepted > 100 && refused > 100,
        "{accepted} accepted, {refused} refused: the changes are one-sided"
    );
    Ok(())
}

/// A model whose process has `body`.
fn model(body: &str) -> String {
    format!(
        "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' \
         xmlns:z='http://camunda.org/schema/zeebe/1.0'><process id='p' isExecutable='true'>{body}</process></definitions>"
    )
}

#[test]
fn documents_beyond_the_limits_are_refused() -> Result<()> {
    let attributes: String = (0..100_000).map(|index| format!(" a{index}=''")).collect();
    let namespaces: String = (0..10_000).map(|index| format!("<a xmlns:n{index}='urn:n{index}'/>")).collect();
    for (source, part) in [
        (" ".repeat(RESOURCE_BYTES_MAX + 1), "bytes"),
        (model(&"<subProcess id='s'>".repeat(100_000)), "nest deeper"),
        (model(&format!("<task{attributes}/>")), "attributes"),
        (model(&namespaces), "namespaces"),
    ] {
        let parsed = survives(&source, part)?;
        let [found] = &parsed.diagnostics[..] else { anyhow::bail!("{part}: {:?}", parsed.diagnostics) };
        ensure!(found.rule == "resource-limit" && found.message.contains(part), "{found}");
    }
    Ok(())
}

#[test]
fn a_flood_of_findings_is_cut() -> Result<()> {
    let parsed = survives(&model(&"<inclusiveGateway/><startEvent/>".repeat(20_000)), "a flood")?;
    ensure!(parsed.has_errors() && parsed.diagnostics.len() <= 400, "{} findings", parsed.diagnostics.len());
    Ok(())
}

#[test]
fn large_models_take_time_in_proportion() -> Result<()> {
    // Each of these would take minutes if anything compared all with all.
    let tasks: String = (0..20_000)
        .map(|index| format!("<subProcess id='s{index}'><startEvent id='t{index}'/></subProcess>"))
        .collect();
    survives(&model(&tasks), "many scopes")?;
    let tasks: String = (0..10_000)
        .map(|index| {
            format!(
                "<adHocSubProcess id='s{index}'><task id='t{index}'/></adHocSubProcess>\
                 <boundaryEvent id='b{index}' attachedToRef='s{index}'><compensateEventDefinition/></boundaryEvent>\
                 <task id='u{index}' isForCompensation='true'/>\
                 <association id='a{index}' sourceRef='b{index}' targetRef='u{index}'/>"
            )
        })
        .collect();
    survives(&model(&tasks), "much compensation and no start event")?;
    let joins: String = (0..8_000)
        .map(|index| {
            format!(
                "<subProcess id='s{index}'><startEvent id='t{index}'/><parallelGateway id='j{index}'/>\
                 <sequenceFlow id='f{index}' sourceRef='t{index}' targetRef='j{index}'/>\
                 <sequenceFlow id='g{index}' sourceRef='t{index}' targetRef='j{index}'/></subProcess>"
            )
        })
        .collect();
    survives(&model(&format!("<startEvent id='s'/>{joins}")), "many joins")?;
    let forks: String = (0..1_000)
        .map(|index| format!("<sequenceFlow id='f{index}' sourceRef='a' targetRef='b'/>"))
        .collect();
    let gateways = "<startEvent id='s'/><sequenceFlow id='f' sourceRef='s' targetRef='a'/><parallelGateway id='a'/>\
                    <parallelGateway id='b'/>";
    survives(&model(&format!("{gateways}{forks}")), "a wide fork")?;
    let secrets = "{{secrets.A}}&lt;".repeat(100_000);
    let input = format!("<z:ioMapping><z:input source='{secrets}' target='a'/></z:ioMapping>");
    let parsed = survives(
        &model(&format!(
            "<startEvent id='s'/><task id='t'><extensionElements>{input}</extensionElements></task>"
        )),
        "many secrets",
    )?;
    ensure!(parsed.secrets.len() == 1);
    let headers: String = (0..50_000).map(|index| format!("<z:header key='k{index}' value='v'/>")).collect();
    let task = format!(
        "<serviceTask id='t'><extensionElements><z:taskHeaders>{headers}</z:taskHeaders></extensionElements></serviceTask>"
    );
    survives(&model(&task), "many headers")?;
    Ok(())
}

#[test]
fn merges_beyond_the_limit_are_refused() -> Result<()> {
    let merges: String = (0..5_000)
        .map(|index| {
            format!(
                "<inclusiveGateway id='m{index}' default='a{index}'/>\
                 <sequenceFlow id='a{index}' sourceRef='m{index}' targetRef='m{0}'/>\
                 <sequenceFlow id='b{index}' sourceRef='m{index}' targetRef='m{0}'>\
                 <conditionExpression>=true</conditionExpression></sequenceFlow>",
                index + 1
            )
        })
        .collect();
    let body = format!(
        "<startEvent id='s'/><sequenceFlow id='f' sourceRef='s' targetRef='m0'/>{merges}<endEvent id='m5000'/>"
    );
    let parsed = survives(&model(&body), "many merges")?;
    let [found] = &parsed.diagnostics[..] else { anyhow::bail!("{:?}", parsed.diagnostics) };
    ensure!(found.rule == "merge-limit", "{found}");
    Ok(())
}
