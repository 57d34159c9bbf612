//! HTTP through the host, which lets a request out only where the operator granted it.
//!
//! ```no_run
//! # use fermata_sdk::http;
//! # fn main() -> Result<(), http::Error> {
//! let response = http::post("https://api.example.org/v1/orders")
//!     .bearer("a token")
//!     .idempotency_key("the job's")
//!     .json(&serde_json::json!({ "amount": 100 }))
//!     .send()?;
//! if response.status() == 201 {
//!     let order: serde_json::Value = response.json()?;
//! }
//! # Ok(()) }
//! ```
//!
//! Any status is an answer, not an error: what it means is the worker's business.

mod encode;
mod error;
mod redirect;
mod request;
mod response;
mod url;

pub use encode::encode_component;
pub use error::Error;
pub use request::{BODY_BYTES_MAX_DEFAULT, Method, Request, TIMEOUT_DEFAULT};
pub use response::Response;

pub(crate) use request::Outgoing;
pub(crate) use url::Url;

/// Starts a GET request.
pub fn get(url: impl Into<String>) -> Request {
    Request::new(Method::Get, url)
}

/// Starts a POST request.
pub fn post(url: impl Into<String>) -> Request {
    Request::new(Method::Post, url)
}

/// Starts a PUT request.
pub fn put(url: impl Into<String>) -> Request {
    Request::new(Method::Put, url)
}

/// Starts a PATCH request.
pub fn patch(url: impl Into<String>) -> Request {
    Request::new(Method::Patch, url)
}

/// Starts a DELETE request.
pub fn delete(url: impl Into<String>) -> Request {
    Request::new(Method::Delete, url)
}
