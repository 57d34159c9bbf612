//! Writing problems.

use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Problem;

/// After how many seconds a client that was turned away may come back.
const RETRY_AFTER_S: HeaderValue = HeaderValue::from_static("1");

/// Gives an answer with a status from 400 on its body.
pub(crate) fn write(mut response: Response, method: &Method, uri: &Uri) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None => in_words(status, method, uri),
    };
    let body = Body::from(body(&problem, uri));
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(header::RETRY_AFTER, RETRY_AFTER_S);
    }
    *response.body_mut() = body;
    response
}

fn in_words(status: StatusCode, method: &Method, uri: &Uri) -> Problem {
    let path = uri.path();
    match status {
        StatusCode::NOT_FOUND => Problem::not_found(format!("there is no resource at `{path}`")),
        StatusCode::METHOD_NOT_ALLOWED => Problem::of_status(
            status,
            format!("`{path}` does not take {method}: the `allow` header says what it takes"),
        ),
        _ => Problem::of_status(status, "the request cannot be answered"),
    }
}

fn body(problem: &Problem, uri: &Uri) -> Vec<u8> {
    #[derive(Serialize)]
    struct Written<'a> {
        r#type: &'static str,
        title: &'static str,
        status: u16,
        detail: &'a str,
        instance: &'a str,
        #[serde(flatten)]
        extensions: &'a Map<String, Value>,
    }
    let written = Written {
        r#type: "about:blank",
        title: problem.title,
        status: problem.status.as_u16(),
        detail: &problem.detail,
        instance: uri.path(),
        extensions: &problem.extensions,
    };
    serde_json::to_vec(&written).unwrap_or_default()
}
