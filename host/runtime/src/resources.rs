//! Files of a deployment, read and checked before the partition hears of them.

use std::sync::Arc;

use bpmn::{Diagnostic, Process, Severity};
use dmn::Model;
use sha2::{Digest, Sha256};
use types::{FileKind, SharedStr};

use crate::error::DeployError;
use crate::inbox::{CheckedResource, FileIdentity};
use crate::requests::Resource;
use crate::secrets::SecretTokens;

/// How the names of files with decisions end.
const DMN: &str = ".dmn";

/// How the names of forms end.
const FORM: &str = ".form";

/// What a file holds.
#[derive(Default)]
struct Content {
    processes: Vec<Process>,
    decisions: Option<Arc<Model>>,
    file: Option<FileIdentity>,
}

/// Checks all of `resources`; the findings that come with them are warnings. What is neither BPMN, DMN nor a form is kept as it
/// is, for workers that ask for it.
///
/// # Errors
/// One of them is not what its name says, has errors, or has a process, decision or form that another has too.
pub(crate) fn check_resources(
    resources: Vec<Resource>,
    secrets: &dyn SecretTokens,
) -> Result<(Vec<CheckedResource>, Vec<Diagnostic>), DeployError> {
    // Those that are no text are refused below.
    let decisions = resources.iter().filter(|resource| resource.name.ends_with(DMN));
    let decisions: Vec<(String, String)> = decisions
        .filter_map(|Resource { name, content }| {
            Some((name.clone(), std::str::from_utf8(content).ok()?.to_owned()))
        })
        .collect();
    let decision_files = dmn::Files::to_deploy(decisions.iter().map(|(name, text)| (&**name, &**text)));
    let mut checked: Vec<CheckedResource> = Vec::new();
    let mut diagnostics = Vec::new();
    for Resource { name, content } in resources {
        let text = || {
            std::str::from_utf8(&content).map_err(|_| DeployError::UnreadableResource {
                name: name.clone(),
                message: "the file is not UTF-8 text".to_owned(),
            })
        };
        let Content { processes, decisions, file } =
            if name.ends_with(".bpmn") || name.ends_with(".bpmn20.xml") {
                let token = |name: &str| secrets.token(name);
                let options = bpmn::Options { resource: &name, secret_token: Some(&token) };
                let parsed = bpmn::parse(text()?, &options);
                diagnostics.extend(parsed.diagnostics);
                Content { processes: parsed.processes, ..Content::default() }
            } else if name.ends_with(DMN) {
                text()?;
                let parsed = decision_files.read(&name);
                diagnostics.extend(parsed.iter().flat_map(|parsed| parsed.diagnostics.iter().cloned()));
                Content { decisions: parsed.and_then(|parsed| parsed.model.clone()), ..Content::default() }
            } else if name.ends_with(FORM) {
                let parsed = bpmn::parse_form(text()?, &name);
                diagnostics.extend(parsed.diagnostics);
                Content { file: parsed.form.map(form), ..Content::default() }
            } else {
                let id = SharedStr::from(&*name);
                let file = FileIdentity { kind: FileKind::Resource, id, version_tag: None };
                Content { file: Some(file), ..Content::default() }
            };
        check_processes(&processes, &name, &checked)?;
        if let Some(model) = &decisions {
            check_decisions(model, &name, &checked)?;
        }
        if let Some(file) = &file {
            check_file(file, &name, &checked)?;
        }
        let checksum = Sha256::digest(&content).into();
        checked.push(CheckedResource { name: name.into(), checksum, content, processes, decisions, file });
    }
    if diagnostics.iter().any(|found| found.severity == Severity::Error) {
        return Err(DeployError::Invalid(diagnostics));
    }
    Ok((checked, diagnostics))
}

fn form(form: bpmn::FormIdentity) -> FileIdentity {
    FileIdentity {
        kind: FileKind::Form,
        id: form.id.into(),
        version_tag: form.version_tag.map(SharedStr::from),
    }
}

fn check_processes(
    processes: &[Process],
    name: &str,
    earlier: &[CheckedResource],
) -> Result<(), DeployError> {
    for process in processes {
        let has_it = |other: &&CheckedResource| other.processes.iter().any(|twin| twin.id == process.id);
        if let Some(twin) = earlier.iter().find(has_it) {
            return Err(DeployError::DuplicateProcess {
                id: process.id.to_string(),
                first: twin.name.to_string(),
                second: name.to_owned(),
            });
        }
    }
    Ok(())
}

fn check_decisions(model: &Arc<Model>, name: &str, earlier: &[CheckedResource]) -> Result<(), DeployError> {
    for other in earlier {
        let Some(twin) = &other.decisions else { continue };
        let same_decision = model.decisions().find(|decision| twin.decision(decision.id()).is_some());
        let id = match same_decision {
            Some(decision) => decision.id(),
            None if twin.id() == model.id() => model.id(),
            None => continue,
        };
        return Err(DeployError::DuplicateDecision {
            id: id.to_owned(),
            first: other.name.to_string(),
            second: name.to_owned(),
        });
    }
    Ok(())
}

/// Names of files are different already, so only forms can have the same id.
fn check_file(file: &FileIdentity, name: &str, earlier: &[CheckedResource]) -> Result<(), DeployError> {
    let has_it = |other: &&CheckedResource| {
        other.file.as_ref().is_some_and(|other| (other.kind, &other.id) == (file.kind, &file.id))
    };
    match earlier.iter().find(has_it) {
        Some(twin) => Err(DeployError::DuplicateForm {
            id: file.id.to_string(),
            first: twin.name.to_string(),
            second: name.to_owned(),
        }),
        None => Ok(()),
    }
}
