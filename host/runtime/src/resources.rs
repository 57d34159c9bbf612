//! Files of a deployment, read and checked before the partition hears of them.

use std::sync::Arc;

use bpmn::{Diagnostic, Process, Severity};
use dmn::Model;
use sha2::{Digest, Sha256};

use crate::error::DeployError;
use crate::inbox::CheckedResource;
use crate::requests::Resource;
use crate::secrets::SecretTokens;

/// Checks all of `resources`; the findings that come with them are warnings.
///
/// # Errors
/// One of them is no BPMN or DMN file, has errors, or has a process or decision that another has too.
pub(crate) fn check_resources(
    resources: Vec<Resource>,
    secrets: &dyn SecretTokens,
) -> Result<(Vec<CheckedResource>, Vec<Diagnostic>), DeployError> {
    let mut checked: Vec<CheckedResource> = Vec::new();
    let mut diagnostics = Vec::new();
    for Resource { name, content } in resources {
        let unsupported = |message: &str| DeployError::UnsupportedResource {
            name: name.clone(),
            message: message.to_owned(),
        };
        let text = || std::str::from_utf8(&content).map_err(|_| unsupported("the file is not UTF-8 text"));
        let (processes, decisions) = if name.ends_with(".bpmn") || name.ends_with(".bpmn20.xml") {
            let token = |name: &str| secrets.token(name);
            let parsed = bpmn::parse(text()?, &bpmn::Options { resource: &name, secret_token: Some(&token) });
            diagnostics.extend(parsed.diagnostics);
            (parsed.processes, None)
        } else if name.ends_with(".dmn") {
            let parsed = dmn::parse(text()?, &dmn::Options::new(&name));
            diagnostics.extend(parsed.diagnostics);
            (Vec::new(), parsed.model)
        } else {
            return Err(unsupported("only BPMN files (`.bpmn`) and DMN files (`.dmn`) can be deployed"));
        };
        check_processes(&processes, &name, &checked)?;
        if let Some(model) = &decisions {
            check_decisions(model, &name, &checked)?;
        }
        let checksum = Sha256::digest(&content).into();
        checked.push(CheckedResource { name: name.into(), checksum, content, processes, decisions });
    }
    if diagnostics.iter().any(|found| found.severity == Severity::Error) {
        return Err(DeployError::Invalid(diagnostics));
    }
    Ok((checked, diagnostics))
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
