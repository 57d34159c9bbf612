//! A host that is paused past its lease while a second one takes over, and then goes on.

use std::time::Duration;

use futures_util::future::join_all;
use harness::{Api, Host};
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{Effort, server};
use crate::place::Place;
use crate::random::Random;
use crate::report::Report;
use crate::stage::Stage;

/// How long the first host works, in milliseconds.
const WORK_MS: (u64, u64) = (100, 600);
/// Takeovers are as long as a lease: a long torture has fewer of them than rounds of other scenarios.
const TAKEOVERS_MAX: u32 = 5;
/// Starts that wait for a paused host.
const STARTS: usize = 8;
/// How long a host that has lost its lease may take to end.
const ENDS_WITHIN: Duration = Duration::from_secs(60);

pub(super) async fn run(effort: Effort) -> anyhow::Result<Report> {
    let server = match server() {
        Ok(server) => server,
        Err(skipped) => return Ok(skipped),
    };
    let schema = server.schema().await?;
    let mut random = Random::new(effort.seed, "second-host");
    let mut report = Report::default();
    let mut stage = Stage::new(Place::in_schema(&schema)?, random.next());
    let mut other = stage.place.beside()?;
    let mut host = stage.first_host().await?;
    for takeover in 0..effort.rounds.min(TAKEOVERS_MAX) {
        let (data, options) = (other.data(), other.options.clone());
        let second = tokio::task::spawn_blocking(move || Host::start_with(&data, &options));
        let works = stage.works().await;
        report.expect(works && !second.is_finished(), || "two hosts work at the same time".to_owned());
        sleep(random.millis(WORK_MS.0, WORK_MS.1)).await;
        host.pause()?;
        let second = second.await??;
        stage.load.go_to(Some(&second));
        let works = stage.works().await;
        report.expect(works, || "a host that has taken over does not work".to_owned());

        let paused = host.api();
        let fenced = tokio::spawn(async move { starts(&paused, takeover).await });
        // The requests wait in the paused host's sockets. If one does not, it comes later and is refused as well.
        sleep(Duration::from_millis(100)).await;
        host.go_on()?;
        let accepted = fenced.await?;
        report.expect(accepted == 0, || format!("a host without its lease accepted {accepted} starts"));
        let ended = ends(&mut host).await?;
        report.expect(ended, || "a host without its lease goes on".to_owned());
        report.count("takeovers", 1);
        report.count("starts fenced off", (STARTS - accepted) as u64);
        std::mem::swap(&mut stage.place, &mut other);
        host = second;
    }
    report.add(stage.finish(host).await?);
    schema.remove().await?;
    Ok(report)
}

/// Starts that nobody accepts, and that the ledger does not know: an instance that comes of one is found as uninvited.
/// Gives how many were accepted.
async fn starts(api: &Api, takeover: u32) -> usize {
    let starts = (0..STARTS).map(async |start| {
        let body = json!({
            "processDefinitionId": "torture",
            "businessId": format!("fenced-{takeover}-{start}"),
        });
        api.send("POST", "/v2/process-instances", Some(&body)).await
    });
    let answers = join_all(starts).await;
    answers.iter().filter(|answer| matches!(answer, Ok((200..300, _)))).count()
}

async fn ends(host: &mut Host) -> anyhow::Result<bool> {
    let began = Instant::now();
    while host.is_running()? {
        if began.elapsed() > ENDS_WITHIN {
            return Ok(false);
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(true)
}
