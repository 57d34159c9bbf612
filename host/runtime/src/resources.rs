//! Files of a deployment, read and checked before the partition hears of them.

use crate::error::DeployError;
use crate::inbox::CheckedResource;
use crate::requests::Resource;
use crate::secrets::SecretTokens;

/// Checks all of `resources`; the findings that come with them are warnings.
///
/// # Errors
/// One of them is no BPMN file, has errors, or has a process that another has too.
pub(crate) fn check_resources(
    resources: Vec<Resource>,
    secrets: &dyn SecretTokens,
) -> Result<(Vec<CheckedResource>, Vec<bpmn::Diagnostic>), DeployError> {
    use sha2::{Digest, Sha256};

    let mut checked: Vec<CheckedResource> = Vec::new();
    let mut diagnostics = Vec::new();
    let token = |name: &str| secrets.token(name);
    for Resource { name, content } in resources {
        let unsupported = |message: &str| DeployError::UnsupportedResource {
            name: name.clone(),
            message: message.to_owned(),
        };
        if !(name.ends_with(".bpmn") || name.ends_with(".bpmn20.xml")) {
            return Err(unsupported("only BPMN files (`.bpmn`) can be deployed"));
        }
        let text = std::str::from_utf8(&content).map_err(|_| unsupported("the file is not UTF-8 text"))?;
        let parsed = bpmn::parse(text, &bpmn::Options { resource: &name, secret_token: Some(&token) });
        diagnostics.extend(parsed.diagnostics);
        for process in &parsed.processes {
            let twin = checked.iter().find(|other| other.processes.iter().any(|twin| twin.id == process.id));
            if let Some(twin) = twin {
                return Err(DeployError::DuplicateProcess {
                    id: process.id.to_string(),
                    first: twin.name.to_string(),
                    second: name,
                });
            }
        }
        checked.push(CheckedResource {
            name: name.into(),
            checksum: Sha256::digest(&content).into(),
            content,
            processes: parsed.processes,
        });
    }
    if diagnostics.iter().any(|found| found.severity == bpmn::Severity::Error) {
        return Err(DeployError::Invalid(diagnostics));
    }
    Ok((checked, diagnostics))
}
