//! What a connector's error expression answers with: `bpmnError`, `jobError` and `ignoreError`, as Camunda's connectors have them.
//!
//! Each gives a context whose entry `errorType` names the function; whoever runs the connector acts on it.

use super::{Builtin, Call};
use crate::evaluate::Outcome;
use crate::value::{Text, Value};

pub(super) const TABLE: &[Builtin] = &[
    Builtin::new(
        "bpmnError",
        &[&["code"], &["code", "message"], &["code", "message", "variables"]],
        bpmn_error,
    ),
    Builtin::new(
        "jobError",
        &[
            &["message"],
            &["message", "variables"],
            &["message", "variables", "retries"],
            &["message", "variables", "retries", "retryBackoff"],
        ],
        job_error,
    ),
    Builtin::new("ignoreError", &[&[], &["variables"]], ignore_error),
];

/// Whether a function is one of these.
pub(crate) fn is_connector_answer(builtin: &Builtin) -> bool {
    TABLE.iter().any(|answer| answer.name == builtin.name)
}

fn bpmn_error<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    answer(call, "bpmnError", &["code", "message", "variables"])
}

fn job_error<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    answer(call, "jobError", &["message", "variables", "retries", "retryBackoff"])
}

fn ignore_error<'a>(call: &mut Call<'a, '_>) -> Outcome<Value<'a>> {
    answer(call, "ignoreError", &["variables"])
}

/// A context of the function's name and of the arguments that are given.
fn answer<'a>(
    call: &mut Call<'a, '_>,
    error_type: &'static str,
    parameters: &[&'static str],
) -> Outcome<Value<'a>> {
    let mut entries = vec![(Text::from("errorType"), Value::String(Text::from(error_type)))];
    for (at, parameter) in parameters.iter().enumerate() {
        if call.has(at) {
            entries.push((Text::from(*parameter), call.value(at).clone()));
        }
    }
    call.evaluator.context(entries)
}
