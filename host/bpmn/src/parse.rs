//! From BPMN XML to processes.

use std::collections::BTreeSet;

use crate::diagnostic::{Diagnostic, Severity};
use crate::findings::{Findings, Occasion};
use crate::model::Process;
use crate::reading::Reading;
use crate::secrets::Secrets;
use crate::{read, xml};

/// Regular expressions of one model that are compiled to see whether they can be. Others are found when they are used.
const PATTERNS_CHECKED_MAX: usize = 1_000;

/// How a model is read.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// The file's name, for diagnostics.
    pub resource: &'a str,
    /// What `{{secrets.NAME}}` in the model's own text becomes, given NAME. With `None` the text stays.
    pub secret_token: Option<&'a dyn Fn(&str) -> String>,
}

impl<'a> Options<'a> {
    /// A resource whose secrets stay as they are written.
    pub fn new(resource: &'a str) -> Self {
        Self { resource, secret_token: None }
    }
}

/// What a model says, and what is wrong with it.
#[derive(Debug)]
pub struct Parsed {
    /// The executable processes in document order. Empty when there is an error: then nothing can be used.
    pub processes: Vec<Process>,
    /// Errors and warnings in document order.
    pub diagnostics: Vec<Diagnostic>,
    /// The secrets that the model's own text names.
    pub secrets: BTreeSet<String>,
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

/// Reads a model that was deployed before, for the instances that run it.
///
/// It was accepted once, perhaps by a release with fewer rules. So a check that it does not pass is a warning here,
/// and only what cannot be read at all is an error.
pub fn load(xml: &str, options: &Options<'_>) -> Parsed {
    read_model(xml, options, Occasion::Loading)
}

fn read_model(xml: &str, options: &Options<'_>, occasion: Occasion) -> Parsed {
    let secrets = Secrets { token: options.secret_token, names: BTreeSet::new() };
    let mut reading =
        Reading { findings: Findings::new(occasion), secrets, patterns_left: PATTERNS_CHECKED_MAX };
    let document = xml::read(xml, &mut reading.findings);
    let processes = document.and_then(|document| read::definitions(&mut reading, document.root_element()));
    let processes = processes.ok().filter(|_| !reading.findings.has_errors()).unwrap_or_default();
    let diagnostics = reading.findings.into_diagnostics(options.resource, xml);
    Parsed { processes, diagnostics, secrets: reading.secrets.names }
}
