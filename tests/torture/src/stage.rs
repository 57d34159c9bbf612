//! A place with a load on it, from the first host to the last look.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use harness::{Host, component};
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::check::acknowledged::{Asked, Fate, Found};
use crate::check::database::Reader;
use crate::check::history::{self, Keys};
use crate::check::{Violation, replay};
use crate::load::Load;
use crate::place::Place;
use crate::report::Report;

const MODEL: &str = include_str!("../models/torture.bpmn");

/// How often a host is asked whether it has done what it must.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(20);
/// When to give up waiting for that: a host that is well takes a small part of it.
const GIVE_UP_AFTER: Duration = Duration::from_secs(90);

/// A place with a load on it.
pub(crate) struct Stage {
    pub(crate) place: Place,
    pub(crate) load: Load,
}

impl Stage {
    /// Begins; there is no host yet.
    pub(crate) fn new(place: Place, seed: u64) -> Self {
        Self { place, load: Load::begin(seed) }
    }

    /// Starts the first host, with what the load needs, and the load.
    pub(crate) async fn first_host(&self) -> anyhow::Result<Host> {
        let host = self.place.start()?;
        let (status, answer) = host.upload(component("echo.wasm")?).await?;
        ensure!((200..300).contains(&status), "failed to upload the component: {status} {answer}");
        host.deploy("torture.bpmn", MODEL.to_owned()).await?;
        self.load.go_to(Some(&host));
        Ok(host)
    }

    /// Starts a host where another one was, and sends the load there.
    pub(crate) fn next_host(&self) -> anyhow::Result<Host> {
        let host = self.place.start()?;
        self.load.go_to(Some(&host));
        Ok(host)
    }

    /// Kills the host. Gives how many requests had no answer.
    pub(crate) fn kill(&self, mut host: Host) -> anyhow::Result<usize> {
        let under_way = self.load.ledger.under_way();
        self.goes_away();
        host.kill()?;
        self.load.go_to(None);
        Ok(under_way)
    }

    /// From now on the host need not answer, until it [is back](Self::is_back) or the load goes to another one.
    pub(crate) fn goes_away(&self) {
        self.load.ledger.host_goes_away();
    }

    /// From now on every request must be answered.
    pub(crate) fn is_back(&self) {
        self.load.ledger.host_is_back();
    }

    /// Waits until a count has grown by `more`. False when it does not.
    pub(crate) async fn grows(&self, more: u64, count: impl Fn(&Load) -> u64) -> bool {
        let (began, first) = (Instant::now(), count(&self.load));
        while count(&self.load) < first + more {
            if began.elapsed() > GIVE_UP_AFTER {
                return false;
            }
            sleep(LOOK_AGAIN_AFTER).await;
        }
        true
    }

    /// Whether the host works: it starts instances, does their jobs and completes tasks.
    pub(crate) async fn works(&self) -> bool {
        const COMMANDS: u64 = 20;
        const TASKS: u64 = 5;
        self.grows(COMMANDS, |load| load.ledger.acknowledged()).await
            && self.grows(TASKS, |load| load.ledger.tasks_done()).await
    }

    /// [Looks](Self::look) at what a scenario has left: it must be well. Otherwise it stays for people to look at.
    pub(crate) async fn conclude(mut self, acted: anyhow::Result<Host>, report: Report) -> Report {
        let report = self.look(acted, report).await;
        if !report.violations.is_empty() {
            eprintln!("what the host has left is in {}", self.place.keep().display());
        }
        report
    }

    /// Lets everything come to its end, ends the last host, and looks at what is there. What fails is a violation, also in
    /// what a scenario has done until there was a last host.
    pub(crate) async fn look(&mut self, acted: anyhow::Result<Host>, mut report: Report) -> Report {
        self.load.stop_starting().await;
        if let Some(host) = report.done("the scenario", acted) {
            self.end(host, &mut report).await;
        }
        let ledger = &self.load.ledger;
        report.violations.extend(ledger.unexpected().into_iter().map(Violation::Answer));
        report.count("acknowledged commands", ledger.acknowledged());
        report.count("answers 503", ledger.refused());
        if let Some(panics) = report.done("the log", self.place.panics()) {
            report.violations.extend(panics);
        }
        report
    }

    async fn end(&self, host: Host, report: &mut Report) {
        // What does not end is found in the database as well.
        if let Some(ended) = report.done("the search for active instances", all_ended(&host).await) {
            report.expect(ended, || format!("instances have not ended after {} s", GIVE_UP_AFTER.as_secs()));
        }
        self.goes_away();
        report.done("the end of the host", tokio::task::block_in_place(|| host.terminate()));
        let asked = self.load.ledger.asked().clone();
        if let Some(found) = report.done("the look at the database", verify(&self.place, &asked).await) {
            report.add(found);
        }
    }
}

/// Waits until no instance is active. False when that does not come.
async fn all_ended(host: &Host) -> anyhow::Result<bool> {
    let began = Instant::now();
    let search = json!({ "filter": { "state": "ACTIVE" }, "page": { "limit": 1 } });
    loop {
        let (status, found) = host.send("POST", "/v2/process-instances/search", Some(&search)).await?;
        if status == 200 && found["page"]["totalItems"].as_u64().context("totalItems")? == 0 {
            return Ok(true);
        }
        if began.elapsed() > GIVE_UP_AFTER {
            return Ok(false);
        }
        sleep(LOOK_AGAIN_AFTER).await;
    }
}

/// Looks at all that a host has left, with every checker.
pub(crate) async fn verify(place: &Place, asked: &Asked) -> anyhow::Result<Report> {
    let store = place.store().await?;
    let mut reader = Reader::new(&*store);
    let (mut report, mut found, mut keys) = (Report::default(), Found::default(), Keys::default());
    let (mut events, mut interrupted, mut fired) = (0, 0, 0);
    for record in reader.records().await? {
        let instance = reader.instance(record).await?;
        found.add(&instance);
        report.violations.extend(replay::check(&instance));
        report.violations.extend(history::check(&instance, &mut keys));
        for (_, event) in instance.history.iter().flat_map(|history| history::events(history)) {
            events += 1;
            interrupted += u64::from(matches!(event, engine::Event::JobInterrupted { .. }));
            fired += u64::from(matches!(event, engine::Event::TimerTriggered { .. }));
        }
    }
    store.close().await?;
    report.violations.extend(keys.check());
    report.violations.extend(found.check(asked));
    report.violations.extend(place.database().await?.orphans().await?);
    let unanswered = asked.starts.iter().filter(|(_, fate)| **fate == Fate::Unknown);
    let (there, not_there): (Vec<_>, Vec<_>) = unanswered.partition(|(id, _)| found.has(id));
    report.count("instances", found.instances() as u64);
    report.count("events replayed", events);
    report.count("timers fired", fired);
    report.count("jobs cut off", interrupted);
    report.count("unanswered starts that were durable", there.len() as u64);
    report.count("that were not", not_there.len() as u64);
    report.expect(events > 0, || "there is nothing to check".to_owned());
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_fails_is_a_violation_and_the_evidence_stays() -> anyhow::Result<()> {
        let stage = Stage::new(Place::in_folder()?, 1);
        let folder = stage.place.folder().to_owned();
        std::fs::write(folder.join("host.log"), "thread 'main' panicked at lib.rs:1:1:\nno\n")?;
        let report = stage.conclude(Err(anyhow::anyhow!("no host starts")), Report::default()).await;
        let found = &report.violations[..];
        assert!(
            matches!(found, [Violation::Expected(what), Violation::Panicked(_)] if what.contains("no host starts"))
        );
        assert!(folder.exists());
        std::fs::remove_dir_all(folder)?;
        Ok(())
    }
}
