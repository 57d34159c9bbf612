//! What went wrong.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value};

/// What went wrong, without the path that it went wrong at.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(super) status: StatusCode,
    pub(super) title: &'static str,
    pub(super) detail: String,
    /// Members of its own, beside the five that every problem has.
    pub(super) extensions: Map<String, Value>,
}

impl Problem {
    /// The request itself is not acceptable.
    pub(crate) fn invalid_argument(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", detail)
    }

    /// The caller may not do this.
    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "FORBIDDEN", detail)
    }

    /// Nothing is there.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", detail)
    }

    /// No entity of this kind has the key.
    pub(crate) fn no_such(kind: engine::EntityKind, key: impl std::fmt::Display) -> Self {
        Self::not_found(format!("no {kind} with key {key} exists"))
    }

    /// What is asked for does not fit the state that it is asked of.
    pub(crate) fn invalid_state(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "INVALID_STATE", detail)
    }

    /// Something else has the name.
    pub(crate) fn already_exists(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "ALREADY_EXISTS", detail)
    }

    /// What the caller has seen is no longer so.
    pub(crate) fn precondition_failed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "PRECONDITION_FAILED", detail)
    }

    /// The request does not come.
    pub(crate) fn request_timeout(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", detail)
    }

    /// There are as many as a host keeps. Not [`resource_exhausted`](Self::resource_exhausted): waiting does not help.
    pub(crate) fn limit_reached(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "LIMIT_REACHED", detail)
    }

    /// The body is too large.
    pub(crate) fn payload_too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", detail)
    }

    /// The body is of the wrong kind.
    pub(crate) fn unsupported_media_type(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", detail)
    }

    /// There is too much to do. Camunda's clients back off at exactly this title.
    pub(crate) fn resource_exhausted(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "RESOURCE_EXHAUSTED", detail)
    }

    /// The host cannot do it now.
    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", detail)
    }

    /// What was waited for has not happened in time.
    pub(crate) fn deadline_exceeded(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, "DEADLINE_EXCEEDED", detail)
    }

    /// The host has a defect. What it is goes to the log, not to the caller.
    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request met an internal error");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL",
            "the host met an internal error: its log says more",
        )
    }

    /// What a framework has answered with a status and no words of ours.
    pub(super) fn of_status(status: StatusCode, detail: impl Into<String>) -> Self {
        Self::new(status, status.canonical_reason().unwrap_or("UNKNOWN"), detail)
    }

    /// Adds a member of its own.
    pub(crate) fn with(mut self, name: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or_default();
        self.extensions.insert(name.to_owned(), value);
        self
    }

    fn new(status: StatusCode, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, title, detail: detail.into(), extensions: Map::new() }
    }
}

/// A response without a body, which [`write`](super::write()) writes.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
