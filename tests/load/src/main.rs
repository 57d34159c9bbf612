//! Measures Fermata: instances per second of a real host over HTTP, and the cost of single parts.
//!
//! Started by `cargo xtask bench`, which builds the release binaries and components that this program runs.

mod expression;
mod host;
mod instances;
mod report;
mod sandboxed_job;
mod start;

use clap::Parser;

use report::{Measurement, Report};

/// Measures Fermata.
#[derive(Parser)]
struct Arguments {
    /// Only these benches; all without
    names: Vec<String>,
    /// Name the benches and what they measure
    #[arg(long)]
    list: bool,
    /// Print one JSON object per line instead of a table
    #[arg(long)]
    json: bool,
}

/// A bench: its name, what it measures, and how.
struct Bench {
    name: &'static str,
    about: &'static str,
    run: fn() -> anyhow::Result<Measurement>,
}

const BENCHES: &[Bench] = &[
    Bench {
        name: "one-task",
        about: "one-task instances completed per second: start over HTTP, job in a fresh sandbox, every step durable",
        run: instances::one_task,
    },
    Bench {
        name: "one-task-idle",
        about: "milliseconds from start to end of one instance on an idle host, p50",
        run: instances::one_task_idle,
    },
    Bench {
        name: "sandbox-job",
        about: "CPU microseconds for one job of a Rust component in a fresh instance",
        run: sandboxed_job::bench,
    },
    Bench {
        name: "feel-condition",
        about: "nanoseconds to evaluate a gateway condition",
        run: expression::condition,
    },
    Bench {
        name: "feel-parse",
        about: "nanoseconds to parse an everyday expression",
        run: expression::parse,
    },
    Bench { name: "idle-rss", about: "resident megabytes of an idle host", run: start::idle_rss },
    Bench {
        name: "start-ready",
        about: "milliseconds from starting the process to being ready, on an existing folder",
        run: start::start_ready,
    },
];

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if arguments.list {
        for bench in BENCHES {
            println!("{:<16}{}", bench.name, bench.about);
        }
        return Ok(());
    }
    for name in &arguments.names {
        anyhow::ensure!(
            BENCHES.iter().any(|bench| bench.name == name),
            "there is no bench `{name}`; `--list` names them"
        );
    }
    let mut report = Report::new(arguments.json);
    for bench in BENCHES {
        if arguments.names.is_empty() || arguments.names.iter().any(|name| name == bench.name) {
            let measurement = (bench.run)()?;
            report.add(bench.name, bench.about, &measurement);
        }
    }
    report.finish();
    Ok(())
}
