//! `fermata deploy`: checks models and deploys them together, with forms and other files.

use std::path::PathBuf;

use super::model::{self, Model};
use crate::client::Client;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  fermata deploy order.bpmn
  fermata deploy order.bpmn dish.dmn --url http://fermata.example:8080
  fermata deploy order.bpmn approval.form invoice.rpa

All files are deployed or none. A model that has not changed keeps its version.
A file that is neither a model nor a form is kept as it is: its name is its id.";

/// Check models and deploy them.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// BPMN and DMN files, forms, and other files for workers
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print what was deployed as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(arguments: Arguments, host: &Client) -> Result<(), Failure> {
    let models = model::read_all(&arguments.files, model::Kind::DEPLOYABLE)?;
    models.iter().for_each(Model::print_findings);
    if models.iter().any(|model| model.errors() > 0) {
        eprintln!("{}: nothing was deployed", model::summary(&models));
        return Err(Failure::reported());
    }
    let files = models.into_iter().map(|model| (model.file_name(), model.content)).collect();
    let deployment = host.deploy(files).await?;
    if arguments.json {
        output::json(&deployment)?;
        return Ok(());
    }
    for deployed in &deployment.deployments {
        if let Some(process) = &deployed.process_definition {
            output::line(format_args!(
                "deployed {} version {} from {}, key {}",
                process.process_definition_id,
                process.process_definition_version,
                process.resource_name,
                process.process_definition_key
            ));
        }
        if let Some(form) = &deployed.form {
            output::line(format_args!(
                "deployed form {} version {} from {}, key {}",
                form.form_id, form.version, form.resource_name, form.form_key
            ));
        }
        if let Some(file) = &deployed.resource {
            output::line(format_args!(
                "deployed resource {} version {}, key {}",
                file.resource_id, file.version, file.resource_key
            ));
        }
        if let Some(decision) = &deployed.decision_definition {
            output::line(format_args!(
                "deployed decision {} version {}, key {}",
                decision.decision_definition_id, decision.version, decision.decision_definition_key
            ));
        }
    }
    Ok(())
}
