//! `fermata lint`: checks models without a host.

use std::path::PathBuf;

use bpmn::Severity;
use serde_json::json;

use super::model::{self, Model};
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  fermata lint order.bpmn
  fermata lint order.bpmn risk.dmn approval.form
  fermata lint models/*.bpmn --json --warnings-as-errors

The same checks as a deployment makes. Exits with 1 when a model has errors.
A DMN model may import those that are named before it.";

/// Check models without a host.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// BPMN and DMN models and forms
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
    /// Exit with 1 also when there are only warnings
    #[arg(long)]
    warnings_as_errors: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let models = model::read_all(&arguments.files, model::Kind::CHECKED)?;
    if arguments.json {
        let findings: Vec<_> = models.iter().flat_map(|model| &model.findings).map(to_json).collect();
        output::json(&findings)?;
    } else {
        models.iter().for_each(Model::print_findings);
        output::line(model::summary(&models));
    }
    let is_refused =
        |model: &Model| model.errors() > 0 || (arguments.warnings_as_errors && !model.findings.is_empty());
    if models.iter().any(is_refused) { Err(Failure::reported()) } else { Ok(()) }
}

fn to_json(finding: &bpmn::Diagnostic) -> serde_json::Value {
    json!({
        "file": finding.resource,
        "line": finding.line,
        "column": finding.column,
        "severity": match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "rule": finding.rule,
        "message": finding.message,
        "element": finding.element,
    })
}
