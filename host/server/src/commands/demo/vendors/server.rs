//! HTTP for the stand-ins: whole requests in, whole answers out.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The largest request, as SendGrid documents it, in bytes. The other vendors' limits are no smaller for our requests.
const REQUEST_BYTES_MAX: usize = 30 << 20;

/// A request as the stand-ins read it.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// An answer with or without a JSON body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<Value>,
}

/// Somebody who answers requests.
pub(crate) trait Vendor: Send + Sync + 'static {
    /// The answer to one request.
    fn answer(&self, request: &Request) -> Answer;
}

/// A vendor that listens on a free port of the loopback interface until this is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts to listen.
    pub(super) async fn start(vendor: impl Vendor) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .context("failed to listen on the loopback interface")?;
        let address = listener.local_addr().context("failed to find out where a stand-in listens")?;
        let router = Router::new()
            .fallback(answer)
            .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX))
            .with_state(Arc::new(vendor) as Arc<dyn Vendor>);
        let task = tokio::spawn(async move {
            // It ends with the task alone: axum retries what can go wrong with a listener.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, task })
    }

    /// Where it is.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(
    State(vendor): State<Arc<dyn Vendor>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    vendor.answer(&Request { method, path: uri.path().to_owned(), headers, body })
}

impl Request {
    /// The header of this name, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What stands after `Bearer `.
    pub(crate) fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    /// Whether the body is said to be of this type, whatever its parameters.
    pub(crate) fn has_content_type(&self, expected: &str) -> bool {
        self.header("content-type")
            .and_then(|value| value.split(';').next())
            .is_some_and(|value| value.trim().eq_ignore_ascii_case(expected))
    }
}

impl Answer {
    /// A status without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: None }
    }

    /// A status with a body.
    pub(crate) fn json(status: StatusCode, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Some(body) }
    }

    /// Adds a header.
    #[must_use]
    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        let body = match self.body {
            Some(body) => {
                response = response.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        response.body(body).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    }
}

#[cfg(test)]
pub(super) mod testing {
    use axum::http::HeaderValue;

    use super::*;

    /// A `POST` with a key, if there is one, and a body of some type.
    pub(in super::super) fn post(path: &str, key: &str, content_type: &'static str, body: String) -> Request {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static(content_type));
        if let Ok(value) = HeaderValue::from_str(&format!("Bearer {key}"))
            && !key.is_empty()
        {
            headers.insert("authorization", value);
        }
        Request { method: Method::POST, path: path.to_owned(), headers, body: body.into() }
    }

    /// A `POST` with a JSON body.
    pub(in super::super) fn post_json(path: &str, key: &str, body: &Value) -> Request {
        post(path, key, "application/json", body.to_string())
    }
}
