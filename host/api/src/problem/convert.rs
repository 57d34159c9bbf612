//! Why others did not do what they were asked, as problems.

use bpmn::{Diagnostic, Severity};
use engine::Rejection;
use runtime::DeployError;
use serde::Serialize;
use types::ParseKeyError;

use super::Problem;
use crate::platform::PlatformError;

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let detail = rejection.to_string();
        match rejection {
            Rejection::NotFound { .. } | Rejection::UnknownName { .. } => Self::not_found(detail),
            Rejection::InvalidState { .. } | Rejection::Superseded { .. } => Self::invalid_state(detail),
            Rejection::InvalidArgument { .. } => Self::invalid_argument(detail),
            Rejection::AlreadyExists { .. } => Self::already_exists(detail),
            Rejection::NoRoom { .. } => Self::resource_exhausted(detail),
        }
    }
}

impl From<runtime::Error> for Problem {
    fn from(error: runtime::Error) -> Self {
        let detail = error.to_string();
        match error {
            runtime::Error::Rejected(rejection) => rejection.into(),
            runtime::Error::Overloaded { .. } => Self::resource_exhausted(detail),
            runtime::Error::Unavailable(cause) => store_unavailable(&cause),
            runtime::Error::ShuttingDown => Self::unavailable(detail),
            runtime::Error::AwaitTimedOut { key, .. } => {
                Self::deadline_exceeded(detail).with("processInstanceKey", key)
            }
            runtime::Error::AwaitCancelled { key } => {
                Self::invalid_state(detail).with("processInstanceKey", key)
            }
            runtime::Error::ChangeDenied { task, reason, .. } => {
                Self::invalid_state(detail).with("userTaskKey", task).with("deniedReason", reason)
            }
            runtime::Error::ChangeOvertaken { task, .. } => {
                Self::invalid_state(detail).with("userTaskKey", task)
            }
            runtime::Error::ListenersTimedOut { .. } => Self::deadline_exceeded(detail),
            runtime::Error::Search(error) => error.into(),
            runtime::Error::Damaged(_) => Self::internal(&detail),
        }
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        match &error {
            store::Error::Unavailable(cause) => store_unavailable(cause),
            store::Error::SearchTooLarge { .. }
            | store::Error::SearchTooSlow { .. }
            | store::Error::InvalidCursor => Self::invalid_argument(error.to_string()),
            store::Error::LeaseLost { .. }
            | store::Error::PartitionOwned { .. }
            | store::Error::OutlookTooSlow { .. } => Self::unavailable(error.to_string()),
            store::Error::SnapshotUnderWay | store::Error::NoSnapshots { .. } => {
                Self::invalid_state(error.to_string())
            }
            store::Error::Conflict { .. } => Self::already_exists(error.to_string()),
            store::Error::Locked { .. }
            | store::Error::Connect { .. }
            | store::Error::NewerSchema { .. }
            | store::Error::NoDatabase { .. }
            | store::Error::Damaged(_)
            | store::Error::Unreadable { .. }
            | store::Error::RowsMissing { .. } => Self::internal(&error),
        }
    }
}

impl From<DeployError> for Problem {
    fn from(error: DeployError) -> Self {
        match error {
            DeployError::Invalid(diagnostics) => {
                let lines: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
                Self::invalid_argument(lines.join("\n")).with("diagnostics", Finding::all(&diagnostics))
            }
            DeployError::UnreadableResource { .. }
            | DeployError::DuplicateProcess { .. }
            | DeployError::DuplicateDecision { .. }
            | DeployError::DuplicateForm { .. }
            | DeployError::Start(_) => Self::invalid_argument(error.to_string()),
            DeployError::Runtime(error) => error.into(),
        }
    }
}

impl From<PlatformError> for Problem {
    fn from(error: PlatformError) -> Self {
        let detail = error.to_string();
        match error {
            PlatformError::Invalid(_) => Self::invalid_argument(detail),
            PlatformError::Refused(problems) => Self::invalid_argument(detail).with("problems", problems),
            PlatformError::NotFound { .. } => Self::not_found(detail),
            PlatformError::Conflict(_) => Self::already_exists(detail),
            PlatformError::InvalidState(_) => Self::invalid_state(detail),
            PlatformError::Outdated(_) => Self::precondition_failed(detail),
            PlatformError::LimitReached(_) => Self::limit_reached(detail),
            PlatformError::TooLarge(_) => Self::payload_too_large(detail),
            PlatformError::Busy(_) => Self::resource_exhausted(detail),
            PlatformError::Unavailable(_) => Self::unavailable(detail),
        }
    }
}

impl From<ParseKeyError> for Problem {
    fn from(error: ParseKeyError) -> Self {
        Self::invalid_argument(error.to_string())
    }
}

/// What the database says of itself is for the log only.
fn store_unavailable(cause: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%cause, "the store is unavailable");
    Problem::unavailable("the store is unavailable: try again later")
}

/// A finding in a deployed resource.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Finding<'a> {
    severity: &'static str,
    rule: &'a str,
    message: &'a str,
    resource: &'a str,
    element_id: Option<&'a str>,
    line: u32,
    column: u32,
}

impl<'a> Finding<'a> {
    /// All of `diagnostics`, in their order.
    pub(crate) fn all(diagnostics: &'a [Diagnostic]) -> Vec<Self> {
        diagnostics
            .iter()
            .map(|diagnostic| Self {
                severity: match diagnostic.severity {
                    Severity::Warning => "warning",
                    Severity::Error => "error",
                },
                rule: diagnostic.rule,
                message: &diagnostic.message,
                resource: &diagnostic.resource,
                element_id: diagnostic.element.as_deref(),
                line: diagnostic.line,
                column: diagnostic.column,
            })
            .collect()
    }
}
