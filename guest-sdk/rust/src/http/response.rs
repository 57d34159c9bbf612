//! An answer.

use std::borrow::Cow;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::Error;
use crate::Failure;

/// An answer with its whole body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// The status code.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the status is 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// All headers, in the answer's order.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The first header of this name, in any casing.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// How long the vendor asks to wait: `Retry-After` in seconds. A date in it is not read.
    pub fn retry_after(&self) -> Option<Duration> {
        self.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as text; bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The body read from JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Error::UnexpectedBody(format!("{error}; its status is {}", self.status)))
    }

    /// Whether the same request may well succeed later: a timeout, too many requests, or an error of the server.
    pub fn is_transient(&self) -> bool {
        matches!(self.status, 408 | 425 | 429 | 500..=599)
    }

    /// A failure that is retried when the status is transient, after the time that the vendor asks for or else
    /// [backing off](Failure::backing_off), and that leaves no retries otherwise:
    /// the same request would be refused again.
    pub fn failure(&self, message: impl Into<String>) -> Failure {
        if self.is_transient() { self.transient_failure(message) } else { Failure::new(message).retries(0) }
    }

    /// A failure that is retried whatever the status, after the time that the vendor asks for or else
    /// [backing off](Failure::backing_off). For vendors that have a status of their own for "later".
    pub fn transient_failure(&self, message: impl Into<String>) -> Failure {
        Failure { retry_after: self.retry_after(), ..Failure::new(message).backing_off() }
    }
}
