//! `fermata compile-component`: what a host starts for each component that it compiles.

use std::process::ExitCode;
use std::time::Duration;

use sandbox::ChildSettings;

/// The command's name.
pub(crate) const COMPILE_COMMAND: &str = "compile-component";

const EXAMPLES: &str = "\
Hosts start it by themselves. It reads a component's length (8 bytes, little-endian) and bytes from standard input,
writes the code to standard output, and ends when its input does.";

/// Compile one component within limits
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Its address space, in bytes
    memory_bytes: u64,
    /// Its CPU time, in seconds
    cpu_seconds: u64,
}

/// Runs the command. No thread may have been started: what the process takes counts.
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    sandbox::compile_inside(&ChildSettings {
        memory_bytes: arguments.memory_bytes,
        cpu_time: Duration::from_secs(arguments.cpu_seconds),
    })
}
