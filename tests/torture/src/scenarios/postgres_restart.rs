//! PostgreSQL stopped, crashed and started again, its connections cut.

use harness::{Host, Schema, Server};
use tokio::time::sleep;

use super::{Effort, NO_POSTGRES, leave};
use crate::place::Place;
use crate::random::Random;
use crate::report::Report;
use crate::stage::Stage;

/// How long the server is well, in milliseconds, and away.
const WELL_MS: (u64, u64) = (50, 500);
const AWAY_MS: (u64, u64) = (0, 1_000);
/// Refused commands that a server that is away leads to.
const REFUSALS: u64 = 10;

pub(super) async fn run(effort: Effort) -> anyhow::Result<Report> {
    // One that others use is not stopped.
    let server = match tokio::task::block_in_place(Server::start) {
        Ok(server) => server,
        Err(reason) => return Ok(Report::skipped(format!("{NO_POSTGRES} to stop: {reason:#}"))),
    };
    let schema = server.schema().await?;
    let mut random = Random::new(effort.seed, "postgres-restart");
    let mut report = Report::default();
    let stage = Stage::new(Place::in_schema(&schema)?, random.next());
    let acted = act(&stage, &server, &schema, effort.rounds, &mut random, &mut report).await;
    let report = stage.conclude(acted, report).await;
    Ok(leave(schema, report).await)
}

async fn act(
    stage: &Stage,
    server: &Server,
    schema: &Schema,
    rounds: u32,
    random: &mut Random,
    report: &mut Report,
) -> anyhow::Result<Host> {
    let mut host = stage.first_host().await?;
    for _ in 0..rounds {
        sleep(random.millis(WELL_MS.0, WELL_MS.1)).await;
        report.count("connections cut", schema.cut_connections().await?.unsigned_abs());
        let works = stage.works().await;
        report.expect(works, || "a host whose connections were cut does not go on".to_owned());
        for crashes in [false, true] {
            sleep(random.millis(WELL_MS.0, WELL_MS.1)).await;
            stage.goes_away();
            tokio::task::block_in_place(|| if crashes { server.crash() } else { server.stop() })?;
            let refused = stage.grows(REFUSALS, |load| load.ledger.refused()).await;
            report.expect(refused, || "a host without its database refuses nothing".to_owned());
            sleep(random.millis(AWAY_MS.0, AWAY_MS.1)).await;
            tokio::task::block_in_place(|| server.start_again())?;
            let works = stage.works().await;
            stage.is_back();
            report.expect(works, || "a host whose database is back does not go on".to_owned());
            report.count(if crashes { "crashes of the server" } else { "restarts" }, 1);
        }
        report.expect(host.is_running()?, || "a host without its database has ended".to_owned());
    }
    Ok(host)
}
