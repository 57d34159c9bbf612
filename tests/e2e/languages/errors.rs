//! What becomes of errors that a worker leaves to its SDK: the table of `guest-sdk/README.md`, the same in all languages.
//!
//! The probe of each language meets one error in each job.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use scaffold::Language;
use serde_json::{Value, json};

use crate::probe::Probe;
use crate::service::Service;

/// The wait before the second attempt that an SDK asks for after an outage.
const FIRST_WAIT_MS: u64 = 1_000;

/// A host that the probes are not granted.
const UNGRANTED: &str = "http://127.0.0.1:9";

/// What becomes of a job.
#[derive(Clone, Copy, Debug)]
enum Then {
    /// An incident at once: a retry would meet the same error.
    Incident,
    /// A retry, after a wait that grows from attempt to attempt.
    LaterRetry,
    /// A retry, as the model says.
    Retry,
}

/// An error, what becomes of the job, and what its message says in every language.
struct Case {
    case: &'static str,
    url: String,
    then: Then,
    says: &'static str,
}

/// Errors that the probe of a language meets.
struct Errors {
    language: Language,
    probe: Probe,
}

/// Has the probe of a language meet every error of the table.
pub(crate) async fn follow_the_table(language: Language) -> anyhow::Result<()> {
    let (_service, address) = Service::start().await?;
    let errors = Errors { language, probe: Probe::new(language, address)? };
    for case in cases(address)? {
        errors.meets(&case).await.with_context(|| format!("`{}` of {}", case.case, case.url))?;
    }
    errors.takes_what_is_large(address).await.context("a large answer")?;
    errors.says_what_is_not_utf8().await
}

fn cases(address: SocketAddr) -> anyhow::Result<Vec<Case>> {
    let at = |path: &str| format!("http://{address}{path}");
    let case = |case, url, then, says| Case { case, url, then, says };
    use Then::{Incident, LaterRetry, Retry};
    Ok(vec![
        case("get", "no url".to_owned(), Incident, "the HTTP request cannot be built: "),
        case("get", format!("{UNGRANTED}/"), Incident, "--host http://127.0.0.1:9"),
        case("get", at("/large"), Incident, "bytes"),
        case("get", at("/broken"), LaterRetry, "the HTTP "),
        case("get", closed_port()?, LaterRetry, "the HTTP host cannot be reached: 127.0.0.1:"),
        case("late", at("/late"), LaterRetry, "did not answer"),
        case("json", at("/text"), LaterRetry, "the HTTP answer cannot be read: "),
        case("secret", String::new(), Incident, "`NOT_GRANTED`"),
        case("effect", String::new(), Incident, "idempotency"),
        case("checkpoint", String::new(), Incident, "version"),
        case("large-checkpoint", String::new(), Incident, "the checkpoint "),
        case("list", String::new(), Incident, "JSON object"),
        case("mistake", String::new(), Retry, "it broke"),
    ])
}

/// An address where nobody listens.
pub(crate) fn closed_port() -> anyhow::Result<String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    Ok(format!("http://{}/", listener.local_addr()?))
}

impl Errors {
    async fn meets(&self, case: &Case) -> anyhow::Result<()> {
        let outcome = &self.run(case.case, &case.url).await?["outcome"];
        let message = outcome["message"].as_str().unwrap_or_default();
        ensure!(outcome["kind"] == "failed" && message.contains(case.says), "{outcome:#}");
        let (retries, wait) = match case.then {
            Then::Incident => (Some(0), None),
            Then::LaterRetry => (None, Some(FIRST_WAIT_MS)),
            Then::Retry => (None, None),
        };
        let found = (outcome["retries"].as_u64(), outcome["retryAfterMs"].as_u64());
        ensure!(found == (retries, wait), "expected {:?}: {outcome:#}", case.then);
        Ok(())
    }

    /// Nothing that is within the limits is too much for a language's memory.
    async fn takes_what_is_large(&self, address: SocketAddr) -> anyhow::Result<()> {
        let told = self.run("get", &format!("http://{address}/large-enough")).await?;
        ensure!(told["outcome"]["kind"] == "completed", "{told:#}");
        Ok(())
    }

    /// Bytes that are not UTF-8, or what a language has in their place, end no component.
    async fn says_what_is_not_utf8(&self) -> anyhow::Result<()> {
        const REPLACED: &str = "gr\u{fffd}n";
        let outcome = &self.run("message", "").await?["outcome"];
        ensure!(outcome["message"] == REPLACED && outcome["code"] == REPLACED, "{outcome:#}");
        let outcome = &self.run("error", "").await?["outcome"];
        ensure!(outcome["kind"] == "BPMN error" && outcome["code"] == REPLACED, "{outcome:#}");
        ensure!(outcome["message"] == REPLACED, "{outcome:#}");
        let told = self.run("log", "").await?;
        let record = &told["log"][0];
        let field = &record["fields"]["field"];
        ensure!(record["message"] == REPLACED && field == REPLACED, "{told:#}");
        let outcome = &self.run("result", "").await?["outcome"];
        match self.language {
            Language::Rust | Language::C | Language::Go => {
                ensure!(outcome["variables"]["text"] == REPLACED, "{outcome:#}");
            }
            // What such a text stands for is not known, and nothing else is put in its place.
            Language::Js | Language::Python => {
                let message = outcome["message"].as_str().unwrap_or_default();
                ensure!(message.contains("half a surrogate pair") && outcome["retries"] == 0, "{outcome:#}");
            }
        }
        Ok(())
    }

    /// One job that meets an error.
    async fn run(&self, case: &str, url: &str) -> anyhow::Result<Value> {
        let mut options = Vec::new();
        if !url.starts_with(UNGRANTED)
            && let Some(place) = url.strip_prefix("http://").and_then(|rest| rest.split('/').next())
        {
            options.extend(["--host".to_owned(), format!("http://{place}")]);
        }
        if case == "checkpoint" {
            let path = self.unreadable_checkpoint()?;
            options.extend(["--checkpoint".to_owned(), path.display().to_string()]);
        }
        self.probe.run(&json!({ "case": case, "url": url }), &options).await
    }

    fn unreadable_checkpoint(&self) -> anyhow::Result<PathBuf> {
        let path = self.probe.folder().join("checkpoint");
        std::fs::write(&path, "not JSON")?;
        Ok(path)
    }
}
