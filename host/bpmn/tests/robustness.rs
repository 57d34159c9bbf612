//! No text makes the parser panic, run away, or point outside of the text.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use anyhow::{Result, ensure};
use fermata_bpmn::{Options, Parsed, RESOURCE_BYTES_MAX, parse};

fn accepted_models() -> Result<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models/accept");
    let mut paths: Vec<_> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    paths.sort();
    let sources: Vec<_> = paths.iter().map(fs::read_to_string).collect::<Result<_, _>>()?;
    ensure!(!sources.is_empty(), "there are no models");
    Ok(sources)
}

/// Parses `source`, and looks up and prints each finding.
fn survives(source: &str, what: &str) -> Result<Parsed> {
    let parsed = catch_unwind(|| {
        let parsed = parse(source, &Options::new("hostile.bpmn"));
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
