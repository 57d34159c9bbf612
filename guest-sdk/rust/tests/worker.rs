//! What the host gets to see of a worker's function.

use std::time::Duration;

use fermata_sdk::testing::Host;
use fermata_sdk::{BpmnError, Failure, Job, JobError, Outcome, worker};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Order {
    total: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rebate {
    rebate_percent: u32,
}

fn rebate(job: Job<Order>) -> Result<Rebate, JobError> {
    match job.variables.total {
        0 => Err(BpmnError::new("EMPTY", "nothing was ordered").variable("total", 0).into()),
        total => Ok(Rebate { rebate_percent: total / 100 }),
    }
}

fn poll(job: Job<Value>) -> Result<Outcome<Value>, Failure> {
    match job.header("mode") {
        Some("again") => Ok(Outcome::Again(Duration::from_secs(5))),
        Some("parked") => Ok(Outcome::Parked(Duration::from_secs(60))),
        mode => Ok(Outcome::Completed(json!({ "mode": mode }))),
    }
}

fn nothing(_: Job<Value>) -> Result<(), Failure> {
    Ok(())
}

fn list(_: Job<Value>) -> Result<Vec<u8>, Failure> {
    Ok(vec![1])
}

worker! {
    "rebate" => rebate,
    "poll" => poll,
    "nothing" => nothing,
}

#[test]
fn a_result_becomes_the_variables() {
    let run = Host::new().run(rebate, json!({ "total": 300, "customer": "is not read" }));
    assert_eq!(run.completed(), &json!({ "rebatePercent": 3 }));
    assert_eq!(Host::new().run(nothing, json!({})).completed(), &json!({}));
}

#[test]
fn a_business_error_keeps_its_code_and_variables() {
    let run = Host::new().run(rebate, json!({ "total": 0 }));
    let error = run.bpmn_error();
    assert_eq!((error.code.as_str(), error.message.as_str()), ("EMPTY", "nothing was ordered"));
    assert_eq!(Value::Object(error.variables.clone()), json!({ "total": 0 }));
}

#[test]
fn input_that_does_not_fit_fails_without_retries() {
    let run = Host::new().run(rebate, json!({ "total": "many" }));
    assert_eq!(run.failure().retries, Some(0));
    assert!(run.failure().message.starts_with("the job's variables do not fit this worker: "));
}

#[test]
fn a_worker_may_ask_for_another_call_or_leave_the_end_to_others() {
    let again = Host::new().header("mode", "again").run(poll, json!({}));
    assert_eq!(again.result, Ok(Outcome::Again(Duration::from_secs(5))));
    let parked = Host::new().header("mode", "parked").run(poll, json!({}));
    assert_eq!(parked.result, Ok(Outcome::Parked(Duration::from_secs(60))));
}

#[test]
fn the_job_type_chooses_the_function() {
    let run = Host::new().job_type("rebate").run_raw(handle, json!({ "total": 200 }));
    assert_eq!(run.completed(), &json!({ "rebatePercent": 2 }));
    let run = Host::new().job_type("poll").run_raw(handle, json!({}));
    assert_eq!(run.completed(), &json!({ "mode": null }));
    let run = Host::new().job_type("dance").run_raw(handle, json!({}));
    assert_eq!(
        run.failure(),
        &Failure::new(
            "this component does jobs of type `rebate`, `poll`, `nothing` and got one of type `dance`"
        )
        .retries(0)
    );
}

#[test]
fn a_result_that_is_no_object_is_a_failure_without_retries() {
    let run = Host::new().run(list, json!({}));
    assert_eq!(run.failure(), &Failure::new("the worker's variables are not a JSON object").retries(0));
}
