//! Hostile components in a real host: each fails its job or its upload with a message that names the cause,
//! retries and incidents follow the model, and other jobs go on.
//!
//! What stops each attack is shown by the sandbox's own suite, which lifts limits and leaves checks out.
//! Here that is done where a grant is what decides.

mod harness;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::any;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use harness::{Host, Options, component, model, text};

/// An attack, the attempts that its job gets, and what the incident must say.
/// The model gives two attempts; a component that knows that no retry helps gives the second one up.
const ATTACKS: &[(&str, usize, &str)] = &[
    ("endless-loop", 2, "the component used more than its 5 s of CPU time"),
    ("memory-bomb", 2, "memory limit of 64 MiB exceeded"),
    ("deep-recursion", 2, "stack overflow"),
    ("headers-flood", 2, "more than 256 resources open"),
    ("giant-headers", 2, "headers of one request take more than 16 KiB"),
    ("giant-request", 1, "the host refuses method, host name, path of 1048576 bytes"),
    ("giant-result", 2, "the limit is 4194304"),
    ("panic", 2, "this worker panics on purpose"),
    ("wrong-result", 2, "not a JSON object"),
    ("broken-result", 2, "not valid JSON"),
    ("endless-retries", 2, "this worker asks for retries without end"),
    ("host-not-granted", 1, "fermata worker grant hostile"),
    ("redirect", 1, "fermata worker grant hostile"),
    ("secret-not-granted", 1, "fermata worker grant hostile"),
];

#[tokio::test(flavor = "multi_thread")]
async fn attacks_end_as_incidents_while_other_jobs_go_on() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    for name in ["hostile.wasm", "echo.wasm"] {
        let (status, answer) = host.upload(component(name)?).await?;
        ensure!(status == 201, "{name}: {status} {answer}");
    }
    host.deploy("hostile.bpmn", model("hostile.bpmn")?).await?;
    host.deploy("one-echo.bpmn", model("one-echo.bpmn")?).await?;
    let inside = Site::start(|| "inside".into_response()).await?;
    let location = inside.url.clone();
    let outside = Site::start(move || Redirect::temporary(&location).into_response()).await?;
    grant(&host, &[&outside.url]).await?;

    let mut attacks = Vec::new();
    for (attack, attempts, expected) in ATTACKS {
        let url = if *attack == "redirect" { &outside.url } else { &inside.url };
        let variables = json!({ "attack": attack, "url": url, "secret": "BANK_KEY" });
        attacks.push((attack, *attempts, expected, host.start_instance("hostile", variables).await?));
    }
    // It never ends, so it goes on beside all that follows.
    let again = host.start_instance("hostile", json!({ "attack": "again-at-once" })).await?;
    // Beside them, well-behaved jobs are done.
    for number in 0..50 {
        let answer = host.run_instance("one-echo", json!({ "n": number })).await?;
        ensure!(answer["variables"]["n"] == number, "{answer}");
    }
    for (attack, attempts, expected, instance) in attacks {
        let incident =
            host.wait_for(&format!("the incident of {attack}"), || incident_of(&host, &instance)).await?;
        let message = text(&incident, "errorMessage")?;
        ensure!(message.contains(expected), "{attack}: `{message}` does not say `{expected}`");
        ensure!(incident["errorType"] == "JOB_NO_RETRIES", "{attack}: {incident}");
        let started = attempts_of(&host, &instance).await?;
        ensure!(started == attempts, "{attack}: {started} attempts, expected {attempts}");
    }
    ensure!((outside.asked(), inside.asked()) == (1, 0), "the redirect was not followed");

    // Asking to be called again is no failure: no retry is spent, no incident raised, and an operator can end it.
    host.wait_for("another attempt", || async { Ok((attempts_of(&host, &again).await? > 2).then_some(())) })
        .await?;
    ensure!(incident_of(&host, &again).await?.is_none(), "asking again raised an incident");
    let (status, answer) =
        host.send("POST", &format!("/v2/process-instances/{again}/cancellation"), Some(&json!({}))).await?;
    ensure!(status == 204, "cancellation: {status} {answer}");

    // With the grants that they lack, both requests come through.
    grant(&host, &[&outside.url, &inside.url]).await?;
    for (attack, url) in [("redirect", &outside.url), ("host-not-granted", &inside.url)] {
        let answer = host.run_instance("hostile", json!({ "attack": attack, "url": url })).await?;
        ensure!(answer["variables"]["proof"] == "200 inside", "{attack}: {answer}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_gives_a_job_retries_and_lets_it_run_again() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    let (status, answer) = host.upload(component("hostile.wasm")?).await?;
    ensure!(status == 201, "{status} {answer}");
    host.deploy("hostile.bpmn", model("hostile.bpmn")?).await?;
    let well = host.start_instance("hostile", json!({ "attack": "panic" })).await?;
    let incident = host.wait_for("the incident", || incident_of(&host, &well)).await?;
    let scope = host
        .send(
            "PUT",
            &format!("/v2/element-instances/{well}/variables"),
            Some(&json!({ "variables": { "attack": "ok" } })),
        )
        .await?;
    ensure!(scope.0 == 204, "{scope:?}");
    let job = text(&incident, "jobKey")?;
    let updated = host
        .send("PATCH", &format!("/v2/jobs/{job}"), Some(&json!({ "changeset": { "retries": 1 } })))
        .await?;
    ensure!(updated.0 == 204, "{updated:?}");
    let key = text(&incident, "incidentKey")?;
    let resolved = host.send("POST", &format!("/v2/incidents/{key}/resolution"), Some(&json!({}))).await?;
    ensure!(resolved.0 == 204, "{resolved:?}");
    host.wait_for("the repaired instance to end", || async {
        let instance = host.get(&format!("/v2/process-instances/{well}")).await?;
        Ok((instance["state"] == "COMPLETED").then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_worker_is_refused_and_changes_nothing() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    let core_module = b"\0asm\x01\0\0\0".to_vec();
    let empty_component = b"\0asm\x0d\0\x01\0".to_vec();
    let mut noise = Vec::with_capacity(50 << 20);
    let mut state = 1_u64;
    while noise.len() < 50 << 20 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        noise.extend_from_slice(&state.to_be_bytes());
    }
    for (what, bytes, expected) in [
        ("a core module", core_module, "core WebAssembly module"),
        ("a component without a manifest", empty_component, "it carries no manifest"),
        ("a component of another world", other_world(component("echo.wasm")?), "it exports no job handler"),
        ("50 MB of noise", noise, "not WebAssembly"),
        ("nothing", Vec::new(), "the file is empty"),
    ] {
        let (status, answer) = host.upload(bytes).await?;
        ensure!(status == 400, "{what}: {status} {answer}");
        let detail = text(&answer, "detail")?;
        ensure!(detail.contains(expected), "{what}: `{detail}` does not say `{expected}`");
    }
    let (_, answer) = host.upload(other_world(component("echo.wasm")?)).await?;
    let problem = &answer["problems"][0];
    ensure!(problem["code"] == "NO_HANDLER", "{answer}");
    let offered = problem["offered"].as_array().context("what the host offers")?;
    ensure!(offered.iter().any(|name| *name == "fermata:worker/handler@0.2.0"), "{answer}");
    let components = host.get("/fermata/v1/components").await?;
    ensure!(components["items"].as_array().is_some_and(Vec::is_empty), "{components}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compile_bomb_is_refused_while_jobs_go_on() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let host = Host::start(&data)?;
    let (status, answer) = host.upload(component("echo.wasm")?).await?;
    ensure!(status == 201, "{status} {answer}");
    host.deploy("one-echo.bpmn", model("one-echo.bpmn")?).await?;
    host.terminate()?;

    // The one bound that does not depend on how much of the processors a child gets; its own tests are about the others.
    let config = folder.path().join("fermata.toml");
    std::fs::write(&config, "[components]\ncompile_cpu_seconds = 1\n")?;
    let host = Host::start_with(&data, &Options { config: Some(config), ..Options::default() })?;
    let bomb = compile_bomb(component("echo-v2.wasm")?);
    let jobs = async {
        for number in 0..20 {
            let answer = host.run_instance("one-echo", json!({ "n": number })).await?;
            ensure!(answer["variables"]["n"] == number, "{answer}");
        }
        Ok(())
    };
    let ((status, answer), ()) = tokio::try_join!(host.upload(bomb), jobs)?;
    ensure!(status == 400 && answer["problems"][0]["code"] == "COMPILE_LIMIT", "{status} {answer}");
    let detail = text(&answer, "detail")?;
    let expected = "the limit of its CPU time is 1 s; `components.compile_cpu_seconds` of the host's configuration sets it";
    ensure!(detail.contains(expected), "`{detail}` does not say `{expected}`");
    let components = host.get("/fermata/v1/components").await?;
    ensure!(components["items"].as_array().is_some_and(|items| items.len() == 1), "{components}");
    Ok(())
}

/// A worker with some functions beside it that nobody calls, and that take long to compile.
fn compile_bomb(mut worker: Vec<u8>) -> Vec<u8> {
    use wasm_encoder::{
        CodeSection, ComponentSection as _, Function, FunctionSection, Module, ModuleSection, TypeSection,
        ValType,
    };

    let mut types = TypeSection::new();
    types.ty().function([ValType::I64], [ValType::I64]);
    let (mut declared, mut code) = (FunctionSection::new(), CodeSection::new());
    for _ in 0..4 {
        declared.function(0);
        let mut body = Function::new([(64, ValType::I64)]);
        for step in 0..400_000 {
            let (from, to) = (step % 61, step % 64 + 1);
            body.instructions().local_get(from).local_get(to).i64_mul().i64_const(i64::from(step)).i64_rotl();
            body.instructions().local_set(to);
        }
        body.instructions().local_get(64).end();
        code.function(&body);
    }
    let mut module = Module::new();
    module.section(&types).section(&declared).section(&code);
    ModuleSection(&module).append_to_component(&mut worker);
    worker
}

/// A worker of the SDK, manifest and all, that exports another interface where the host looks for a handler.
/// No build packs such a component, so the name is changed afterwards.
fn other_world(mut worker: Vec<u8>) -> Vec<u8> {
    let (handler, other) = (b"fermata:worker/handler@0.2.0", b"acme-co:report/printer@1.0.0");
    let mut from = 0;
    while let Some(found) = worker[from..].windows(handler.len()).position(|name| name == handler) {
        let place = from + found..from + found + handler.len();
        from = place.end;
        worker[place].copy_from_slice(other);
    }
    worker
}

/// A web server on this machine that counts what it is asked.
struct Site {
    url: String,
    asked: Arc<AtomicUsize>,
}

impl Site {
    async fn start(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let router = Router::new().fallback(any(move || {
            counter.fetch_add(1, Ordering::Relaxed);
            let answer = answer();
            async move { answer }
        }));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, asked })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

/// Grants the hostile worker these hosts, and nothing else.
async fn grant(host: &Host, hosts: &[&str]) -> anyhow::Result<()> {
    let policy = json!({ "grants": { "hosts": hosts } });
    let (status, answer) = host.send("PUT", "/fermata/v1/grants/hostile", Some(&policy)).await?;
    ensure!((200..300).contains(&status), "grant: {status} {answer}");
    Ok(())
}

/// How many attempts of its job an instance's history knows.
async fn attempts_of(host: &Host, instance: &str) -> anyhow::Result<usize> {
    let history = host.get(&format!("/fermata/v1/process-instances/{instance}/history?limit=100")).await?;
    Ok(history.to_string().matches("JOB_STARTED").count())
}

async fn incident_of(host: &Host, instance: &str) -> anyhow::Result<Option<Value>> {
    let found = host
        .post(
            "/v2/incidents/search",
            &json!({ "filter": { "processInstanceKey": instance, "state": "ACTIVE" } }),
        )
        .await?;
    Ok(found["items"].as_array().context("items")?.first().cloned())
}
