//! A request, built step by step.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::encode::{form, percent_encode_query};
use super::redirect::follow;
use super::{Error, Response, Url};
use crate::{host, time};

/// How long a request may take, from its start to the last byte of the answer, unless it says otherwise.
///
/// A job may take 30 s unless its grant says otherwise: so the worker hears of it, and not only its operator.
pub const TIMEOUT_DEFAULT: Duration = Duration::from_secs(20);

/// How many bytes an answer's body may have unless the request says otherwise.
pub const BODY_BYTES_MAX_DEFAULT: usize = 4 * 1024 * 1024;

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Asks for a resource.
    Get,
    /// Asks for the headers of a resource.
    Head,
    /// Hands in data.
    Post,
    /// Replaces a resource.
    Put,
    /// Changes a resource.
    Patch,
    /// Removes a resource.
    Delete,
    /// Asks what is possible.
    Options,
}

/// A request that has not been sent yet.
///
/// A mistake in building it, such as a body that is no JSON, comes out of [`Request::send`].
#[derive(Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    method: Method,
    url: String,
    headers: Vec<(String, String)>,
    body: Result<Vec<u8>, Error>,
    timeout: Duration,
    body_bytes_max: usize,
    redirects_max: u32,
}

/// A request as it goes to the host.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// When the answer is given up, as [`time::monotonic`] counts.
    pub(crate) deadline: Duration,
    pub(crate) body_bytes_max: usize,
}

impl Request {
    /// Starts a request to an absolute `http` or `https` URL.
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        Self {
            method,
            url: url.into(),
            headers: Vec::new(),
            body: Ok(Vec::new()),
            timeout: TIMEOUT_DEFAULT,
            body_bytes_max: BODY_BYTES_MAX_DEFAULT,
            redirects_max: 0,
        }
    }

    /// Adds a header. Repeated names are sent repeatedly.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Adds `Authorization: Bearer …`. The token may be a secret's placeholder.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// Adds `Idempotency-Key: …`, by which a vendor recognises a repeated call.
    pub fn idempotency_key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// Adds parameters to the URL's query.
    pub fn query<K: AsRef<str>, V: AsRef<str>>(mut self, pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        for (name, value) in pairs {
            self.url.push(if self.url.contains('?') { '&' } else { '?' });
            self.url.push_str(&percent_encode_query(name.as_ref()));
            self.url.push('=');
            self.url.push_str(&percent_encode_query(value.as_ref()));
        }
        self
    }

    /// Sets the body without a content type.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Ok(body.into());
        self
    }

    /// Sets the body to a value written as JSON.
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        self.body = serde_json::to_vec(body).map_err(|error| Error::InvalidRequest(error.to_string()));
        self.header("content-type", "application/json")
    }

    /// Sets the body to an HTML form's pairs.
    pub fn form<K: AsRef<str>, V: AsRef<str>>(mut self, pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        self.body = Ok(form(pairs).into_bytes());
        self.header("content-type", "application/x-www-form-urlencoded")
    }

    /// Sets how long the request may take, to the last byte of the answer. The default is [`TIMEOUT_DEFAULT`].
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how many bytes the answer's body may have. The default is [`BODY_BYTES_MAX_DEFAULT`].
    pub fn body_bytes_max(mut self, bytes: usize) -> Self {
        self.body_bytes_max = bytes;
        self
    }

    /// Follows up to so many redirects; none by default, so that a redirect is an answer like any other.
    ///
    /// Every hop is a request of its own to the host's grants. Only GET and HEAD are repeated. To another origin go
    /// only headers that say what is asked for, such as `accept`; all others, and the body, stay with the first one.
    pub fn follow_redirects(mut self, redirects_max: u32) -> Self {
        self.redirects_max = redirects_max;
        self
    }

    /// Sends the request and waits for the whole answer.
    pub fn send(self) -> Result<Response, Error> {
        let mut outgoing = Outgoing {
            method: self.method,
            url: Url::parse(&self.url)?,
            headers: self.headers,
            body: self.body?,
            deadline: time::monotonic().saturating_add(self.timeout),
            body_bytes_max: self.body_bytes_max,
        };
        for _ in 0..=self.redirects_max {
            let next = outgoing.clone();
            let response = host::http_send(outgoing)?;
            if self.redirects_max == 0 {
                return Ok(response);
            }
            match follow(next, &response)? {
                Some(next) => outgoing = next,
                None => return Ok(response),
            }
        }
        Err(Error::TooManyRedirects(self.redirects_max))
    }
}

impl Method {
    /// The method as it stands in a request.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
