//! How a job has ended, for people and programs.

use serde_json::{Value, json};
use types::{AdHocResult, JobError, JobOutcome, ListenerVerdict, TaskCorrections, Timestamp, Variables};

/// How a job has ended, as JSON. Its `kind` is the first word for people.
pub(super) fn to_json(result: &Result<JobOutcome, JobError>) -> Value {
    match result {
        Ok(JobOutcome::Completed(variables)) => {
            json!({ "kind": "completed", "variables": object(variables) })
        }
        Ok(JobOutcome::Verdict(verdict)) => verdict_to_json(verdict),
        Ok(JobOutcome::Directed(direction)) => direction_to_json(direction),
        Ok(JobOutcome::Again { after_ms }) => json!({ "kind": "again", "afterMs": after_ms }),
        Ok(JobOutcome::Parked { within_ms }) => json!({ "kind": "parked", "withinMs": within_ms }),
        Err(JobError::Bpmn(error)) => json!({
            "kind": "BPMN error",
            "code": error.code,
            "message": error.message,
            "variables": object(&error.variables),
        }),
        Err(JobError::Failed(failure)) => without_nulls(json!({
            "kind": "failed",
            "message": failure.message,
            "code": failure.code,
            "variables": (!failure.variables.is_empty()).then(|| object(&failure.variables)),
            "retries": failure.retries,
            "retryAfterMs": failure.retry_after_ms,
        })),
    }
}

fn verdict_to_json(verdict: &ListenerVerdict) -> Value {
    let ListenerVerdict { denied, denied_reason, corrections } = verdict;
    if *denied {
        let reason = denied_reason.as_ref().map(ToString::to_string);
        return without_nulls(json!({ "kind": "denied", "reason": reason }));
    }
    let TaskCorrections { assignee, candidate_groups, candidate_users, due_date, follow_up_date, priority } =
        corrections;
    let texts = |texts: &Option<Vec<types::SharedStr>>| {
        texts.as_ref().map(|texts| texts.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    // The last moment there is stands for none.
    let shown = |time| if time == Timestamp::MAX { String::new() } else { crate::output::time(time) };
    let time = |time: &Option<Timestamp>| time.map(shown);
    json!({
        "kind": "allowed",
        "corrections": without_nulls(json!({
            "assignee": assignee.as_ref().map(ToString::to_string),
            "candidateGroups": texts(candidate_groups),
            "candidateUsers": texts(candidate_users),
            "dueDate": time(due_date),
            "followUpDate": time(follow_up_date),
            "priority": priority,
        })),
    })
}

fn direction_to_json(direction: &AdHocResult) -> Value {
    let activations = direction.activities.iter().map(|activity| {
        json!({ "elementId": activity.element.to_string(), "variables": object(&activity.variables) })
    });
    json!({
        "kind": "directed",
        "variables": object(&direction.variables),
        "activateElements": activations.collect::<Vec<_>>(),
        "completionConditionFulfilled": direction.is_done,
        "cancelRemainingInstances": direction.cancels_remaining,
    })
}

/// Variables are JSON already. With a number in them that no other program might read they are shown as its text.
fn object(variables: &Variables) -> Value {
    let text = variables.to_json();
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

fn without_nulls(mut value: Value) -> Value {
    if let Value::Object(fields) = &mut value {
        fields.retain(|_, value| !value.is_null());
    }
    value
}
