//! What is done to hosts.

mod clock;
mod disk_full;
mod kill;
mod postgres_restart;
mod power;
mod second_host;

use std::pin::Pin;

use harness::Server;

use crate::report::Report;

/// How much is done.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Hosts that are killed by `kill`, half of them on each database.
    pub kills: u32,
    /// How often the other scenarios do what they do.
    pub rounds: u32,
    /// The same seed makes the same moves.
    pub seed: u64,
}

impl Effort {
    /// A few of each, in about a minute.
    pub fn short(seed: u64) -> Self {
        Self { kills: 20, rounds: 1, seed }
    }

    /// Enough to find what happens rarely.
    pub fn long(seed: u64) -> Self {
        Self { kills: 200, rounds: 10, seed }
    }
}

type Running = Pin<Box<dyn Future<Output = anyhow::Result<Report>> + Send>>;

/// Something that is done to hosts.
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// What is done, in a few words.
    pub about: &'static str,
    run: fn(Effort) -> Running,
}

/// All of them.
pub const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "kill",
        about: "kill -9 under load, again and again on the same data, on SQLite and PostgreSQL",
        run: |effort| Box::pin(kill::run(effort)),
    },
    Scenario {
        name: "power",
        about: "loss of power: what was not synced is gone; a disk that lies about syncs has to be found out",
        run: |effort| Box::pin(power::run(effort)),
    },
    Scenario {
        name: "disk-full",
        about: "a disk without room, and with room again",
        run: |effort| Box::pin(disk_full::run(effort)),
    },
    Scenario {
        name: "postgres-restart",
        about: "PostgreSQL stopped, crashed and started again, its connections cut",
        run: |effort| Box::pin(postgres_restart::run(effort)),
    },
    Scenario {
        name: "clock",
        about: "a clock that jumps forward and back",
        run: |effort| Box::pin(clock::run(effort)),
    },
    Scenario {
        name: "second-host",
        about: "a host that is paused or cut off past its lease while a second one takes over",
        run: |effort| Box::pin(second_host::run(effort)),
    },
];

impl Scenario {
    /// Does it. Needs a Tokio runtime with several threads.
    ///
    /// # Errors
    /// It could not be done. What is wrong with the host is in the report.
    pub async fn run(&self, effort: Effort) -> anyhow::Result<Report> {
        (self.run)(effort).await
    }
}

const NO_POSTGRES: &str = "there is no PostgreSQL";

/// A PostgreSQL, or a report that says that there is none.
fn server() -> Result<Server, Report> {
    tokio::task::block_in_place(Server::find).ok_or_else(|| Report::skipped(NO_POSTGRES))
}
