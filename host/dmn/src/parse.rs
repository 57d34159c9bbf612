//! From DMN XML to a model.

use std::sync::Arc;

use fermata_xml::{Diagnostic, Findings, Occasion, Severity};

use crate::import::Resolver;
use crate::model::Model;
use crate::read;

/// How a model is read.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// The file's name, for diagnostics.
    pub resource: &'a str,
    /// Finds the models that are imported. Without it there are none.
    pub imports: Option<&'a Resolver<'a>>,
}

impl<'a> Options<'a> {
    /// A file that imports nothing.
    pub fn new(resource: &'a str) -> Self {
        Self { resource, imports: None }
    }
}

/// What a file says, and what is wrong with it.
#[derive(Debug)]
pub struct Parsed {
    /// The model; `None` when there is an error.
    pub model: Option<Arc<Model>>,
    /// Errors and warnings in document order.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// Whether a diagnostic keeps the model from being used.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// Reads and checks a model that is to be deployed.
///
/// Never fails: what is wrong is in the diagnostics, all of it and not only the first.
pub fn parse(xml: &str, options: &Options<'_>) -> Parsed {
    read_model(xml, options, Occasion::Deployment)
}

/// Reads a model that was deployed before.
///
/// It was accepted once, perhaps by a release with fewer rules. So logic that is refused today is a warning here, and
/// an error of those evaluations only that come to it.
pub fn load(xml: &str, options: &Options<'_>) -> Parsed {
    read_model(xml, options, Occasion::Loading)
}

pub(crate) fn read_model(xml: &str, options: &Options<'_>, occasion: Occasion) -> Parsed {
    let mut findings = Findings::new(occasion);
    let model = match fermata_xml::read(xml, &mut findings) {
        Ok(document) => read::definitions(document.root_element(), options.imports, &mut findings),
        Err(reported) => Err(reported),
    };
    let model = model.ok().filter(|_| !findings.has_errors()).map(Arc::new);
    Parsed { model, diagnostics: findings.into_diagnostics(options.resource, xml) }
}
