//! What attacks do where the sandbox's own checks are left out.
//!
//! `tests/sandbox/isolation` shows that each attack is stopped, and that it comes through where a limit is raised.
//! Some guards have no limit to raise: here the component runs without them, and what it does is looked at as the
//! runtime itself tells it. So it is these checks that keep it out, and not the runtime behind them.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use types::{JobKey, JobRequest, Timestamp, Variables};
use wasmtime::component::Component as Compiled;
use wasmtime::{Instance, Module, Trap};

use crate::engine::Inner;
use crate::handler::jobs::{Completion, Job, JobError, JobKind, Outcome};
use crate::handler::{Answer, Handler, Stopped};
use crate::host::{Attempt, BODY_CHUNK_BYTES_MAX, BODY_CHUNKS_MAX, JobState, offers};
use crate::{
    Checkpoint, CheckpointError, Config, Limits, LogLine, Policy, Sandbox, SecretString, Services,
    Unavailable,
};

#[path = "../tests/sandbox/support/guests.rs"]
mod guests;

use guests::{OTHER_EXPORT, beyond_all_bounds, built, core_module, other_world};

/// Has nothing and keeps nothing.
struct Nothing;

#[async_trait]
impl Services for Nothing {
    async fn checkpoint_get(&self) -> Result<Option<Checkpoint>, CheckpointError> {
        Ok(None)
    }

    async fn checkpoint_put(&self, _value: Vec<u8>) -> Result<(), CheckpointError> {
        Ok(())
    }

    async fn secret(&self, _name: &str) -> Result<Option<SecretString>, Unavailable> {
        Ok(None)
    }

    fn model_secret(&self, _token: &str) -> Option<String> {
        None
    }

    fn log(&self, _line: LogLine) {}
}

fn sandbox() -> Sandbox {
    Sandbox::new(Config { concurrency: 2, ..Config::default() }).unwrap()
}

/// The state of a job without bounds on what the host keeps for it.
fn unbounded(inner: &Inner, limits: Limits) -> JobState {
    let policy = Policy { limits, ..Policy::default() };
    let attempt = Arc::new(Attempt::new(Arc::new(policy), Arc::new(Nothing)));
    let job = JobRequest {
        key: JobKey::from_i64(1),
        job_type: "hostile".into(),
        kind: types::JobKind::Task,
        attempt: 1,
        retries_left: 0,
        deadline: Timestamp::MAX,
        variables: Variables::new(),
        headers: Vec::new(),
        idempotency_key: String::new(),
        process_instance: types::ProcessInstanceKey::from_i64(2),
        process_definition: types::ProcessDefinitionKey::from_i64(3),
        bpmn_process_id: "process".into(),
        process_version: 1,
        element_id: "task".into(),
        element_instance: types::ElementInstanceKey::from_i64(4),
        tenant: types::TenantId::default(),
    };
    let mut state = JobState::new(job, &attempt, &inner.client);
    state.lift_bounds();
    state
}

/// Runs a component's handler without a check of what goes in and comes out; gives its own answer.
async fn raw_answer(component: &[u8], input: &Value) -> wasmtime::Result<Answer> {
    let sandbox = sandbox();
    let inner = &*sandbox.inner;
    let compiled = Compiled::from_binary(&inner.engine, component)?;
    let export = Handler::export(&compiled).expect("the component exports a handler");
    let handler = Handler::new(export, offers(&inner.engine)?.instantiate_pre(&compiled)?)?;
    let mut store = inner.store(unbounded(inner, Limits { memory_bytes: 256 << 20, ..Limits::default() }));
    store.set_hostcall_fuel(usize::MAX);
    handler
        .call(&mut store, job(input))
        .await
        .map_err(|(Stopped::AtTheStart(error) | Stopped::AtWork(error))| error)
}

fn job(input: &Value) -> Job {
    Job {
        key: "1".to_owned(),
        job_type: "hostile".to_owned(),
        kind: JobKind::Task,
        variables: input.to_string(),
        headers: Vec::new(),
        idempotency_key: String::new(),
    }
}

/// The text of a result, whatever it is.
async fn raw_result(component: &[u8], input: Value) -> String {
    match raw_answer(component, &input).await {
        Ok(Ok(Outcome::Completed(completion))) => completion.variables,
        other => panic!("expected a result, got {other:?}"),
    }
}

async fn proof(input: Value) -> u64 {
    let result: Value = serde_json::from_str(&raw_result(&built("hostile"), input).await).unwrap();
    result["proof"].as_u64().unwrap()
}

#[tokio::test]
async fn without_the_look_at_results_any_text_passes() {
    let hostile = built("hostile");
    assert_eq!(raw_result(&hostile, json!({ "attack": "wrong-result" })).await, r#""a text is no object""#);
    assert_eq!(raw_result(&hostile, json!({ "attack": "broken-result" })).await, r#"{"this": is no JSON"#);
}

#[tokio::test]
async fn without_the_limit_of_results_a_giant_one_passes() {
    let result = raw_result(&built("hostile"), json!({ "attack": "giant-result" })).await;
    assert!(result.len() > 5 << 20, "{} bytes", result.len());
}

#[tokio::test]
async fn without_the_limit_of_calls_forty_mebibytes_are_copied() {
    let result = raw_result(&beyond_all_bounds(), json!({})).await;
    assert_eq!(result.len(), 40 << 20);
}

#[tokio::test]
async fn a_panic_is_a_bare_trap_to_the_runtime() {
    let error = raw_answer(&built("hostile"), &json!({ "attack": "panic" })).await.unwrap_err();
    assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::UnreachableCodeReached));
    assert!(!error.root_cause().to_string().contains("on purpose"), "{error:?}");
}

#[tokio::test]
async fn without_the_look_at_the_format_a_core_module_runs() {
    let sandbox = sandbox();
    let module = Module::new(&sandbox.inner.engine, core_module("", "i32.const 256")).unwrap();
    let mut store = sandbox.inner.store(unbounded(&sandbox.inner, Limits::default()));
    let instance = Instance::new_async(&mut store, &module, &[]).await.unwrap();
    let handle = instance.get_func(&mut store, "fermata:worker/handler@0.1.0#handle").unwrap();
    let mut result = [wasmtime::Val::I32(0)];
    handle.call_async(&mut store, &[wasmtime::Val::I32(0); 10], &mut result).await.unwrap();
    assert_eq!(result[0].i32(), Some(256));
}

#[tokio::test]
async fn without_the_look_at_exports_a_component_of_another_world_runs() {
    let sandbox = sandbox();
    let inner = &*sandbox.inner;
    let compiled = Compiled::from_binary(&inner.engine, &other_world()).unwrap();
    let linked = inner.linker.instantiate_pre(&compiled).unwrap();
    let mut store = inner.store(unbounded(inner, Limits::default()));
    let instance = linked.instantiate_async(&mut store).await.unwrap();
    let printer = instance.get_export_index(&mut store, None, OTHER_EXPORT).unwrap();
    let handle = instance.get_export_index(&mut store, Some(&printer), "handle").unwrap();
    let handle = instance.get_typed_func::<(&Job,), (Answer,)>(&mut store, handle).unwrap();
    let (answer,) = handle.call_async(&mut store, (&job(&json!({ "n": 1 })),)).await.unwrap();
    assert!(
        matches!(&answer, Ok(Outcome::Completed(Completion { variables, .. })) if variables == r#"{"n":1,"workerVersion":"1.0.0"}"#),
        "{answer:?}"
    );
}

#[tokio::test]
async fn without_bounds_headers_pile_up_on_the_host() {
    // Four times as many as a job may have, and some that are far larger than they may be.
    assert_eq!(proof(json!({ "attack": "headers-flood", "amount": 1024 })).await, 1024 * (12 << 10));
    assert_eq!(proof(json!({ "attack": "giant-headers", "amount": 1 << 20 })).await, 1 << 20);
}

#[tokio::test]
async fn without_bounds_bodies_pile_up_on_the_host() {
    // What the bound on one body is raised to, times one more than are buffered; no job may have that many.
    let body = proof(json!({ "attack": "body-flood", "amount": 1 })).await;
    assert!(body > ((BODY_CHUNKS_MAX + 1) * BODY_CHUNK_BYTES_MAX) as u64, "{body}");
    assert_eq!(proof(json!({ "attack": "body-flood", "amount": 90 })).await, 90 * body);
}

#[tokio::test]
async fn without_bounds_a_request_has_parts_of_any_size() {
    assert_eq!(proof(json!({ "attack": "giant-request", "amount": 60_000 })).await, 180_000);
}

#[tokio::test]
async fn without_bounds_timers_pile_up_on_the_host() {
    assert_eq!(proof(json!({ "attack": "timers-flood", "amount": 1_000 })).await, 1_000);
}

#[tokio::test]
async fn without_the_limit_of_random_bytes_the_host_makes_any_number() {
    assert_eq!(proof(json!({ "attack": "random-giant", "amount": 8 << 20 })).await, 8 << 20);
}

#[tokio::test]
async fn on_an_open_machine_a_guest_reads_files() {
    let result = raw_result(&built("hostile"), json!({ "attack": "read-file", "text": "Cargo.toml" })).await;
    assert!(result.contains("fermata-sandbox"), "{result}");
}

#[tokio::test]
async fn on_an_open_machine_a_guest_reads_what_the_host_was_started_with() {
    for (attack, found) in
        [("environment", "HOST_TOKEN"), ("arguments", "--of-the-host"), ("input", "typed at the host")]
    {
        let result = raw_result(&built("hostile"), json!({ "attack": attack })).await;
        assert!(result.contains(found), "{attack}: {result}");
    }
}

#[tokio::test]
async fn on_an_open_machine_a_guest_has_sockets() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    for (attack, proof) in [("connect", "connected"), ("listen", "listening"), ("datagram", "bound")] {
        let result = raw_result(&built("hostile"), json!({ "attack": attack, "amount": port })).await;
        assert!(result.contains(proof), "{attack}: {result}");
    }
}

#[tokio::test]
async fn on_an_open_machine_a_guest_looks_names_up() {
    let result = raw_result(&built("hostile"), json!({ "attack": "look-up", "text": "localhost" })).await;
    assert!(result.contains("IpAddress"), "{result}");
}

#[tokio::test]
async fn without_the_look_at_names_a_guest_sets_headers_of_the_connection() {
    for header in [
        "host: internal.example.com",
        "transfer-encoding: chunked",
        "connection: authorization",
        "upgrade: websocket",
    ] {
        // The header is taken; what stops the request later is that its host is not granted.
        let input = json!({ "attack": "raw-header", "url": "http://127.0.0.1:9/", "text": header });
        match raw_answer(&built("hostile"), &input).await {
            Ok(Err(JobError::Failed(failure))) => {
                assert_eq!(failure.message, "no answer: ErrorCode::HttpRequestDenied", "{header}");
            }
            other => panic!("{header}: {other:?}"),
        }
    }
}
