//! The project's own tasks: `cargo xtask …`.

mod bench;
mod bindings;
mod conformance;
mod demo;
mod fuzz;
mod guests;
mod prerequisites;
mod process;
mod test;
mod torture;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's own tasks.
#[derive(Parser)]
#[command(name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build every WebAssembly component into target/guests/components
    Guests(guests::Arguments),
    /// Write the bindings that the SDKs for C and Go carry, from the WIT packages
    Bindings(bindings::Arguments),
    /// Build the components and the host, and run the customer onboarding from end to end
    Demo(demo::Arguments),
    /// Check formatting and lints, build the components, run every test
    Test(test::Arguments),
    /// Measure a release build; `--json` prints one object per line
    Bench(bench::Arguments),
    /// Run tests that others wrote, and compare with what is known to differ
    Conformance(conformance::Arguments),
    /// Fuzz what reads BPMN, DMN and FEEL: no panic, no hang, no unbounded memory
    Fuzz(fuzz::Arguments),
    /// Torture a release build for many minutes: simulated faults, kills, losses of power, full disks, jumping clocks
    Torture(torture::Arguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().task {
        Task::Guests(arguments) => guests::run(&arguments),
        Task::Bindings(arguments) => bindings::run(&arguments),
        Task::Demo(arguments) => demo::build_and_run(&arguments),
        Task::Test(arguments) => test::run_all(&arguments),
        Task::Bench(arguments) => bench::run_all(&arguments),
        Task::Conformance(arguments) => conformance::run(&arguments),
        Task::Fuzz(arguments) => fuzz::run_all(&arguments),
        Task::Torture(arguments) => torture::run_all(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
