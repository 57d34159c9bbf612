//! Requests as no SDK sends them.

use fermata_sdk::Failure;
use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    Fields, FutureIncomingResponse, IncomingResponse, Method, OutgoingBody, OutgoingRequest, Scheme,
};
use wasip2::io::streams::StreamError;

/// Of a response's body, in bytes.
const READ_BYTES: u64 = 4096;

/// Sends a request with these headers, each as `name: value`; gives status and body.
pub(super) fn send(url: &str, method: &str, headers: &[&str]) -> Result<String, Failure> {
    let request = build(url, method, headers)?;
    let body = request.body().map_err(|()| refused("the host gives no body"))?;
    let future = start(request)?;
    OutgoingBody::finish(body, None).map_err(|error| refused(&format!("{error:?}")))?;
    let response = wait(&future)?;
    let status = response.status();
    let body = response.consume().map_err(|()| refused("the response has no body"))?;
    let stream = body.stream().map_err(|()| refused("the response has no stream"))?;
    let mut bytes = Vec::new();
    while let Ok(more) = stream.blocking_read(READ_BYTES) {
        bytes.extend(more);
    }
    Ok(format!("{status} {}", String::from_utf8_lossy(&bytes)))
}

/// Sends a body of so many mebibytes, or one that never ends; gives what was sent.
pub(super) fn send_body(url: &str, mebibytes: Option<u64>) -> Result<u64, Failure> {
    let request = build(url, "POST", &[])?;
    let body = request.body().map_err(|()| refused("the host gives no body"))?;
    let future = start(request)?;
    let stream = body.write().map_err(|()| refused("the host gives no stream"))?;
    let chunk = [b'x'; 4096];
    let mut sent = 0;
    while mebibytes.is_none_or(|mebibytes| sent < mebibytes << 20) {
        if let Err(error) = stream.blocking_write_and_flush(&chunk) {
            let cause = match error {
                StreamError::LastOperationFailed(error) => error.to_debug_string(),
                StreamError::Closed => "it has closed the stream".to_owned(),
            };
            return Err(refused(&format!("the host takes no more of the body: {cause}")));
        }
        sent += chunk.len() as u64;
    }
    drop(stream);
    OutgoingBody::finish(body, None).map_err(|error| refused(&format!("the body ends: {error:?}")))?;
    wait(&future)?;
    Ok(sent)
}

/// Sends requests and leaves their answers where they are; gives the number of answers.
pub(super) fn leave_open(url: &str, count: u64) -> Result<usize, Failure> {
    let mut kept = Vec::new();
    for _ in 0..count {
        let future = start(build(url, "GET", &[])?)?;
        kept.push((wait(&future)?, future));
    }
    Ok(kept.len())
}

fn build(url: &str, method: &str, headers: &[&str]) -> Result<OutgoingRequest, Failure> {
    let fields = Fields::new();
    for header in headers {
        let (name, value) = header.split_once(": ").unwrap_or((header, ""));
        fields.append(name, value.as_bytes()).map_err(|error| {
            refused(&format!("the host refuses the header {name:?} with the value {value:?}: {error:?}"))
        })?;
    }
    let request = OutgoingRequest::new(fields);
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_owned()),
    };
    let method = match method {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "CONNECT" => Method::Connect,
        "TRACE" => Method::Trace,
        other => Method::Other(other.to_owned()),
    };
    let part = |part: &'static str| move |()| refused(&format!("the host refuses the {part} of the request"));
    request.set_method(&method).map_err(part("method"))?;
    request.set_scheme(Some(&scheme)).map_err(part("scheme"))?;
    request.set_authority(Some(authority)).map_err(part("host"))?;
    request.set_path_with_query((!path.is_empty()).then_some(path)).map_err(part("path"))?;
    Ok(request)
}

fn start(request: OutgoingRequest) -> Result<FutureIncomingResponse, Failure> {
    outgoing_handler::handle(request, None).map_err(|error| refused(&format!("not sent: {error:?}")))
}

fn wait(future: &FutureIncomingResponse) -> Result<IncomingResponse, Failure> {
    future.subscribe().block();
    match future.get() {
        Some(Ok(Ok(response))) => Ok(response),
        Some(Ok(Err(error))) => Err(refused(&format!("no answer: {error:?}"))),
        _ => Err(refused("no answer")),
    }
}

fn refused(message: &str) -> Failure {
    Failure::new(message).retries(0)
}
