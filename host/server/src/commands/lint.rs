//! `fermata lint`: checks models without a host.

use std::path::PathBuf;

use bpmn::Severity;
use serde_json::json;

use super::model;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  fermata lint order.bpmn
  fermata lint models/*.bpmn --json

The same checks as `fermata deploy` makes. Exits with 1 when a model has errors.";

/// Check models without a host.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// BPMN files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let models = model::read_all(&arguments.files)?;
    if arguments.json {
        let findings: Vec<_> = models.iter().flat_map(|model| &model.findings).map(to_json).collect();
        output::json(&findings)?;
    } else {
        models.iter().for_each(model::Model::print_findings);
        output::line(model::summary(&models));
    }
    if models.iter().any(|model| model.errors() > 0) { Err(Failure::reported()) } else { Ok(()) }
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
