//! What the sandbox's tests share: a host for jobs to run in, guests, and servers to talk to.

mod guests;
mod host;
mod server;

use std::sync::Arc;

use fermata_sandbox::{CacheConfig, Config, Grants, Limits, Policy, Report, Sandbox};
use types::{JobError, JobKey, JobOutcome, JobRequest, Timestamp, Variables};

pub(crate) use guests::{OTHER_EXPORT, beyond_all_bounds, built, core_module, from_core, other_world, small};
pub(crate) use host::TestHost;
pub(crate) use server::{PAUSE, Server, TlsServer, answer};

/// The component's name in all policies of these tests.
pub(crate) const COMPONENT: &str = "hostile";

/// A configuration for a few jobs, with compiled code kept for the next test.
pub(crate) fn config() -> Config {
    Config {
        cache: Some(CacheConfig {
            dir: std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled"),
            key: [7; 32],
        }),
        concurrency: 8,
        ..Config::default()
    }
}

pub(crate) fn sandbox() -> Sandbox {
    Sandbox::new(config()).expect("the sandbox starts")
}

/// A job with these variables, one JSON object.
pub(crate) fn job(variables: &serde_json::Value) -> JobRequest {
    JobRequest {
        key: JobKey::from_i64(4_711),
        job_type: "hostile".into(),
        kind: types::JobKind::Task,
        attempt: 2,
        retries_left: 1,
        deadline: Timestamp::from_millis(1_700_000_000_000),
        variables: Variables::parse(&variables.to_string()).expect("the variables are an object"),
        headers: vec![("header".into(), "value".into())],
        idempotency_key: "idempotency-key".to_owned(),
        process_instance: types::ProcessInstanceKey::from_i64(4_712),
        process_definition: types::ProcessDefinitionKey::from_i64(4_713),
        bpmn_process_id: "process".into(),
        process_version: 3,
        element_id: "task".into(),
        element_instance: types::ElementInstanceKey::from_i64(4_714),
        tenant: types::TenantId::default(),
    }
}

/// A policy with these grants and limits.
pub(crate) fn policy(hosts: &[&str], secrets: &[&str], limits: Limits) -> Policy {
    let grants = Grants {
        hosts: hosts.iter().map(|text| text.parse().expect("a host grant")).collect(),
        secrets: secrets.iter().map(|text| text.parse().expect("a secret grant")).collect(),
        reveal: Vec::new(),
    };
    Policy { component: COMPONENT.to_owned(), limits, grants, ..Policy::default() }
}

/// The component `hostile`, its host and a policy: what most tests need.
pub(crate) struct Bench {
    pub(crate) sandbox: Sandbox,
    pub(crate) component: fermata_sandbox::Component,
    pub(crate) host: Arc<TestHost>,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(config()).await
    }

    pub(crate) async fn with(config: Config) -> Self {
        Self::of(config, built("hostile")).await
    }

    pub(crate) async fn of(config: Config, bytes: Vec<u8>) -> Self {
        let sandbox = Sandbox::new(config).expect("the sandbox starts");
        let component = sandbox.compile(bytes).await.expect("the component is accepted");
        Self { sandbox, component, host: Arc::new(TestHost::default()) }
    }

    pub(crate) async fn run(&self, input: serde_json::Value, policy: Policy) -> Report {
        self.sandbox.run(&self.component, job(&input), Arc::new(policy), self.host.clone()).await
    }
}

/// The message of the failure that a report must hold.
#[track_caller]
pub(crate) fn failure(report: &Report) -> &str {
    match &report.result {
        Err(JobError::Failed(failure)) => &failure.message,
        other => panic!("expected a failure, got {other:?}"),
    }
}

/// The variables that a report must hold, as JSON.
#[track_caller]
pub(crate) fn completed(report: &Report) -> serde_json::Value {
    match &report.result {
        Ok(JobOutcome::Completed(variables)) => {
            serde_json::from_str(&variables.to_json()).expect("variables are JSON")
        }
        other => panic!("expected a result, got {other:?}"),
    }
}
