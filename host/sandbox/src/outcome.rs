//! What a component answers, checked and turned into the host's own types.

use types::{
    AdHocActivity, AdHocResult, BpmnError, Failure, JobError, JobKind, JobOutcome, ListenerVerdict,
    TaskCorrections, Timestamp, VARIABLES_BYTES_MAX, Variables, VariablesError,
};

use crate::handler::{Answer, jobs};
use crate::host::Attempt;
use crate::limits::Limit;
use crate::text::{printable, shortened};

/// A message of a BPMN error or a failure, in bytes. What is longer is shortened.
const MESSAGE_BYTES_MAX: usize = 8 << 10;
/// The code of a BPMN error or a failure, in bytes.
const CODE_BYTES_MAX: usize = 255;
/// Why a task listener denies a change, in bytes. What is longer is shortened.
const REASON_BYTES_MAX: usize = 8 << 10;
/// Activities that one answer activates.
const ACTIVITIES_MAX: usize = 1000;
/// The highest priority of a user task.
const TASK_PRIORITY_MAX: u8 = 100;

/// The host's view of what a component answers. An answer that breaks the contract is a failure.
pub(crate) fn read(answer: Answer, kind: JobKind, attempt: &Attempt) -> Result<JobOutcome, JobError> {
    match answer {
        Ok(jobs::Outcome::Completed(completion)) => completed(completion, kind, attempt),
        Ok(jobs::Outcome::Again(after_ms)) => Ok(JobOutcome::Again { after_ms }),
        Ok(jobs::Outcome::Parked(within_ms)) => Ok(JobOutcome::Parked { within_ms }),
        Err(jobs::JobError::Bpmn(error)) => {
            let code = code("a BPMN error", error.code, attempt)?;
            let what = format!("variables of BPMN error `{code}`");
            Err(JobError::Bpmn(BpmnError {
                variables: variables(&what, &error.variables, attempt)?,
                code,
                message: message(&error.message, attempt),
            }))
        }
        Err(jobs::JobError::Failed(failure)) => Err(JobError::Failed(Failure {
            message: message(&failure.message, attempt),
            code: failure.code.map(|text| code("a failure", text, attempt)).transpose()?,
            variables: match failure.variables {
                Some(text) => variables("variables of the failure", &text, attempt)?,
                None => Variables::new(),
            },
            retries: failure.retries,
            retry_after_ms: failure.retry_after_ms,
        })),
    }
}

fn completed(completion: jobs::Completion, kind: JobKind, attempt: &Attempt) -> Result<JobOutcome, JobError> {
    let results = variables("result", &completion.variables, attempt)?;
    match (completion.answer, kind) {
        (None, _) => Ok(JobOutcome::Completed(results)),
        (Some(jobs::Answer::TaskListener(verdict)), JobKind::TaskListener) => {
            if !results.is_empty() {
                return Err(failed(
                    "a task listener that answers with a verdict sets no variables".to_owned(),
                ));
            }
            Ok(JobOutcome::Verdict(read_verdict(verdict, attempt)?))
        }
        (Some(jobs::Answer::AdHocSubProcess(direction)), JobKind::AdHocSubProcess) => {
            Ok(JobOutcome::Directed(read_direction(direction, results, attempt)?))
        }
        (Some(answer), kind) => {
            let given = match answer {
                jobs::Answer::TaskListener(_) => JobKind::TaskListener,
                jobs::Answer::AdHocSubProcess(_) => JobKind::AdHocSubProcess,
            };
            Err(failed(format!(
                "the component answered for a job of the kind `{}`, and the job is of the kind `{}`",
                name(given),
                name(kind)
            )))
        }
    }
}

fn read_verdict(verdict: jobs::Verdict, attempt: &Attempt) -> Result<ListenerVerdict, JobError> {
    let jobs::Corrections { assignee, due_date, follow_up_date, candidate_users, candidate_groups, priority } =
        match verdict {
            jobs::Verdict::Allowed(corrections) => corrections,
            jobs::Verdict::Denied(reason) => {
                let reason = shortened(attempt.vault.redacted(&reason).into_owned(), REASON_BYTES_MAX);
                let denied_reason = (!reason.is_empty()).then(|| reason.into());
                let corrections = TaskCorrections::default();
                return Ok(ListenerVerdict { denied: true, denied_reason, corrections });
            }
        };
    if let Some(priority) = priority.filter(|priority| *priority > TASK_PRIORITY_MAX) {
        return Err(failed(format!("the priority {priority} is not between 0 and {TASK_PRIORITY_MAX}")));
    }
    let bytes_max = attempt.policy.limits.result_bytes.min(VARIABLES_BYTES_MAX);
    let lists = candidate_users.iter().chain(&candidate_groups).flatten();
    let texts: Vec<&String> = assignee.iter().chain(lists).collect();
    let bytes = texts.iter().map(|text| text.len()).sum::<usize>();
    if bytes > bytes_max {
        let what = format!("the corrections take {bytes} bytes, the limit is {bytes_max}");
        return Err(failed(attempt.policy.met(Limit::ResultBytes, what)));
    }
    for text in texts {
        without_secrets("a correction", text, attempt)?;
    }
    let names = |list: Vec<String>| list.into_iter().map(Into::into).collect();
    let corrections = TaskCorrections {
        assignee: assignee.map(Into::into),
        candidate_groups: candidate_groups.map(names),
        candidate_users: candidate_users.map(names),
        due_date: due_date.map(|text| date("due-date", &text, attempt)).transpose()?,
        follow_up_date: follow_up_date.map(|text| date("follow-up-date", &text, attempt)).transpose()?,
        priority,
    };
    Ok(ListenerVerdict { denied: false, denied_reason: None, corrections })
}

/// An empty text takes the date away.
fn date(field: &str, text: &str, attempt: &Attempt) -> Result<Timestamp, JobError> {
    if text.is_empty() {
        return Ok(Timestamp::MAX);
    }
    let time: jiff::Timestamp = text.parse().map_err(|_| {
        let text = shortened(attempt.vault.redacted(text).into_owned(), CODE_BYTES_MAX);
        failed(format!("`{field}` is `{text}`, expected a date and time as `2030-01-31T12:00:00Z`"))
    })?;
    Ok(Timestamp::from_millis(time.as_millisecond()))
}

fn read_direction(
    direction: jobs::Direction,
    results: Variables,
    attempt: &Attempt,
) -> Result<AdHocResult, JobError> {
    let jobs::Direction { activate_elements, completion_condition_fulfilled, cancel_remaining_instances } =
        direction;
    if activate_elements.len() > ACTIVITIES_MAX {
        return Err(failed(format!(
            "the component activates {} elements, the limit is {ACTIVITIES_MAX}",
            activate_elements.len()
        )));
    }
    let activities = activate_elements.into_iter().map(|activation| {
        if activation.element_id.len() > CODE_BYTES_MAX {
            return Err(failed(format!("the id of an element takes more than {CODE_BYTES_MAX} bytes")));
        }
        without_secrets("the id of an element", &activation.element_id, attempt)?;
        let what = format!("variables of `{}`", activation.element_id);
        let variables = variables(&what, &activation.variables, attempt)?;
        Ok(AdHocActivity { element: activation.element_id.into(), variables })
    });
    Ok(AdHocResult {
        activities: activities.collect::<Result<_, _>>()?,
        variables: results,
        is_done: completion_condition_fulfilled,
        cancels_remaining: cancel_remaining_instances,
    })
}

/// As the contract calls it.
const fn name(kind: JobKind) -> &'static str {
    match kind {
        JobKind::Task => "task",
        JobKind::ExecutionListener => "execution-listener",
        JobKind::TaskListener => "task-listener",
        JobKind::AdHocSubProcess => "ad-hoc-sub-process",
    }
}

fn failed(message: String) -> JobError {
    JobError::Failed(Failure::new(message))
}

/// Refuses a text that would carry a secret to where it is kept and shown.
fn without_secrets(what: &str, text: &str, attempt: &Attempt) -> Result<(), JobError> {
    match attempt.vault.secret_in(text) {
        None => Ok(()),
        Some(name) => Err(holds_secret(what, &name)),
    }
}

fn holds_secret(what: &str, name: &str) -> JobError {
    failed(format!(
        "{what} holds the value of secret `{name}`: secrets are sent to their hosts and kept nowhere else"
    ))
}

fn code(what: &str, code: String, attempt: &Attempt) -> Result<String, JobError> {
    if code.is_empty() || code.len() > CODE_BYTES_MAX {
        let bytes = code.len();
        return Err(failed(format!(
            "the code of {what} takes {bytes} bytes, expected 1 to {CODE_BYTES_MAX}"
        )));
    }
    without_secrets(&format!("the code of {what}"), &code, attempt)?;
    Ok(code)
}

fn message(text: &str, attempt: &Attempt) -> String {
    shortened(printable(attempt.vault.redacted(text)).into_owned(), MESSAGE_BYTES_MAX)
}

fn variables(what: &str, text: &str, attempt: &Attempt) -> Result<Variables, JobError> {
    let bytes_max = attempt.policy.limits.result_bytes.min(VARIABLES_BYTES_MAX);
    if text.len() > bytes_max {
        let what = format!("{what} takes {} bytes, the limit is {bytes_max}", text.len());
        return Err(failed(attempt.policy.met(Limit::ResultBytes, what)));
    }
    without_secrets(what, text, attempt)?;
    let variables = Variables::parse(text).map_err(|error| {
        failed(match error {
            VariablesError::NotAnObject { found } => format!("{what} is not a JSON object: found {found}"),
            VariablesError::Syntax { message } => format!("{what} is not valid JSON: {message}"),
            VariablesError::TooLarge { .. }
            | VariablesError::TooMany { .. }
            | VariablesError::TooDeep
            | VariablesError::NameTooLong { .. } => {
                format!("{what} is not acceptable: {error}")
            }
        })
    })?;
    match attempt.vault.secret_in_json(text) {
        None => Ok(variables),
        Some(name) => Err(holds_secret(what, &name)),
    }
}
