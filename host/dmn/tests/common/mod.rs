//! Models of `tests/models/dmn` and how tests evaluate them.

#![allow(dead_code, reason = "each test uses some of it")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use feel::{EvaluationContext, Scope, Value};
use fermata_dmn::{ImportError, Model, Options, Parsed, parse};
use jiff::Timestamp;

/// The models of a folder, by their file names.
pub(crate) fn models(folder: &str) -> Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models/dmn").join(folder);
    let entries = fs::read_dir(&folder).with_context(|| format!("failed to read {}", folder.display()))?;
    let mut paths: Vec<_> = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "dmn"));
    paths.sort();
    ensure!(!paths.is_empty(), "{} has no models", folder.display());
    Ok(paths)
}

/// A model, with the accepted models as what it may import.
pub(crate) fn read(source: &str, name: &str) -> Parsed {
    parse(source, &Options { resource: name, imports: Some(&imported) })
}

fn imported(namespace: &str) -> Result<Arc<Model>, ImportError> {
    let name = namespace.strip_prefix("urn:").ok_or(ImportError::Missing)?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models/dmn/accept");
    let source = fs::read_to_string(folder.join(name).with_extension("dmn"));
    let source = source.map_err(|_| ImportError::Missing)?;
    parse(&source, &Options::new(name)).model.ok_or(ImportError::Missing)
}

/// The model in `source`, which has no errors.
pub(crate) fn model(source: &str) -> Arc<Model> {
    let parsed = read(source, "model.dmn");
    parsed.model.unwrap_or_else(|| panic!("{:#?}", parsed.diagnostics))
}

/// A model of these elements.
pub(crate) fn definitions(elements: &str) -> String {
    format!(
        "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' namespace='urn:model'>{elements}</definitions>"
    )
}

/// A decision that is a literal expression.
pub(crate) fn literal(id: &str, requires: &[&str], text: &str) -> String {
    let requires: String = requires
        .iter()
        .map(|id| {
            format!("<informationRequirement><requiredDecision href='#{id}'/></informationRequirement>")
        })
        .collect();
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<decision id='{id}' name='{id}'>{requires}<literalExpression><text>{text}</text></literalExpression></decision>"
    )
}

/// Variables as JSON, by name.
#[derive(Default)]
pub(crate) struct Variables(BTreeMap<String, String>);

impl Variables {
    /// The members of a JSON object.
    pub(crate) fn of(json: &str) -> Result<Self> {
        feel::check_json(json)?;
        let value = Value::from_json(json)?;
        let object = value.as_context().context("the variables are no object")?;
        let members = object.iter().map(|(name, value)| Ok((name.to_string(), value.to_json()?)));
        members.collect::<Result<_>>().map(Self)
    }
}

impl Scope for Variables {
    fn get<'s>(&'s self, name: &str) -> Option<Value<'s>> {
        Value::from_json(self.0.get(name)?).ok()
    }
}

/// The same time and seed for all.
pub(crate) fn context() -> EvaluationContext {
    EvaluationContext::new(Timestamp::UNIX_EPOCH, 1)
}
