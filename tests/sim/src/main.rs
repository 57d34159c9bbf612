//! Runs many simulated histories, on all cores, and says what has come of them.

use std::num::NonZero;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, ValueEnum};
use fermata_sim::campaign::Campaign;
use fermata_sim::{Options, StoreKind};
use indicatif::{ProgressBar, ProgressStyle};

const EXAMPLES: &str = "\
Examples:
  fermata-sim                                        1,000 histories in memory
  fermata-sim --histories 10000                      the long run
  fermata-sim --histories 50 --store sqlite          on SQLite, whose files are torn
  fermata-sim --seed 4711 --histories 1 --trace      one of them, line by line";

/// Histories between two lines about the progress where no bar can be shown.
const LOGGED_EVERY: u64 = 500;

/// Simulates engine, runtime and store under faults.
#[derive(Parser)]
#[command(name = "fermata-sim", after_help = EXAMPLES, max_term_width = 100)]
struct Arguments {
    /// How many histories
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..))]
    histories: u64,
    /// The seed of the first history; the others count up from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Commands that clients send in each history, at least
    #[arg(long, default_value_t = 200)]
    commands: u64,
    /// Faults that strike in each history, at least
    #[arg(long, default_value_t = 5)]
    faults: u64,
    /// The store
    #[arg(long, value_enum, default_value = "memory")]
    store: Store,
    /// Histories at the same time; all cores unless told otherwise
    #[arg(long)]
    threads: Option<NonZero<usize>>,
    /// Print all that happens in the first history
    #[arg(long)]
    trace: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Store {
    Memory,
    Sqlite,
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

/// Whether all histories are as they should be, and as long and as hard as they were to be.
fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let store = match arguments.store {
        Store::Memory => StoreKind::Memory,
        Store::Sqlite => StoreKind::Sqlite,
    };
    let options =
        Options { commands: arguments.commands, faults: arguments.faults, store, ..Options::default() };
    if arguments.trace {
        let history = fermata_sim::run(arguments.seed, &options)?;
        history.trace.iter().for_each(|line| println!("{line}"));
    }
    let cores = std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let campaign = Campaign {
        seed: arguments.seed,
        histories: arguments.histories,
        threads: arguments.threads.unwrap_or(cores),
        options: options.clone(),
    };
    let bar = ProgressBar::new(arguments.histories);
    let style = "{pos}/{len} histories {wide_bar} {per_sec}, {eta} left";
    bar.set_style(ProgressStyle::with_template(style)?);
    let begun = Instant::now();
    let outcome = campaign.run(|| {
        bar.inc(1);
        // Logs have no bar.
        if bar.is_hidden() && bar.position().is_multiple_of(LOGGED_EVERY) {
            eprintln!("{} of {} histories", bar.position(), arguments.histories);
        }
    })?;
    bar.finish_and_clear();
    for history in &outcome.failed {
        eprintln!("{}\n", history.report(&options));
    }
    println!("{}", outcome.counts);
    println!("in every history at least {} commands and {} faults", outcome.commands_min, outcome.faults_min);
    println!("violations         {} histories", outcome.failed.len());
    println!("time               {:.1} s", begun.elapsed().as_secs_f64());
    let shortfall = outcome.shortfall(&options);
    if let Some(shortfall) = &shortfall {
        eprintln!("error: {shortfall}");
    }
    Ok(outcome.failed.is_empty() && shortfall.is_none())
}
