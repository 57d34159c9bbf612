//! A host that is paused or cut off past its lease while a second one takes over, and then goes on.

use std::time::Duration;

use futures_util::future::{join, join_all};
use harness::{Api, Host, Schema, text};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use types::ProcessInstanceKey;

use super::{Effort, leave, server};
use crate::load::cancellation;
use crate::network::Network;
use crate::place::Place;
use crate::random::Random;
use crate::report::Report;
use crate::stage::Stage;

/// How long the first host works, in milliseconds.
const WORK_MS: (u64, u64) = (100, 600);
/// Takeovers are as long as a lease: a long torture has fewer of them than rounds of other scenarios.
const ROUNDS_MAX: u32 = 4;
/// Starts that wait for a host that has lost its lease, and as many cancellations.
///
/// A start alone would not show that the fence is missing: its keys were given out again by the other host, and the
/// database refuses them. A cancellation needs no new key, and the rows that it removes are there.
const STARTS: usize = 8;
const UNTOUCHED: &str = include_str!("../../models/untouched.bpmn");
/// How long a host without load has work of its own: timers of a second, and the jobs after them.
const SETTLES_WITHIN: Duration = Duration::from_secs(2);
/// How long a host that has lost its lease may take to end.
const ENDS_WITHIN: Duration = Duration::from_secs(60);

/// How a host fails to renew its lease.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Failure {
    /// It is paused, and goes on when the other one has taken over: it finds out by itself that it is late.
    Paused,
    /// What it sends is held, and arrives when the other one has taken over: only the database can refuse it.
    Held,
}

/// A host's place, and its network.
struct Node {
    place: Place,
    network: Option<Network>,
}

pub(super) async fn run(effort: Effort) -> anyhow::Result<Report> {
    let server = match server() {
        Ok(server) => server,
        Err(skipped) => return Ok(skipped),
    };
    let schema = server.schema().await?;
    let mut random = Random::new(effort.seed, "second-host");
    let mut report = Report::default();
    let first = Node::new(&schema, &mut report)?;
    let mut other = Node::new(&schema, &mut report)?;
    let mut network = first.network;
    let mut stage = Stage::new(first.place, random.next());
    let takeovers = 2 * effort.rounds.min(ROUNDS_MAX);
    let acted = act(&mut stage, &mut network, &mut other, takeovers, &mut random, &mut report).await;
    let mut report = stage.conclude(acted, report).await;
    if let Some(panics) = report.done("the log of the other host", other.place.panics()) {
        report.violations.extend(panics);
    }
    if !report.violations.is_empty() {
        eprintln!("what the other host has left is in {}", other.place.keep().display());
    }
    Ok(leave(schema, report).await)
}

async fn act(
    stage: &mut Stage,
    network: &mut Option<Network>,
    other: &mut Node,
    takeovers: u32,
    random: &mut Random,
    report: &mut Report,
) -> anyhow::Result<Host> {
    let mut host = stage.first_host().await?;
    host.deploy("untouched.bpmn", UNTOUCHED.to_owned()).await?;
    for takeover in 0..takeovers {
        let (data, options) = (other.place.data(), other.place.options.clone());
        let second = tokio::task::spawn_blocking(move || Host::start_with(&data, &options));
        let works = stage.works().await;
        report.expect(works && !second.is_finished(), || "two hosts work at the same time".to_owned());
        sleep(random.millis(WORK_MS.0, WORK_MS.1)).await;
        let untouched = untouched(stage, &host, takeover).await?;

        let failure = if takeover % 2 == 0 && network.is_some() { Failure::Held } else { Failure::Paused };
        if let (Failure::Held, Some(network)) = (failure, &*network) {
            // What is held is to be the commands below, and nothing else.
            stage.load.go_to(None);
            sleep(SETTLES_WITHIN).await;
            network.hold();
        } else {
            stage.goes_away();
            host.pause()?;
        }
        let (late, keys) = (host.api(), untouched.clone());
        let late = tokio::spawn(async move {
            let (mut cancelled, started) = join(cancellations(&late, &keys), starts(&late, takeover)).await;
            cancelled.extend(started);
            cancelled
        });
        let second = second.await??;
        stage.load.go_to(Some(&second));
        let works = stage.works().await;
        report.expect(works, || "a host that has taken over does not work".to_owned());
        match &*network {
            Some(network) if failure == Failure::Held => {
                let bytes = network.release();
                report.count("bytes held", bytes);
                report.expect(bytes > 0, || "a host that was cut off had sent nothing".to_owned());
            }
            _ => host.go_on()?,
        }
        let answers = late.await?;
        let accepted = answers.iter().filter(|answer| matches!(answer, Ok((200..300, _)))).count();
        report.expect(accepted == 0, || format!("a host without its lease accepted {accepted} commands"));
        let ended = ends(&mut host).await?;
        report.expect(ended, || "a host without its lease goes on".to_owned());
        let name =
            if failure == Failure::Held { "takeovers from a cut off host" } else { "from a paused one" };
        report.count(name, 1);
        // Only a host that is still there can refuse anything.
        let answered = answers.iter().filter(|answer| answer.is_ok()).count();
        report.count("commands refused by late hosts", (answered - accepted) as u64);
        report.count("commands that ended with them", (answers.len() - answered) as u64);
        // What the late host was to cancel is still there to be cancelled.
        for key in untouched {
            let request = stage.load.ledger.begin_cancel(key);
            let (status, answer) = second.send("POST", &cancellation(key), Some(&json!({}))).await?;
            drop(request);
            report.expect(status == 204, || format!("instance {key} cannot be cancelled: {status} {answer}"));
            if status == 204 {
                stage.load.ledger.cancelled(key);
            }
        }
        std::mem::swap(&mut stage.place, &mut other.place);
        std::mem::swap(network, &mut other.network);
        host = second;
    }
    Ok(host)
}

impl Node {
    /// A place of its own, with a network of its own where the server can be reached by one. The report says where not.
    fn new(schema: &Schema, report: &mut Report) -> anyhow::Result<Self> {
        let mut place = Place::in_schema(schema)?;
        match Network::to(&schema.url(), place.folder()) {
            Ok((network, url)) => {
                place.options.database_url = Some(url);
                Ok(Self { place, network: Some(network) })
            }
            Err(reason) => {
                report.skipped = Some(format!("hosts are only paused, none can be cut off: {reason:#}"));
                Ok(Self { place, network: None })
            }
        }
    }
}

/// Starts instances that nobody touches.
async fn untouched(stage: &Stage, host: &Host, takeover: u32) -> anyhow::Result<Vec<ProcessInstanceKey>> {
    let mut keys = Vec::new();
    for number in 0..STARTS {
        let business_id = format!("untouched-{takeover}-{number}");
        let request = stage.load.ledger.begin_start(&business_id);
        let body = json!({ "processDefinitionId": "untouched", "businessId": business_id });
        let key = text(&host.post("/v2/process-instances", &body).await?, "processInstanceKey")?.parse()?;
        drop(request);
        stage.load.ledger.started(&business_id, key);
        keys.push(key);
    }
    Ok(keys)
}

/// What a host says to a command, if it says anything.
type Answer = anyhow::Result<(u16, Value)>;

/// Cancellations that nobody accepts.
async fn cancellations(api: &Api, instances: &[ProcessInstanceKey]) -> Vec<Answer> {
    let cancellations = instances.iter().map(async |key| {
        let path = cancellation(*key);
        api.send("POST", &path, Some(&json!({}))).await
    });
    join_all(cancellations).await
}

/// Starts that nobody accepts, and that the ledger does not know: an instance that comes of one is found as uninvited.
async fn starts(api: &Api, takeover: u32) -> Vec<Answer> {
    let starts = (0..STARTS).map(async |start| {
        let body = json!({
            "processDefinitionId": "torture",
            "businessId": format!("fenced-{takeover}-{start}"),
        });
        api.send("POST", "/v2/process-instances", Some(&body)).await
    });
    join_all(starts).await
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
