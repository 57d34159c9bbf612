//! The binary `fermata`: the host, and the commands that talk to one.
//!
//! Nothing depends on this crate. It wires the parts together ([`host`]), keeps what the others must not see
//! ([`vault`], [`workers`]) and offers it all on the command line ([`cli`], [`commands`]).

mod cli;
mod commands;
mod failure;

mod config;
mod host;
mod logging;
mod retention;
mod storage;

mod backup;
mod restored;
mod signature;
mod vault;
mod workers;

mod client;
mod output;
mod values;

use std::process::ExitCode;

/// A host makes and drops millions of small values a second, on one thread and another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run()
}
