//! `cargo xtask conformance …`: tests that others wrote, read from where they lie.

mod dmn_tck;
mod exceptions;
mod token_simulation;

use clap::Subcommand;

/// Which tests to run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    suite: Suite,
}

#[derive(Subcommand)]
enum Suite {
    /// Cases of DMN's Technology Compatibility Kit: models with the results that they must have
    DmnTck(dmn_tck::Arguments),
    /// Models of bpmn-js-token-simulation's tests, each with the trace of its simulation
    TokenSimulation(token_simulation::Arguments),
}

/// Runs the task.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.suite {
        Suite::DmnTck(arguments) => dmn_tck::run(arguments),
        Suite::TokenSimulation(arguments) => token_simulation::run(arguments),
    }
}
