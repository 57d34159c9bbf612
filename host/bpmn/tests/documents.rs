//! The pages of elements and rules are the tables of the code, and every element has a model that shows it.
//!
//! `UPDATE_DOCUMENTS=1` writes the tables into the pages.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use fermata_bpmn::support::{self, Support};
use fermata_bpmn::{Options, parse, rules_markdown};
use roxmltree::{Document, Node};

/// Checks that `page` ends with `tables`, the first line of which is `begins`.
fn assert_page(page: &str, begins: &str, tables: &str) -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let text = fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
    let introduction = text.split(begins).next().unwrap_or_default();
    let expected = format!("{}\n{}", introduction.trim_end(), tables.trim_end()) + "\n";
    if std::env::var_os("UPDATE_DOCUMENTS").is_some() {
        fs::write(&path, expected)?;
        return Ok(());
    }
    ensure!(text == expected, "{page} is not as the code: write it with UPDATE_DOCUMENTS=1");
    Ok(())
}

#[test]
fn the_page_of_elements_is_the_table() -> Result<()> {
    assert_page("ELEMENTS.md", "\n## ", &support::markdown())
}

#[test]
fn the_page_of_rules_is_the_table() -> Result<()> {
    assert_page("RULES.md", "\n| rule |", &rules_markdown())
}

/// The models under `folder`.
fn models(folder: &str) -> Result<Vec<String>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models").join(folder);
    let mut models = Vec::new();
    for entry in fs::read_dir(folder)? {
        models.push(fs::read_to_string(entry?.path())?);
    }
    ensure!(!models.is_empty());
    Ok(models)
}

/// Whether `node` is the last of `steps`, and those before it are around it.
fn is_at(node: Node<'_, '_>, steps: &[&str]) -> bool {
    let Some((last, around)) = steps.split_last() else { return true };
    fits(node, last) && (around.is_empty() || node.ancestors().skip(1).any(|outer| is_at(outer, around)))
}

/// Whether `node` is `name`, `zeebe:name`, `name[attribute]` or `name[attribute=value]`.
fn fits(node: Node<'_, '_>, step: &str) -> bool {
    let (name, condition) = match step.trim_end_matches(']').split_once('[') {
        Some((name, condition)) => (name, Some(condition)),
        None => (step, None),
    };
    let namespace = node.tag_name().namespace().unwrap_or_default();
    let (name, is_in_namespace) = match name.strip_prefix("zeebe:") {
        Some(name) => (name, namespace.ends_with("/zeebe/1.0")),
        None => (name, namespace.ends_with("/BPMN/20100524/MODEL")),
    };
    let has_attribute = condition.is_none_or(|condition| match condition.split_once('=') {
        Some((attribute, value)) => node.attribute(attribute) == Some(value),
        None => node.attribute(condition).is_some_and(|value| !value.is_empty()),
    });
    node.is_element() && is_in_namespace && node.tag_name().name() == name && has_attribute
}

fn shows(model: &str, path: &str) -> bool {
    let steps: Vec<_> = path.split('/').collect();
    Document::parse(model).is_ok_and(|document| document.descendants().any(|node| is_at(node, &steps)))
}

#[test]
fn every_element_is_shown_by_a_model() -> Result<()> {
    let (accepted, rejected) = (models("accept")?, models("reject")?);
    let mut missing = Vec::new();
    for part in support::kinds().iter().flat_map(|kind| kind.parts) {
        let models = if part.support == Support::Refused { &rejected } else { &accepted };
        if !models.iter().any(|model| shows(model, part.path)) {
            missing.push((part.name, part.path));
        }
    }
    ensure!(missing.is_empty(), "no model shows {missing:#?}");
    Ok(())
}

#[test]
fn what_is_refused_gives_an_error_there() -> Result<()> {
    let rejected = models("reject")?;
    for part in support::kinds().iter().flat_map(|kind| kind.parts) {
        if part.support != Support::Refused {
            continue;
        }
        let steps: Vec<_> = part.path.split('/').collect();
        let is_refused = rejected.iter().any(|model| {
            let findings = parse(model, &Options::new("refused.bpmn")).diagnostics;
            let Ok(document) = Document::parse(model) else { return false };
            document.descendants().filter(|node| is_at(*node, &steps)).any(|node| {
                let first_line = node.range().start
                    ..=model[node.range().start..].find('>').map_or(0, |end| node.range().start + end);
                findings.iter().any(|found| {
                    found.severity == fermata_bpmn::Severity::Error && first_line.contains(&found.span.start)
                })
            })
        });
        ensure!(is_refused, "{} at {} is not refused", part.name, part.path);
    }
    Ok(())
}
