//! A stand-in for the customer service: what it answers depends on the customer and on how often it was asked.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// More than a host hands to a worker.
const LARGE_BYTES: usize = 17 << 20;

/// Just what the SDKs read of an answer.
const LARGE_ENOUGH_BYTES: usize = 4 << 20;

/// How much of a body an echo repeats.
const SHOWN_BYTES: usize = 512;

/// A request that has arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// `GET` or `POST`.
    pub(crate) method: &'static str,
    /// The customer that it is about.
    pub(crate) customer: String,
    /// When it came.
    pub(crate) at: Instant,
    headers: HeaderMap,
    /// Its body; null without one.
    pub(crate) body: Value,
}

impl Seen {
    /// A header's text; empty without one.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// The stand-in, which listens until its runtime ends.
#[derive(Clone, Default)]
pub(crate) struct Service {
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Service {
    /// Starts it on a free port.
    pub(crate) async fn start() -> anyhow::Result<(Self, SocketAddr)> {
        let service = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let router = Router::new()
            .route("/customers/{customer}", get(customer))
            .route("/checks", post(check))
            .route("/text", get(|| async { "<html>" }))
            .route("/large", get(|| async { vec![b'x'; LARGE_BYTES] }))
            .route("/large-enough", get(|| async { vec![b'x'; LARGE_ENOUGH_BYTES] }))
            .route("/late", get(std::future::pending::<()>))
            .route("/broken", get(broken))
            .route("/echo", any(echo))
            .route("/status/{status}", get(status))
            .route("/redirect", get(|| async { (StatusCode::FOUND, [("location", "/text")], "elsewhere") }))
            .route("/headers", get(many_headers))
            .route("/json", get(|| async { Json(json!({ "ä": [1] })) }))
            .layer(DefaultBodyLimit::disable())
            .with_state(service.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok((service, address))
    }

    /// The requests about a customer, in order.
    pub(crate) fn seen(&self, customer: &str) -> Vec<Seen> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().filter(|request| request.customer == customer).cloned().collect()
    }

    /// Keeps a request; gives how many of its kind there are now.
    fn keep(&self, method: &'static str, customer: &str, headers: HeaderMap, body: Value) -> usize {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(Seen { method, customer: customer.to_owned(), at: Instant::now(), headers, body });
        seen.iter().filter(|request| request.method == method && request.customer == customer).count()
    }
}

/// More is on its way than comes.
async fn broken() -> Response {
    let chunks = [Ok("half of it"), Err(std::io::Error::other("the other half is lost"))];
    Body::from_stream(futures_util::stream::iter(chunks)).into_response()
}

/// What has arrived. Every byte of the body is one character of the text.
async fn echo(method: Method, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let value = |name: &HeaderName| {
        let values = headers.get_all(name).iter();
        Vec::from_iter(values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())).join(", ")
    };
    let headers: BTreeMap<String, String> =
        headers.keys().map(|name| (name.as_str().to_owned(), value(name))).collect();
    let shown = &body[..body.len().min(SHOWN_BYTES)];
    let text: String = shown.iter().map(|byte| char::from(*byte)).collect();
    let sum: u64 = body.iter().map(|byte| u64::from(*byte)).sum();
    let method = method.to_string();
    let told = json!({ "method": method, "headers": headers, "bytes": body.len(), "sum": sum, "text": text });
    ([("x-method", method)], Json(told))
}

async fn status(Path(status): Path<u16>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, format!("body of {}", status.as_u16())).into_response()
}

async fn many_headers() -> Response {
    let headers = [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-many", "one"), ("x-many", "two")];
    (AppendHeaders(headers), "").into_response()
}

async fn customer(
    State(service): State<Service>,
    Path(customer): Path<String>,
    headers: HeaderMap,
) -> Response {
    let times = service.keep("GET", &customer, headers, Value::Null);
    match (customer.as_str(), times) {
        ("C-404" | "a/b c", _) => StatusCode::NOT_FOUND.into_response(),
        ("C-503", 1) => (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "1")]).into_response(),
        ("C-500", _) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        ("C-odd", _) => Json(json!({ "name": "Ada", "score": "high" })).into_response(),
        // A whole number, however it is written.
        ("C-whole", _) => Json(json!({ "name": "Ada", "score": 712.0 })).into_response(),
        ("C-low", _) => Json(json!({ "name": "Bob", "score": 599 })).into_response(),
        _ => Json(json!({ "name": "Ada", "score": 712, "since": 1815 })).into_response(),
    }
}

async fn check(State(service): State<Service>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    let customer = body["customer"].as_str().unwrap_or_default().to_owned();
    let times = service.keep("POST", &customer, headers, body);
    match (customer.as_str(), times) {
        ("C-again" | "C-kept", 1) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        _ => (StatusCode::CREATED, Json(json!({ "id": "chk-7" }))).into_response(),
    }
}
