//! The sandbox alone: one job of a Rust component, each in a fresh instance.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use sandbox::{
    Checkpoint, CheckpointError, Config, LogLine, Policy, Sandbox, SecretString, Services, Unavailable,
};
use types::{
    ElementInstanceKey, JobKey, JobOutcome, JobRequest, ProcessDefinitionKey, ProcessInstanceKey, TenantId,
    Timestamp, Variables,
};

use crate::host::component;
use crate::report::Measurement;

const RUNS: usize = 9;
const JOBS: u32 = 5_000;

/// The variables of a job: about 1 kB.
fn variables() -> anyhow::Result<Variables> {
    let items: Vec<String> =
        (0..16).map(|item| format!(r#"{{"sku":"sku-{item:04}","quantity":{item},"price":19.99}}"#)).collect();
    Ok(Variables::parse(&format!(r#"{{"orderId":4711,"customer":"Ada","items":[{}]}}"#, items.join(",")))?)
}

/// A host that has nothing to give and keeps nothing.
pub(super) struct NoServices;

#[async_trait]
impl Services for NoServices {
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

/// CPU microseconds of one job: the time of the one thread that runs them.
pub(super) fn bench() -> anyhow::Result<Measurement> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let sandbox = Sandbox::new(Config::default())?;
        let component = sandbox.compile(component("echo.wasm")?).await?;
        let policy = Arc::new(Policy::default());
        let services: Arc<dyn Services> = Arc::new(NoServices);
        let request = request()?;
        let mut runs = Vec::with_capacity(RUNS);
        let mut walls = Vec::with_capacity(RUNS);
        for _ in 0..RUNS {
            let (started, cpu) = (Instant::now(), cpu_time()?);
            for _ in 0..JOBS {
                let report = sandbox
                    .run(&component, request.clone(), Arc::clone(&policy), Arc::clone(&services))
                    .await;
                anyhow::ensure!(
                    matches!(report.result, Ok(JobOutcome::Completed(_))),
                    "the job failed: {:?}",
                    report.result
                );
            }
            runs.push((cpu_time()? - cpu).as_secs_f64() * 1e6 / f64::from(JOBS));
            walls.push(started.elapsed().as_secs_f64() * 1e6 / f64::from(JOBS));
        }
        let wall = Measurement::median(walls, "µs").value;
        let mut measurement = Measurement::median(runs, "µs CPU");
        measurement.notes = format!("{}; 1 kB in and out; {wall:.1} µs wall", measurement.notes);
        Ok(measurement)
    })
}

/// A job with about 1 kB of variables.
pub(super) fn request() -> anyhow::Result<JobRequest> {
    Ok(JobRequest {
        key: JobKey::from_i64(1),
        job_type: "echo".into(),
        kind: types::JobKind::Task,
        attempt: 1,
        retries_left: 2,
        deadline: Timestamp::MAX,
        variables: variables()?,
        headers: Vec::new(),
        idempotency_key: "bench-1".to_owned(),
        process_instance: ProcessInstanceKey::from_i64(1),
        process_definition: ProcessDefinitionKey::from_i64(1),
        bpmn_process_id: "one-task".into(),
        process_version: 1,
        element_id: "work".into(),
        element_instance: ElementInstanceKey::from_i64(1),
        tenant: TenantId::default(),
    })
}

/// CPU time of the main thread, on which everything here runs.
fn cpu_time() -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/schedstat");
    let nanoseconds = stat?.split_whitespace().next().unwrap_or_default().parse()?;
    Ok(Duration::from_nanos(nanoseconds))
}
