//! Requests that a test expects, and their answers.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::http::{Error, Method, Outgoing, Response};

/// What comes back for a request.
#[derive(Clone, Debug)]
pub struct Answer(pub(super) Result<Response, Error>);

/// A request that a test expects.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) method: String,
    pub(super) url: String,
    pub(super) answer: Answer,
}

/// A request as the worker sent it.
#[derive(Clone, Debug)]
pub struct SentRequest {
    /// Its method.
    pub method: Method,
    /// Its URL.
    pub url: String,
    /// Its headers, in the worker's order.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
    /// How long it might have taken.
    pub timeout: Duration,
}

impl Answer {
    /// An answer without a body.
    pub fn status(status: u16) -> Self {
        Self::text(status, "")
    }

    /// An answer with a text.
    pub fn text(status: u16, body: &str) -> Self {
        Self::bytes(status, body)
    }

    /// An answer with bytes, such as a document.
    pub fn bytes(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self(Ok(Response { status, headers: Vec::new(), body: body.into() }))
    }

    /// An answer with a JSON value.
    ///
    /// # Panics
    /// When the value cannot be written as JSON.
    pub fn json<T: Serialize + ?Sized>(status: u16, body: &T) -> Self {
        let body = serde_json::to_string(body).expect("an answer is written as JSON");
        Self::text(status, &body).header("content-type", "application/json")
    }

    /// No answer but an error.
    pub fn error(error: Error) -> Self {
        Self(Err(error))
    }

    /// Adds a header to an answer; an error has none.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Ok(response) = &mut self.0 {
            response.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }
}

impl SentRequest {
    pub(super) fn new(outgoing: Outgoing, now: Duration) -> Self {
        Self {
            method: outgoing.method,
            url: outgoing.url.to_string(),
            headers: outgoing.headers,
            body: outgoing.body,
            timeout: outgoing.deadline.saturating_sub(now),
        }
    }

    /// The first header of this name, in any casing.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body read from JSON.
    ///
    /// # Panics
    /// When the body is no such JSON.
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).expect("the worker sent the JSON that the test reads")
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Refuses what the host would refuse.
pub(super) fn check_header(name: &str, value: &str) -> Result<(), Error> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let is_text = |byte: u8| byte == b'\t' || (byte >= b' ' && byte != 0x7f);
    if !name.is_empty() && name.bytes().all(is_token) && value.bytes().all(is_text) {
        return Ok(());
    }
    Err(Error::InvalidRequest(format!("the header `{}` is refused", name.escape_debug())))
}
