//! A worker that leads an ad-hoc sub-process, judges changes of user tasks, fails with a code, comes back to its job, and
//! parks it.

use std::time::Duration;

use fermata_sdk::{
    Corrections, Direction, Failure, Job, JobError, JobKind, Outcome, Verdict, checkpoint, context, worker,
};
use serde_json::{Value, json};

/// Has `first` done, then `second`, and then it is done.
fn lead(job: Job<Value>) -> Result<Outcome<Value>, Failure> {
    expect(job.kind, JobKind::AdHocSubProcess)?;
    let next = match job.variables["results"].as_array().map_or(0, Vec::len) {
        0 => Direction::new().activate("first").variable("step", 1),
        1 => Direction::new().activate("second").variable("step", 2),
        _ => Direction::done(),
    };
    Ok(Outcome::Directed(next, json!({ "asked": true })))
}

/// Nobody but Ada completes the task, and what is created is urgent.
fn review(job: Job<Value>) -> Result<Verdict, Failure> {
    expect(job.kind, JobKind::TaskListener)?;
    let is_completion = job.header("io.camunda.zeebe:action").is_some_and(|action| action == "complete");
    let assignee = job.header("io.camunda.zeebe:assignee").unwrap_or_default();
    if is_completion && assignee != "Ada" {
        return Ok(Verdict::Denied("only Ada completes this".to_owned()));
    }
    Ok(Verdict::Allowed(Corrections { priority: Some(90), ..Corrections::default() }))
}

fn fail_with_code(_: Job<Value>) -> Result<(), Failure> {
    Err(Failure::new("the till is shut").code("TILL_SHUT").variable("till", 7).retries(0))
}

/// Keeps a checkpoint and comes back after `afterMs`; then it says what it has kept.
fn come_back(job: Job<Value>) -> Result<Outcome<Value>, JobError> {
    let attempt = context::attempt();
    if let Some(saved) = checkpoint::saved::<Value>()? {
        return Ok(Outcome::Completed(json!({ "kept": saved.value, "by": saved.attempt, "in": attempt })));
    }
    checkpoint::put(&json!({ "of": job.key }))?;
    Ok(Outcome::Again(milliseconds(&job.variables["afterMs"])))
}

/// Leaves the job to others for `withinMs`.
fn park(job: Job<Value>) -> Result<Outcome<()>, Failure> {
    Ok(Outcome::Parked(milliseconds(&job.variables["withinMs"])))
}

/// An hour, unless it is said.
fn milliseconds(said: &Value) -> Duration {
    Duration::from_millis(said.as_u64().unwrap_or(3_600_000))
}

fn expect(found: JobKind, expected: JobKind) -> Result<(), Failure> {
    if found == expected {
        return Ok(());
    }
    Err(Failure::new(format!("expected a job of the kind {expected:?}, found {found:?}")).retries(0))
}

worker! {
    "lead" => lead,
    "review" => review,
    "fail-with-code" => fail_with_code,
    "come-back" => come_back,
    "park" => park,
}

#[cfg(test)]
mod tests {
    use fermata_sdk::testing::Host;

    use super::*;

    #[test]
    fn only_ada_completes() {
        let host = || Host::new().kind(JobKind::TaskListener).header("io.camunda.zeebe:action", "complete");
        let denied = host().header("io.camunda.zeebe:assignee", "Bob").run(review, json!({}));
        assert!(matches!(denied.result, Ok(Outcome::Verdict(Verdict::Denied(_)))), "{denied:?}");
        let allowed = host().header("io.camunda.zeebe:assignee", "Ada").run(review, json!({}));
        assert!(matches!(allowed.result, Ok(Outcome::Verdict(Verdict::Allowed(_)))), "{allowed:?}");
        assert_eq!(Host::new().run(review, json!({})).failure().retries, Some(0));
    }

    #[test]
    fn it_comes_back_to_what_it_has_kept() {
        let first = Host::new().run(come_back, json!({ "afterMs": 5 }));
        assert!(matches!(first.result, Ok(Outcome::Again(after)) if after.as_millis() == 5), "{first:?}");
        let second = Host::new().attempt(2, 1).checkpoint(&json!({ "of": "7" })).run(come_back, json!({}));
        assert_eq!(second.completed()["kept"]["of"], "7");
    }
}
