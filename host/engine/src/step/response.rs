//! Where a connector's response goes: `resultVariable`, `resultExpression` and `errorExpression`.
//!
//! The error expression comes first: it may turn a response, a failure or a BPMN error into another of the three.
//! Where it decides nothing, a response goes into the result variable, and the result expression adds its entries.

use bpmn::model::{Element, ResponseMapping};
use feel::{Expression, JsonError, Value};
use types::{BpmnError, Failure, Json, Variables, VariablesError};

use super::evaluate::expected;
use super::run::Run;
use super::trouble::Trouble;
use crate::command::JobResult;
use crate::state::{IncidentKind, Job};

/// What becomes of a worker's answer.
pub(super) enum Mapped {
    Complete(Variables),
    Throw(BpmnError),
    Fail(Failure),
}

/// What expressions over a response see: its fields, and all of it as `response`.
struct ResponseScope<'s> {
    response: &'s Variables,
    whole: &'s str,
}

impl ResponseScope<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        match self.response.get(name) {
            Some(value) => Some(value.as_str()),
            None => (name == "response").then_some(self.whole),
        }
    }
}

impl feel::Scope for ResponseScope<'_> {
    fn get<'s>(&'s self, name: &str) -> Option<Value<'s>> {
        Value::from_json(self.text(name)?).ok()
    }

    fn unreadable(&self, name: &str) -> Option<JsonError> {
        Value::from_json(self.text(name)?).err()
    }
}

/// What an error expression sees: `job`, and either the response or the `error`. The other is null.
struct AnswerScope<'s> {
    job: String,
    response: Option<&'s ResponseScope<'s>>,
    error: &'s str,
}

impl AnswerScope<'_> {
    fn text(&self, name: &str) -> Option<&str> {
        if name == "job" {
            return Some(&self.job);
        }
        match self.response.and_then(|response| response.text(name)) {
            Some(text) => Some(text),
            None if name == "error" => Some(self.error),
            None if name == "response" => Some("null"),
            None => None,
        }
    }
}

impl feel::Scope for AnswerScope<'_> {
    fn get<'s>(&'s self, name: &str) -> Option<Value<'s>> {
        Value::from_json(self.text(name)?).ok()
    }

    fn unreadable(&self, name: &str) -> Option<JsonError> {
        Value::from_json(self.text(name)?).err()
    }
}

/// A failure or BPMN error as an error expression sees it.
#[derive(serde::Serialize)]
struct ErrorContext<'s> {
    /// Of a BPMN error, or of a failure that has one.
    code: Option<&'s str>,
    message: &'s str,
    /// The function that an error expression would answer the same with.
    #[serde(rename = "type")]
    error_type: &'static str,
    variables: &'s Variables,
}

/// What an error expression decided, as its functions `bpmnError`, `jobError` and `ignoreError` write it.
enum Decision {
    Throw {
        code: String,
        message: Option<String>,
        variables: Option<Variables>,
    },
    Fail {
        message: String,
        retries: Option<u32>,
        retry_backoff: Option<String>,
        variables: Option<Variables>,
    },
    Ignore {
        variables: Option<Variables>,
    },
}

impl Decision {
    /// `None` when the context is none that the functions write.
    fn read(context: &Variables) -> Option<Self> {
        fn field<T: serde::de::DeserializeOwned>(context: &Variables, name: &str) -> Option<T> {
            serde_json::from_str(context.get(name)?.as_str()).ok()
        }
        let variables = field(context, "variables");
        match field::<String>(context, "errorType")?.as_str() {
            "bpmnError" => Some(Self::Throw {
                code: field(context, "code")?,
                message: field(context, "message"),
                variables,
            }),
            "jobError" => Some(Self::Fail {
                message: field(context, "message")?,
                retries: field(context, "retries"),
                retry_backoff: field(context, "retryBackoff"),
                variables,
            }),
            "ignoreError" => Some(Self::Ignore { variables }),
            _ => None,
        }
    }
}

impl Run<'_> {
    /// What becomes of a job's result.
    pub(super) fn map_response(
        &self,
        job: &Job,
        element: &Element,
        result: JobResult,
    ) -> Result<Mapped, Trouble> {
        let (response, is_connector) = match result {
            JobResult::Variables(variables) => return Ok(Mapped::Complete(variables)),
            JobResult::Worker(variables) => (variables, false),
            JobResult::Connector(response) => (response, true),
            // What decides something else than variables was taken before.
            JobResult::AdHoc(_) | JobResult::TaskListener(_) => (Variables::new(), false),
        };
        let unmapped = |response| if is_connector { Variables::new() } else { response };
        let Some(mapping) = response_mapping(element) else {
            return Ok(Mapped::Complete(unmapped(response)));
        };
        let whole = response.to_json();
        let scope = ResponseScope { response: &response, whole: &whole };
        if let Some(expression) = &mapping.error_expression {
            let answer = AnswerScope { job: about(job), response: Some(&scope), error: "null" };
            if let Some(decision) = self.decide(expression, &answer)? {
                return Ok(self.follow(decision, job));
            }
        }
        if mapping.result_variable.is_none() && mapping.result_expression.is_none() {
            return Ok(Mapped::Complete(unmapped(response)));
        }
        let mut results = Variables::new();
        if let Some(name) = &mapping.result_variable {
            results.insert(name, Json::from_trusted(whole.as_str()));
        }
        if let Some(expression) = &mapping.result_expression {
            let entries = self.evaluate_in(expression, &scope, IncidentKind::IoMappingError, |value| {
                if value.is_null() {
                    return Ok(Variables::new());
                }
                self.entries(value, "a context from the result expression")
            })?;
            for (name, value) in entries {
                results.insert(name, value);
            }
        }
        Ok(Mapped::Complete(results))
    }

    /// What becomes of a component's failure. An error expression that cannot be evaluated leaves it as it is.
    pub(super) fn map_failure(&self, job: &Job, failure: Failure) -> Mapped {
        let error = ErrorContext {
            code: failure.code.as_deref(),
            message: &failure.message,
            error_type: "jobError",
            variables: &failure.variables,
        };
        match self.judge(job, &error) {
            Ok(Some(decision)) => self.follow(decision, job),
            Ok(None) => Mapped::Fail(failure),
            Err(trouble) => {
                let message = with_trouble(&failure.message, &trouble);
                Mapped::Fail(Failure { message, ..failure })
            }
        }
    }

    /// What becomes of a component's BPMN error. An error expression that cannot be evaluated leaves it as it is.
    pub(super) fn map_error(&self, job: &Job, error: BpmnError) -> Mapped {
        let context = ErrorContext {
            code: Some(&error.code),
            message: &error.message,
            error_type: "bpmnError",
            variables: &error.variables,
        };
        match self.judge(job, &context) {
            Ok(Some(decision)) => self.follow(decision, job),
            Ok(None) => Mapped::Throw(error),
            Err(trouble) => {
                let message = with_trouble(&error.message, &trouble);
                Mapped::Throw(BpmnError { message, ..error })
            }
        }
    }

    /// What the task's error expression, if it has one, says to an error.
    fn judge(&self, job: &Job, error: &ErrorContext<'_>) -> Result<Option<Decision>, Trouble> {
        let element = self.element_of(job.element_instance).map(|(_, element)| element);
        let Some(expression) =
            element.and_then(response_mapping).and_then(|mapping| mapping.error_expression.as_ref())
        else {
            return Ok(None);
        };
        let error = serde_json::to_string(error).unwrap_or_else(|_| "null".to_owned());
        self.decide(expression, &AnswerScope { job: about(job), response: None, error: &error })
    }

    fn decide(&self, expression: &Expression, answer: &AnswerScope<'_>) -> Result<Option<Decision>, Trouble> {
        self.evaluate_in(expression, answer, IncidentKind::IoMappingError, |value| {
            const ANSWER: &str = "bpmnError(…), jobError(…), ignoreError(…) or null";
            if value.is_null() {
                return Ok(None);
            }
            let context = self.entries(value, ANSWER)?;
            if context.is_empty() {
                return Ok(None);
            }
            Decision::read(&context).map(Some).ok_or_else(|| expected(ANSWER, value))
        })
    }

    /// The entries of a context; the error tells what else the value is, or which limit it exceeds.
    fn entries(&self, value: &Value<'_>, what: &str) -> Result<Variables, String> {
        Variables::parse(self.to_json(value)?.as_str()).map_err(|error| match error {
            VariablesError::NotAnObject { .. } => expected(what, value),
            error => error.to_string(),
        })
    }

    fn follow(&self, decision: Decision, job: &Job) -> Mapped {
        match decision {
            Decision::Throw { code, message, variables } => Mapped::Throw(BpmnError {
                code,
                message: message.unwrap_or_default(),
                variables: variables.unwrap_or_default(),
            }),
            Decision::Fail { message, retries, retry_backoff, variables } => {
                let backoff = retry_backoff
                    .and_then(|text| bpmn::timer::parse_duration(&text).ok())
                    .map(|backoff| backoff.after(self.at()).since(self.at()));
                Mapped::Fail(Failure {
                    message,
                    code: None,
                    variables: variables.unwrap_or_default(),
                    retries: Some(retries.unwrap_or(0).min(job.retries.saturating_sub(1))),
                    retry_after_ms: backoff.map(|backoff| backoff.as_millis() as u64),
                })
            }
            Decision::Ignore { variables } => Mapped::Complete(variables.unwrap_or_default()),
        }
    }
}

/// What expressions know of the job.
fn about(job: &Job) -> String {
    format!("{{\"retries\":{}}}", job.retries)
}

fn with_trouble(message: &str, trouble: &Trouble) -> String {
    format!("{message} (and the error expression: {})", trouble.message)
}

fn response_mapping(element: &Element) -> Option<&ResponseMapping> {
    Some(&element.job_task()?.response).filter(|mapping| {
        mapping.result_variable.is_some()
            || mapping.result_expression.is_some()
            || mapping.error_expression.is_some()
    })
}
