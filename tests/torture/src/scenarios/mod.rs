//! What is done to hosts.

mod clock;
mod disk_full;
mod kill;
mod postgres_restart;
mod power;
mod second_host;

use std::pin::Pin;

use harness::{Schema, Server};

use crate::place::new_folder;
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

/// Removes a schema, or leaves what is in it for people to look at: it may be gone with its server soon.
async fn leave(schema: Schema, mut report: Report) -> Report {
    if report.violations.is_empty() {
        report.done("the schema", schema.remove().await.map_err(Into::into));
        return report;
    }
    let kept = tokio::task::block_in_place(|| -> anyhow::Result<_> {
        let file = new_folder()?.keep().join("schema.sql");
        schema.dump(&file)?;
        Ok(file)
    });
    if let Some(file) = report.done("the copy of the schema", kept) {
        eprintln!("schema {} is in {}", schema.name(), file.display());
    }
    report
}

#[cfg(test)]
mod tests {
    use sqlx::Executor as _;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_copy_of_a_schema_has_what_is_in_it() -> anyhow::Result<()> {
        let Ok(server) = server() else { return Ok(()) };
        let schema = server.schema().await?;
        schema.connect().await?.execute("CREATE TABLE evidence AS SELECT 4711 AS number").await?;
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("schema.sql");
        tokio::task::block_in_place(|| schema.dump(&file))?;
        let copy = std::fs::read_to_string(&file)?;
        assert!(
            copy.contains(&format!("CREATE TABLE {}.evidence", schema.name())) && copy.contains("4711"),
            "{copy}"
        );
        Ok(schema.remove().await?)
    }
}
