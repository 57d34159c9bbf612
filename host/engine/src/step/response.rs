//! Where a connector's response goes: `resultVariable`, `resultExpression` and `errorExpression`.
//!
//! The order is Camunda's: the response is put into the result variable, the result expression adds its entries,
//! and the error expression may turn success into an error or a failure into success.

use bpmn::model::{Element, ElementKind, ResponseMapping};
use feel::Value;
use types::{BpmnError, Failure, Json, SharedStr, Variables};

use super::evaluate::{Trouble, expected, to_json};
use super::run::Run;
use crate::command::JobResult;
use crate::state::{IncidentKind, Job};

/// What becomes of a worker's answer.
pub(super) enum Mapped {
    Complete(Variables),
    Throw(BpmnError),
    /// With variables for the scope of the element.
    Fail(Failure, Variables),
}

/// What expressions over a response see: its fields, and all of it as `response`.
struct ResponseScope<'s> {
    response: &'s Variables,
    whole: &'s str,
}

impl feel::Scope for ResponseScope<'_> {
    fn get<'s>(&'s self, name: &str) -> Option<Value<'s>> {
        let text = match self.response.get(name) {
            Some(value) => value.as_str(),
            None if name == "response" => self.whole,
            None => return None,
        };
        Value::from_json(text).ok()
    }
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
        let mapping = response_mapping(element);
        let (response, unmapped) = match (result, mapping) {
            (JobResult::Variables(variables), _) | (JobResult::Worker(variables), None) => {
                return Ok(Mapped::Complete(variables));
            }
            (JobResult::Connector(_), None) => return Ok(Mapped::Complete(Variables::new())),
            (JobResult::Worker(response), Some(mapping)) => (response, mapping),
            (JobResult::Connector(response), Some(mapping)) => (response, mapping),
        };
        let whole = response.to_json();
        let scope = ResponseScope { response: &response, whole: &whole };
        if let Some(decision) = self.decide(unmapped, &scope)? {
            return Ok(self.follow(decision, job));
        }
        let mut results = Variables::new();
        if let Some(name) = &unmapped.result_variable {
            results.insert(name, Json::from_trusted(whole.as_str()));
        }
        if let Some(expression) = &unmapped.result_expression {
            let entries = self.evaluate_in(expression, &scope, IncidentKind::IoMappingError, |value| {
                if value.is_null() {
                    return Ok(Variables::new());
                }
                Variables::parse(to_json(value)?.as_str())
                    .map_err(|_| expected("a context from the result expression", value))
            })?;
            for (name, value) in entries {
                results.insert(name, value);
            }
        }
        Ok(Mapped::Complete(results))
    }

    /// What becomes of a job's failure. An error expression that cannot be evaluated leaves it as it is.
    pub(super) fn map_failure(&self, job: &Job, failure: Failure) -> Mapped {
        let Some(mapping) =
            self.element_of(job.element_instance).and_then(|(_, element)| response_mapping(element))
        else {
            return Mapped::Fail(failure, Variables::new());
        };
        let error = serde_json::json!({ "message": failure.message });
        let about_job = serde_json::json!({ "retries": job.retries });
        let error: Variables = [("error", error), ("job", about_job)]
            .into_iter()
            .map(|(name, value)| (SharedStr::from(name), Json::from_trusted(value.to_string())))
            .collect();
        let scope = ResponseScope { response: &error, whole: "null" };
        match self.decide(mapping, &scope) {
            Ok(Some(decision)) => self.follow(decision, job),
            Ok(None) => Mapped::Fail(failure, Variables::new()),
            Err(trouble) => {
                let message = format!("{} (and the error expression: {})", failure.message, trouble.message);
                Mapped::Fail(Failure { message, ..failure }, Variables::new())
            }
        }
    }

    fn decide(
        &self,
        mapping: &ResponseMapping,
        scope: &ResponseScope<'_>,
    ) -> Result<Option<Decision>, Trouble> {
        let Some(expression) = &mapping.error_expression else { return Ok(None) };
        self.evaluate_in(expression, scope, IncidentKind::IoMappingError, |value| {
            if value.is_null() {
                return Ok(None);
            }
            let unusable = || expected("bpmnError(…), jobError(…), ignoreError(…) or null", value);
            let context = Variables::parse(to_json(value)?.as_str()).map_err(|_| unusable())?;
            if context.is_empty() {
                return Ok(None);
            }
            Decision::read(&context).map(Some).ok_or_else(unusable)
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
                let failure = Failure {
                    message,
                    retries: Some(retries.unwrap_or(0).min(job.retries.saturating_sub(1))),
                    retry_after_ms: backoff.map(|backoff| backoff.as_millis() as u64),
                };
                Mapped::Fail(failure, variables.unwrap_or_default())
            }
            Decision::Ignore { variables } => Mapped::Complete(variables.unwrap_or_default()),
        }
    }
}

fn response_mapping(element: &Element) -> Option<&ResponseMapping> {
    match &element.kind {
        ElementKind::JobTask(task) => Some(&task.response).filter(|mapping| {
            mapping.result_variable.is_some()
                || mapping.result_expression.is_some()
                || mapping.error_expression.is_some()
        }),
        _ => None,
    }
}
