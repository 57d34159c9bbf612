//! All benches: each answers one question with one figure.

mod session;

mod canary;
mod components;
mod finished;
mod latency;
mod overload;
mod restart;
mod start;
mod throughput;
mod timers;
mod waiting;

mod expression;
mod isolation;
mod sandboxed_job;

use std::time::Duration;

use anyhow::Context as _;
use harness::Server;

use crate::machine::Disk;
use crate::report::{Measurement, Report};
use session::Session;

/// Which benches to run, and how.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these benches; without, the quick ones
    names: Vec<String>,
    /// Run the long benches as well
    #[arg(long, conflicts_with = "names")]
    all: bool,
    /// Name the benches and what they measure
    #[arg(long)]
    list: bool,
    /// Print one JSON object per line instead of a table
    #[arg(long)]
    json: bool,
    /// Do with so small a part of the instances: a try, which says that it is one
    #[arg(long, value_name = "PART", default_value_t = 1.0, value_parser = part)]
    scale: f64,
    /// Let hosts keep their state in a PostgreSQL that is started in a temporary folder; benches of parts are left out
    #[arg(long)]
    postgres: bool,
    /// How long `overload` keeps it up, such as `60s`
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    overload_time: Duration,
}

/// What a bench measures.
#[derive(Clone, Copy, PartialEq)]
enum Subject {
    /// A part of the host, in this process.
    Part,
    /// Hosts in processes of their own.
    Host,
    /// The same, with so many instances or for so long that it has to be asked for.
    HostAtLength,
}

/// A bench: its name, what it measures, and how.
struct Bench {
    name: &'static str,
    about: &'static str,
    subject: Subject,
    run: fn(&mut Session) -> anyhow::Result<Measurement>,
}

const BENCHES: &[Bench] = &[
    Bench {
        name: "one-task",
        about: "one-task instances completed per second: start over HTTP, job in a fresh sandbox, every step durable",
        subject: Subject::Host,
        run: throughput::one_task,
    },
    Bench {
        name: "ten-tasks",
        about: "jobs per second of instances with ten tasks in a row",
        subject: Subject::Host,
        run: throughput::ten_tasks,
    },
    Bench {
        name: "typical",
        about: "instances completed per second: ten tasks, two timers, a gateway, 0.5 kB",
        subject: Subject::Host,
        run: throughput::typical,
    },
    Bench {
        name: "realistic",
        about: "instances completed per second: five tasks, a sub-process, mappings, gateways, 11 kB",
        subject: Subject::Host,
        run: throughput::realistic,
    },
    Bench {
        name: "one-task-p99",
        about: "milliseconds from the intended start to the end, p99, at 1,000 one-task instances started per second",
        subject: Subject::Host,
        run: latency::one_task_p99,
    },
    Bench {
        name: "one-task-idle",
        about: "milliseconds from start to end of one instance on an idle host, p50",
        subject: Subject::Host,
        run: latency::one_task_idle,
    },
    Bench {
        name: "ten-tasks-idle",
        about: "the same of an instance with ten tasks",
        subject: Subject::Host,
        run: latency::ten_tasks_idle,
    },
    Bench {
        name: "sandbox-job",
        about: "CPU microseconds for one job of a Rust component in a fresh instance",
        subject: Subject::Part,
        run: |_| sandboxed_job::bench(),
    },
    Bench {
        name: "isolation",
        about: "p99 of well-behaved jobs beside the kind of attack that they feel most, as a multiple of their p99 alone",
        subject: Subject::Part,
        run: isolation::bench,
    },
    Bench {
        name: "feel-condition",
        about: "nanoseconds to evaluate a gateway condition",
        subject: Subject::Part,
        run: |_| expression::condition(),
    },
    Bench {
        name: "feel-parse",
        about: "nanoseconds to parse an everyday expression",
        subject: Subject::Part,
        run: |_| expression::parse(),
    },
    Bench {
        name: "idle-rss",
        about: "resident megabytes of an idle host",
        subject: Subject::Host,
        run: start::idle_rss,
    },
    Bench {
        name: "start-ready",
        about: "milliseconds from starting the process to being ready, on an existing folder",
        subject: Subject::Host,
        run: start::start_ready,
    },
    Bench {
        name: "restart",
        about: "seconds from the start after a kill -9 under load to the first new completion",
        subject: Subject::Host,
        run: restart::bench,
    },
    Bench {
        name: "timers-10k",
        about: "seconds until the last of 10,000 timers that are due at once has fired, as a client sees it",
        subject: Subject::Host,
        run: timers::bench,
    },
    Bench {
        name: "canary",
        about: "seconds from the first attempt of a 10 % canary that fails, at 1,000 jobs per second, until the host has gone back",
        subject: Subject::Host,
        run: canary::bench,
    },
    Bench {
        name: "one-task-10m",
        about: "one-task instances completed per second with 10 million finished ones in the database",
        subject: Subject::HostAtLength,
        run: finished::bench,
    },
    Bench {
        name: "waiting-1m-start",
        about: "seconds from starting the process to being ready, with a million waiting instances",
        subject: Subject::HostAtLength,
        run: waiting::start,
    },
    Bench {
        name: "waiting-1m-rss",
        about: "resident megabytes with a million waiting instances, after the host has worked",
        subject: Subject::HostAtLength,
        run: waiting::rss,
    },
    Bench {
        name: "waiting-idle-cpu",
        about: "per cent of one core that a host with a million waiting instances takes",
        subject: Subject::HostAtLength,
        run: waiting::idle_cpu,
    },
    Bench {
        name: "waiting-work",
        about: "milliseconds to start, find and finish one instance among a million waiting ones, p50",
        subject: Subject::HostAtLength,
        run: waiting::work,
    },
    Bench {
        name: "components-1k",
        about: "resident megabytes of a host with 1,000 different components, after each has done a job",
        subject: Subject::HostAtLength,
        run: components::bench,
    },
    Bench {
        name: "overload",
        about: "seconds from the end of ten times the load that it can take until the host is as quick as before",
        subject: Subject::HostAtLength,
        run: overload::bench,
    },
];

/// Runs the benches that are asked for.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if arguments.list {
        for Bench { name, about, subject, .. } in BENCHES {
            let when =
                if *subject == Subject::HostAtLength { " (only by its name or with --all)" } else { "" };
            println!("{name:<18}{about}{when}");
        }
        return Ok(());
    }
    for name in &arguments.names {
        anyhow::ensure!(
            BENCHES.iter().any(|bench| bench.name == name),
            "there is no bench `{name}`; `--list` names them"
        );
    }
    let server =
        arguments.postgres.then(Server::start).transpose().context("failed to start a PostgreSQL")?;
    let mut report = Report::new(arguments.json, if server.is_some() { "postgres" } else { "sqlite" });
    let mut session = Session::new(arguments.scale, arguments.overload_time, server);
    for bench in BENCHES.iter().filter(|bench| arguments.want(bench)) {
        let disk = if bench.subject == Subject::Part { None } else { Some(Disk::measure()?) };
        let measurement = (bench.run)(&mut session)?;
        report.add(bench.name, bench.about, measurement, disk)?;
    }
    report.finish();
    Ok(())
}

impl Arguments {
    fn want(&self, bench: &Bench) -> bool {
        if self.names.is_empty() {
            match bench.subject {
                Subject::Part => !self.postgres,
                Subject::Host => true,
                Subject::HostAtLength => self.all,
            }
        } else {
            self.names.iter().any(|name| name == bench.name)
        }
    }
}

fn part(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(part) if part > 0.0 && part <= 1.0 => Ok(part),
        _ => Err("expected a number above 0 and up to 1".to_owned()),
    }
}

/// Reads a time such as `500ms`, `10s` or `1m 30s`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let parsed: jiff::SignedDuration = text.parse().map_err(|error| format!("{error}"))?;
    match Duration::try_from(parsed) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("expected a time above zero".to_owned()),
    }
}
