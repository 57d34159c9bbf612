//! `fermata-torture`: tortures the host that stands beside it.
//!
//! `cargo xtask torture` builds both, and runs this.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::ensure;
use clap::Parser;
use torture::{Effort, SCENARIOS};

/// Tortures the host that stands beside it.
#[derive(Parser)]
#[command(name = "fermata-torture", max_term_width = 100)]
struct Arguments {
    /// Only these scenarios; all without
    names: Vec<String>,
    /// Name the scenarios and what they do
    #[arg(long)]
    list: bool,
    /// A few of each, in about a minute
    #[arg(long)]
    short: bool,
    /// Hosts that `kill` kills, half of them on each database [default: 200]
    #[arg(long)]
    kills: Option<u32>,
    /// How often the other scenarios do what they do [default: 10]
    #[arg(long)]
    rounds: Option<u32>,
    /// Makes the same moves as another run; what the machine does meanwhile is its own affair
    #[arg(long)]
    seed: Option<u64>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all is well.
fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    if arguments.list {
        for scenario in SCENARIOS {
            println!("{:<18}{}", scenario.name, scenario.about);
        }
        return Ok(true);
    }
    for name in &arguments.names {
        let known = SCENARIOS.iter().any(|scenario| scenario.name == name);
        ensure!(known, "there is no scenario `{name}`; `--list` names them");
    }
    let seed = arguments.seed.unwrap_or_else(|| std::process::id().into());
    let usual = if arguments.short { Effort::short(seed) } else { Effort::long(seed) };
    let effort = Effort {
        kills: arguments.kills.unwrap_or(usual.kills),
        rounds: arguments.rounds.unwrap_or(usual.rounds),
        seed,
    };
    println!("seed {seed}: run again with --seed {seed}");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let mut is_well = true;
    for scenario in SCENARIOS {
        if !arguments.names.is_empty() && !arguments.names.iter().any(|name| name == scenario.name) {
            continue;
        }
        let began = Instant::now();
        match runtime.block_on(scenario.run(effort)) {
            Ok(report) => {
                println!("{}: {} ({} s)", scenario.name, report, began.elapsed().as_secs());
                is_well &= report.violations.is_empty();
            }
            // The others may find something all the same.
            Err(error) => {
                println!("{}: FAILED: {error:#}", scenario.name);
                is_well = false;
            }
        }
    }
    Ok(is_well)
}
