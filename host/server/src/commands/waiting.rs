//! What an instance waits for, in words.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::client::{Client, Error};
use crate::output;

/// The type of the jobs that job-based user tasks become.
const USER_TASK_JOB: &str = "io.camunda.zeebe:userTask";

/// How many things of each kind to tell at most.
const TOLD_MAX: u32 = 5;

/// Tells what an instance waits for, a line for each thing.
pub(super) async fn explain(instance: &str, host: &Client) -> Result<Vec<String>, Error> {
    let of_instance = |more: Value| {
        let mut filter = json!({ "processInstanceKey": instance });
        if let (Some(filter), Value::Object(more)) = (filter.as_object_mut(), more) {
            filter.extend(more);
        }
        filter
    };
    let search = async |what: &str, filter: Value| host.search(what, filter, json!([]), TOLD_MAX).await;
    let incidents = search("incidents", of_instance(json!({ "state": "ACTIVE" }))).await?;
    // Those that are stopped are told by their incidents.
    let jobs = search("jobs", of_instance(json!({ "state": "CREATED" }))).await?;
    let tasks = search("user-tasks", of_instance(json!({ "state": "CREATED" }))).await?;
    let served: BTreeSet<String> = host
        .components()
        .await?
        .iter()
        .flat_map(|component| &component.serving)
        .map(ToString::to_string)
        .collect();
    let standings = host.open_jobs(instance).await?;
    let standing = |job: &Value| {
        standings.iter().find(|standing| standing["jobKey"] == job["jobKey"]).unwrap_or(&Value::Null)
    };
    let mut told: Vec<String> = incidents.iter().map(incident).collect();
    told.extend(jobs.iter().map(|job_| job(job_, standing(job_), &served)));
    told.extend(tasks.iter().map(user_task));
    if told.is_empty() {
        told.push(
            "no job, user task or incident of it is open: it waits for a timer, or is just going on"
                .to_owned(),
        );
    }
    Ok(told.into_iter().map(output::printable).collect())
}

fn incident(incident: &Value) -> String {
    format!(
        "it waits at `{}` for an operator: {}; `fermata incidents resolve {}` tries again",
        output::text(&incident["elementId"]),
        output::text(&incident["errorMessage"]),
        output::text(&incident["incidentKey"]),
    )
}

/// A job, by what searches and the host's own list tell of it.
fn job(job: &Value, standing: &Value, served: &BTreeSet<String>) -> String {
    let (element, job_type) = (output::text(&job["elementId"]), output::text(&job["type"]));
    let worker = output::text(&job["worker"]);
    let message = output::text(&job["errorMessage"]);
    let at = || output::instant(&standing["at"]);
    if standing["standing"] == "HELD" {
        format!(
            "it waits at `{element}` for a job of type `{job_type}`, which is held by `{worker}` until {}: that worker, \
             or whoever completes job {} over the API, has it",
            at(),
            output::text(&job["jobKey"]),
        )
    } else if !worker.is_empty() {
        format!("it waits at `{element}` for a job of type `{job_type}`, which `{worker}` works on")
    } else if job_type == USER_TASK_JOB {
        format!("it waits at `{element}` for a human: whoever takes jobs of type `{job_type}`")
    } else if !served.contains(&job_type) {
        format!(
            "it waits at `{element}` for a job of type `{job_type}`, which no component serves: \
             `fermata worker push` one, or let a worker of your own take it"
        )
    } else if standing["standing"] == "WAITING" && !standing["at"].is_null() {
        let after =
            if message.is_empty() { String::new() } else { format!("; its last failure was: {message}") };
        format!(
            "it waits at `{element}` for a job of type `{job_type}`, which is called again at {}, after attempt {}{after}",
            at(),
            output::text(&standing["attempts"]),
        )
    } else if message.is_empty() {
        format!("it waits at `{element}` for a job of type `{job_type}`, whose turn has not come yet")
    } else {
        format!("it waits at `{element}` to try a job of type `{job_type}` again, after: {message}")
    }
}

fn user_task(task: &Value) -> String {
    let element = output::text(&task["elementId"]);
    match task["assignee"].as_str() {
        Some(assignee) => format!("it waits at `{element}` for {assignee}"),
        None => format!(
            "it waits at `{element}` for somebody to take the user task {}",
            output::text(&task["userTaskKey"])
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_told_by_who_could_do_it() {
        let served = BTreeSet::from(["charge".to_owned()]);
        for (job_, expected) in [
            (json!({ "type": "charge", "worker": "echo 1.0.0" }), "which `echo 1.0.0` works on"),
            (json!({ "type": "charge", "worker": "" }), "whose turn has not come yet"),
            (json!({ "type": "charge", "worker": "", "errorMessage": "no money" }), "again, after: no money"),
            (json!({ "type": "ship", "worker": "" }), "which no component serves"),
            (json!({ "type": USER_TASK_JOB, "worker": "" }), "for a human"),
        ] {
            let told = job(&job_, &Value::Null, &served);
            assert!(told.contains(expected), "{told}");
        }
    }

    #[test]
    fn a_job_that_waits_for_a_time_or_for_the_api_is_told_so() {
        let served = BTreeSet::from(["charge".to_owned()]);
        let at = "2026-01-01T00:00:09.000Z";
        let again = json!({ "standing": "WAITING", "at": at, "attempts": 4 });
        let waiting = json!({ "type": "charge", "worker": "" });
        let told = job(&waiting, &again, &served);
        assert!(told.ends_with("which is called again at 2026-01-01 00:00:09Z, after attempt 4"), "{told}");
        let failed = json!({ "type": "charge", "worker": "", "errorMessage": "no money" });
        let told = job(&failed, &again, &served);
        assert!(told.ends_with("after attempt 4; its last failure was: no money"), "{told}");
        let held = json!({ "type": "charge", "worker": "pay@1.0.0", "jobKey": "77" });
        let told = job(&held, &json!({ "standing": "HELD", "at": at }), &served);
        let expected = "held by `pay@1.0.0` until 2026-01-01 00:00:09Z: that worker, or whoever completes job 77 over the \
                        API, has it";
        assert!(told.ends_with(expected), "{told}");
    }
}
