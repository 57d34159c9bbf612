//! The same worker in every language, built from the language's template: it does the same on a real host.

#[path = "languages/errors.rs"]
mod errors;
#[path = "languages/fetch.rs"]
mod fetch;
mod harness;
#[path = "languages/probe.rs"]
mod probe;
#[path = "languages/service.rs"]
mod service;
#[path = "languages/sizes.rs"]
mod sizes;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use scaffold::Language;
use serde_json::{Value, json};
use tokio::process::Command;

use harness::{Host, Options, binary, component, model, root, text};
use service::{Seen, Service};

/// What no place but the service's may see.
const KEY: &str = "the-key-of-the-customer-service";

macro_rules! languages {
    ($($name:ident $errors:ident $language:ident),+ $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() -> anyhow::Result<()> {
            behaves(Language::$language).await
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn $errors() -> anyhow::Result<()> {
            errors::follow_the_table(Language::$language).await
        }
    )+};
}

languages! {
    rust errors_in_rust Rust,
    javascript errors_in_javascript Js,
    python errors_in_python Python,
    c errors_in_c C,
    go errors_in_go Go,
}

#[tokio::test(flavor = "multi_thread")]
async fn fetch_in_javascript() -> anyhow::Result<()> {
    fetch::is_that_of_the_web().await
}

#[tokio::test(flavor = "multi_thread")]
async fn long_texts_in_javascript() -> anyhow::Result<()> {
    sizes::long_texts_in_javascript().await
}

#[tokio::test(flavor = "multi_thread")]
async fn long_integers_in_python() -> anyhow::Result<()> {
    sizes::long_integers_in_python().await
}

/// The whole behaviour, in one language.
async fn behaves(language: Language) -> anyhow::Result<()> {
    if !language.is_offered() {
        eprintln!("no template for {language} is here, so that there is nothing to look at");
        return Ok(());
    }
    let check = Check::start(language).await?;
    check.a_missing_grant_is_named().await.context("a missing grant")?;
    check.a_missing_setting_is_named().await.context("a missing setting")?;
    check.grant_all().await?;
    check.a_customer_is_checked().await.context("the happy path")?;
    check.a_whole_number_is_one_however_it_is_written().await.context("a whole number")?;
    check.a_low_score_is_not_approved().await.context("a low score")?;
    check.an_unknown_customer_is_caught().await.context("an unknown customer")?;
    check.an_outage_is_tried_again().await.context("an outage")?;
    check.a_second_attempt_goes_on_from_the_checkpoint().await.context("the checkpoint")?;
    check.what_no_retry_helps_is_an_incident_at_once().await.context("no retries")?;
    check.retries_end_in_an_incident().await.context("retries")?;
    check.one_job_runs_on_this_machine().await.context("`fermata worker run`")?;
    check.the_log_is_kept().context("the log")?;
    check.attempts_are_kept().await.context("the attempts")?;
    check.the_secret_is_nowhere_else().await.context("the secret")
}

/// The component of these tests comes from the very files that `fermata new worker` writes.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_folder_becomes_a_worker() -> anyhow::Result<()> {
    ensure!(Language::offered() == Language::ALL, "a template is gone: {:?}", Language::offered());
    for language in Language::offered() {
        let folder = tempfile::tempdir()?;
        let new = folder.path().join("new");
        let name = format!("customer-check-{language}");
        let mut command = Command::new(binary("fermata")?);
        command.args(["new", "worker", &name, "--lang", language.as_str(), "--dir"]).arg(&new);
        let status = command.stdout(std::process::Stdio::null()).status().await?;
        ensure!(status.success(), "{language}: {status}");
        let built = root().join("target/guests/templates").join(language.as_str());
        for (path, content) in files(&new)? {
            let found = std::fs::read(built.join(&path)).unwrap_or_default();
            ensure!(
                found == content,
                "{language}: {} is not what was built: run `cargo xtask guests {name}`",
                path.display()
            );
        }
    }
    Ok(())
}

/// All files below a folder.
fn files(folder: &Path) -> anyhow::Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(folder)?.to_owned(), std::fs::read(&path)?);
            }
        }
    }
    Ok(files)
}

/// A host with one language's worker, and the service that it calls.
struct Check {
    language: Language,
    host: Host,
    service: Service,
    address: SocketAddr,
    folder: tempfile::TempDir,
    log: PathBuf,
}

impl Check {
    async fn start(language: Language) -> anyhow::Result<Self> {
        let (service, address) = Service::start().await?;
        let folder = tempfile::tempdir()?;
        let log = folder.path().join("host.log");
        let options = Options { log: Some("info"), log_file: Some(log.clone()), ..Options::default() };
        let host = Host::start_with(&folder.path().join("data"), &options)?;
        let check = Self { language, host, service, address, folder, log };
        let (status, answer) = check.host.upload(component(&format!("{}.wasm", check.name()))?).await?;
        ensure!(status == 201, "upload: {status} {answer}");
        let (status, answer) = check
            .host
            .send("PUT", "/fermata/v1/secrets/CUSTOMER_API_KEY", Some(&json!({ "value": KEY })))
            .await?;
        ensure!((200..300).contains(&status), "secret: {status} {answer}");
        let model = model("customer-check.bpmn")?.replace("customer-check-rust", check.name());
        check.host.deploy("customer-check.bpmn", model).await?;
        Ok(check)
    }

    fn name(&self) -> &'static str {
        match self.language {
            Language::Rust => "customer-check-rust",
            Language::Js => "customer-check-js",
            Language::Python => "customer-check-python",
            Language::C => "customer-check-c",
            Language::Go => "customer-check-go",
        }
    }

    async fn grant(&self, policy: Value) -> anyhow::Result<()> {
        let path = format!("/fermata/v1/grants/{}", self.name());
        let (status, answer) = self.host.send("PUT", &path, Some(&policy)).await?;
        ensure!((200..300).contains(&status), "grant: {status} {answer}");
        Ok(())
    }

    async fn grant_all(&self) -> anyhow::Result<()> {
        let place = format!("http://{}", self.address);
        self.grant(json!({
            "grants": { "hosts": [place], "secrets": [format!("CUSTOMER_API_KEY@{place}")] },
            // With the slash that people copy along.
            "settings": { "base-url": format!("{place}/") },
        }))
        .await
    }

    /// The end of an instance for a customer: its variables, and the requests that it has made.
    async fn run(&self, customer: &str) -> anyhow::Result<(Value, Vec<Seen>)> {
        let answer = self.host.run_instance("customer-check", json!({ "id": customer })).await?;
        Ok((answer["variables"].clone(), self.service.seen(customer)))
    }

    /// The message of the incident that an instance ends in.
    async fn incident(&self, variables: Value) -> anyhow::Result<String> {
        self.incident_of("customer-check", variables).await
    }

    async fn incident_of(&self, process: &str, variables: Value) -> anyhow::Result<String> {
        let instance = self.host.start_instance(process, variables).await?;
        let incident = self
            .host
            .wait_for("an incident", || async {
                let filter = json!({ "processInstanceKey": instance });
                Ok(self.host.search_all("/v2/incidents/search", filter).await?.into_iter().next())
            })
            .await?;
        text(&incident, "errorMessage")
    }

    async fn a_missing_grant_is_named(&self) -> anyhow::Result<()> {
        let place = format!("http://{}", self.address);
        self.grant(json!({ "settings": { "base-url": place } })).await?;
        let message = self.incident(json!({ "id": "C-ungranted" })).await?;
        ensure!(message.contains("`CUSTOMER_API_KEY`") && message.contains("worker grant"), "{message}");
        self.grant(json!({
            "grants": { "secrets": [format!("CUSTOMER_API_KEY@{place}")] }, "settings": { "base-url": place },
        }))
        .await?;
        let message = self.incident(json!({ "id": "C-ungranted" })).await?;
        let option = format!("fermata worker grant {} --host {place}", self.name());
        ensure!(message.contains(&option), "{message}");
        ensure!(self.service.seen("C-ungranted").is_empty(), "a request has left");
        Ok(())
    }

    async fn a_missing_setting_is_named(&self) -> anyhow::Result<()> {
        let place = format!("http://{}", self.address);
        let grants = json!({ "hosts": [place], "secrets": [format!("CUSTOMER_API_KEY@{place}")] });
        self.grant(json!({ "grants": grants })).await?;
        let message = self.incident(json!({ "id": "C-1" })).await?;
        ensure!(
            message.starts_with("setting `base-url` is missing (setting `base-url` has no value"),
            "{message}"
        );
        Ok(())
    }

    async fn a_customer_is_checked(&self) -> anyhow::Result<()> {
        let (variables, seen) = self.run("C-1").await?;
        for (name, expected) in
            [("customerName", json!("Ada")), ("checkId", json!("chk-7")), ("approved", json!(true))]
        {
            ensure!(variables[name] == expected, "{name}: {variables}");
        }
        let [asked, sent] = &seen[..] else { anyhow::bail!("expected two requests: {seen:#?}") };
        ensure!((asked.method, sent.method) == ("GET", "POST"), "{seen:#?}");
        for request in [asked, sent] {
            ensure!(request.header("authorization") == format!("Bearer {KEY}"), "{request:#?}");
        }
        ensure!(sent.header("content-type") == "application/json", "{sent:#?}");
        ensure!(!sent.header("idempotency-key").is_empty(), "{sent:#?}");
        ensure!(sent.body == json!({ "customer": "C-1", "score": 712 }), "{sent:#?}");
        Ok(())
    }

    async fn a_whole_number_is_one_however_it_is_written(&self) -> anyhow::Result<()> {
        let (variables, seen) = self.run("C-whole").await?;
        ensure!(variables["approved"] == true, "{variables}");
        // A JSON value tells 712 and 712.0 apart.
        ensure!(seen[1].body == json!({ "customer": "C-whole", "score": 712 }), "{seen:#?}");
        Ok(())
    }

    async fn a_low_score_is_not_approved(&self) -> anyhow::Result<()> {
        let (variables, _) = self.run("C-low").await?;
        ensure!(variables["approved"] == false && variables["customerName"] == "Bob", "{variables}");
        Ok(())
    }

    async fn an_unknown_customer_is_caught(&self) -> anyhow::Result<()> {
        // Some letters of the second mean something in a URL.
        for customer in ["C-404", "a/b c"] {
            let (variables, seen) = self.run(customer).await?;
            ensure!(variables["unknown"] == customer, "{variables}");
            ensure!(variables.get("checkId").is_none(), "{variables}");
            ensure!(seen.len() == 1, "{seen:#?}");
        }
        Ok(())
    }

    async fn an_outage_is_tried_again(&self) -> anyhow::Result<()> {
        let (variables, seen) = self.run("C-503").await?;
        ensure!(variables["approved"] == true, "{variables}");
        let [refused, asked, _] = &seen[..] else { anyhow::bail!("expected three requests: {seen:#?}") };
        ensure!((refused.method, asked.method) == ("GET", "GET"), "{seen:#?}");
        let waited = asked.at - refused.at;
        ensure!(waited >= Duration::from_secs(1), "the service asked for 1 s, the worker waited {waited:?}");
        Ok(())
    }

    async fn a_second_attempt_goes_on_from_the_checkpoint(&self) -> anyhow::Result<()> {
        let (variables, seen) = self.run("C-again").await?;
        ensure!(variables["customerName"] == "Ada" && variables["checkId"] == "chk-7", "{variables}");
        let methods: Vec<&str> = seen.iter().map(|request| request.method).collect();
        ensure!(methods == ["GET", "POST", "POST"], "{seen:#?}");
        let keys = [&seen[1], &seen[2]].map(|request| request.header("idempotency-key"));
        ensure!(keys[0] == keys[1] && !keys[0].is_empty(), "{keys:?}");
        ensure!(seen[1].body == seen[2].body, "{seen:#?}");
        let other = self.service.seen("C-1");
        ensure!(other.iter().all(|request| request.header("idempotency-key") != keys[0]), "{other:#?}");
        Ok(())
    }

    async fn what_no_retry_helps_is_an_incident_at_once(&self) -> anyhow::Result<()> {
        for (variables, expected) in [
            // An input mapping of what is not there gives null.
            (json!({}), "variable `customer` is missing"),
            (json!({ "id": 7 }), "variable `customer` is not a text"),
            (json!({ "id": "C-odd" }), "the customer service answered something else than a customer"),
        ] {
            let message = self.incident(variables).await?;
            ensure!(message == expected, "{message}");
        }
        ensure!(self.service.seen("C-odd").len() == 1, "it was tried again");
        let message = self.incident_of("customer-check-as-it-is", json!({ "name": "Ada" })).await?;
        ensure!(message == "variable `customer` is missing", "{message}");
        Ok(())
    }

    async fn retries_end_in_an_incident(&self) -> anyhow::Result<()> {
        let message = self.incident(json!({ "id": "C-500" })).await?;
        ensure!(message == "the customer service answered 500", "{message}");
        let seen = self.service.seen("C-500");
        ensure!(seen.len() == 3, "expected one request of each attempt: {seen:#?}");
        Ok(())
    }

    /// The same component, sandbox and service, without the host.
    async fn one_job_runs_on_this_machine(&self) -> anyhow::Result<()> {
        let wasm = root().join(format!("target/guests/components/{}.wasm", self.name()));
        let place = format!("http://{}", self.address);
        let checkpoint = self.folder.path().join("checkpoint");
        let run = |customer: &'static str| {
            let mut command = Command::new(binary("fermata")?);
            command
                .args(["worker", "run", "--json", "--host", &place])
                .args(["--secret", &format!("CUSTOMER_API_KEY@{place}")])
                .args(["--secret", &format!("CUSTOMER_API_KEY={KEY}")])
                .args(["--setting", &format!("base-url={place}")])
                .args(["--job", &json!({ "variables": { "customer": customer } }).to_string()])
                .arg("--checkpoint")
                .arg(&checkpoint)
                .arg(&wasm)
                .env("XDG_CACHE_HOME", self.folder.path());
            anyhow::Ok(async move {
                let output = command.output().await?;
                let said = String::from_utf8(output.stdout)?;
                let told: Value = serde_json::from_str(&said)
                    .with_context(|| format!("{said}{}", String::from_utf8_lossy(&output.stderr)))?;
                anyhow::Ok((output.status.code(), told))
            })
        };
        let (code, told) = run("C-404")?.await?;
        let expected = json!({ "kind": "BPMN error", "code": "CUSTOMER_NOT_FOUND",
            "message": "there is no customer C-404", "variables": { "customer": "C-404" } });
        ensure!(code == Some(1) && told["outcome"] == expected, "{code:?} {told:#}");
        ensure!(!checkpoint.exists(), "nothing was to be kept");

        let (code, told) = run("C-500")?.await?;
        let outcome = &told["outcome"];
        ensure!(code == Some(1) && outcome["kind"] == "failed", "{code:?} {told:#}");
        ensure!(outcome["code"] == "HTTP_500" && outcome.get("retries").is_none(), "{told:#}");
        ensure!(outcome.get("retryAfterMs").is_none(), "{told:#}");

        let (code, told) = run("C-here")?.await?;
        let variables = json!({ "customerName": "Ada", "checkId": "chk-7", "approved": true });
        ensure!(code == Some(0) && told["outcome"]["variables"] == variables, "{code:?} {told:#}");
        let sent: Vec<(&str, Option<u64>)> = told["requests"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|request| (request["method"].as_str().unwrap_or_default(), request["status"].as_u64()))
            .collect();
        ensure!(sent == [("GET", Some(200)), ("POST", Some(201))], "{told:#}");
        let record = told["log"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|record| record["message"] == "customer checked");
        let record = record.with_context(|| format!("no record in {told:#}"))?;
        ensure!(record["level"] == "info", "{record}");
        ensure!(record["fields"] == json!({ "customer": "C-here", "score": "712" }), "{record}");
        ensure!(!told.to_string().contains(KEY), "the key is told: {told:#}");
        let kept: Value = serde_json::from_slice(&std::fs::read(&checkpoint)?)?;
        ensure!(kept == json!({ "name": "Ada", "score": 712 }), "{kept}");
        // The next attempt goes on from there.
        run("C-here")?.await?;
        let methods: Vec<&str> = self.service.seen("C-here").iter().map(|request| request.method).collect();
        ensure!(methods == ["GET", "POST", "POST"], "{methods:?}");
        std::fs::remove_file(&checkpoint)?;
        Ok(())
    }

    fn the_log_is_kept(&self) -> anyhow::Result<()> {
        let log = std::fs::read_to_string(&self.log)?;
        let record = log.lines().find(|line| line.contains("customer checked"));
        let record = record.with_context(|| format!("no record in {log}"))?;
        ensure!(record.contains("C-1") && record.contains("712"), "{record}");
        ensure!(record.contains(self.name()), "{record}");
        Ok(())
    }

    /// What an operator is shown of the attempts at a job: what was said and sent, and no secret.
    async fn attempts_are_kept(&self) -> anyhow::Result<()> {
        let answer = self.host.run_instance("customer-check", json!({ "id": "C-kept" })).await?;
        let instance = text(&answer, "processInstanceKey")?;
        let of_instance = self.attempts("process-instances", &instance).await?;
        let [failed, done] = &of_instance[..] else {
            anyhow::bail!("expected two attempts: {of_instance:#?}")
        };
        ensure!(failed["outcome"] == "FAILED" && failed["attempt"] == 1, "{failed:#}");
        ensure!(failed["message"] == "the check service answered 500", "{failed:#}");
        ensure!(done["outcome"] == "COMPLETED" && done["attempt"] == 2, "{done:#}");
        let endpoint = json!(format!("http://{}", self.address));
        for (attempt, expected) in [(failed, vec![("GET", 200), ("POST", 500)]), (done, vec![("POST", 201)])]
        {
            let requests = attempt["requests"].as_array().context("requests")?;
            let sent: Vec<(&str, u64)> = requests
                .iter()
                .map(|request| {
                    (request["method"].as_str().unwrap_or_default(), request["status"].as_u64().unwrap_or(0))
                })
                .collect();
            ensure!(sent == expected, "{attempt:#}");
            ensure!(requests.iter().all(|request| request["endpoint"] == endpoint), "{attempt:#}");
            ensure!(attempt["worker"] == format!("{}@0.1.0", self.name()), "{attempt:#}");
        }
        let [record] = &done["log"].as_array().context("log")?[..] else { anyhow::bail!("{done:#}") };
        ensure!(record["message"] == "customer checked" && record["level"] == "INFO", "{record:#}");
        ensure!(record["fields"] == json!({ "customer": "C-kept", "score": "712" }), "{record:#}");
        ensure!(failed["log"] == json!([]), "{failed:#}");
        let of_job = self.attempts("jobs", &text(done, "jobKey")?).await?;
        ensure!(of_job == of_instance, "{of_job:#?}");
        ensure!(!json!(of_instance).to_string().contains(KEY), "the key is shown: {of_instance:#?}");
        Ok(())
    }

    async fn attempts(&self, of: &str, key: &str) -> anyhow::Result<Vec<Value>> {
        let (status, answer) =
            self.host.send("GET", &format!("/fermata/v1/{of}/{key}/attempts"), None).await?;
        ensure!(status == 200, "{status} {answer}");
        Ok(answer["items"].as_array().context("items")?.clone())
    }

    async fn the_secret_is_nowhere_else(&self) -> anyhow::Result<()> {
        let variables = self.host.search_all("/v2/variables/search", json!({})).await?;
        ensure!(!variables.is_empty(), "no variables");
        let incidents = self.host.search_all("/v2/incidents/search", json!({})).await?;
        for shown in variables.iter().chain(&incidents) {
            ensure!(!shown.to_string().contains(KEY), "the key is shown: {shown}");
        }
        for path in [
            self.folder.path().join("data/fermata.db"),
            self.folder.path().join("data/fermata.db-wal"),
            self.log.clone(),
        ] {
            let bytes = std::fs::read(&path).with_context(|| format!("failed to read {}", path.display()))?;
            let found = bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes());
            ensure!(!found, "the key is in {} in plain text", path.display());
        }
        Ok(())
    }
}
