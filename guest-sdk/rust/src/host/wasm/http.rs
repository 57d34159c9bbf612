//! One exchange over `wasi:http`.

use std::time::Duration;

use wasip2::clocks::monotonic_clock;
use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingBody, IncomingResponse, Method as WasiMethod, OutgoingBody, OutgoingRequest,
    RequestOptions, Scheme,
};
use wasip2::io::poll::{Pollable, poll};
use wasip2::io::streams::{OutputStream, StreamError};

use super::interfaces::{monotonic, nanoseconds};
use crate::http::{Error, Method, Outgoing, Response};

/// How much of an answer's body is read at once, in bytes.
const READ_BYTES: u64 = 64 * 1024;

/// Sends a request and reads the whole answer.
pub(crate) fn http_send(outgoing: Outgoing) -> Result<Response, Error> {
    let timer = monotonic_clock::subscribe_instant(nanoseconds(outgoing.deadline));
    let (request, body) = request(&outgoing)?;
    let future =
        outgoing_handler::handle(request, Some(options(&outgoing))).map_err(|code| error(code, &outgoing))?;
    write_body(body, &outgoing, &timer)?;
    let subscription = future.subscribe();
    let response = loop {
        match future.get() {
            Some(Ok(Ok(response))) => break response,
            Some(Ok(Err(code))) => return Err(error(code, &outgoing)),
            Some(Err(())) => return Err(Error::Protocol("the host answered twice".to_owned())),
            None => wait(&subscription, &timer)?,
        }
    };
    drop(subscription);
    read_response(response, &outgoing, &timer)
}

fn request(outgoing: &Outgoing) -> Result<(OutgoingRequest, OutgoingBody), Error> {
    let headers = Fields::new();
    for (name, value) in &outgoing.headers {
        headers.append(name, value.as_bytes()).map_err(|error| {
            Error::InvalidRequest(format!("the header `{}` is refused: {error}", name.escape_debug()))
        })?;
    }
    if !outgoing.body.is_empty() && !headers.has("content-length") {
        headers
            .append("content-length", outgoing.body.len().to_string().as_bytes())
            .map_err(|error| Error::InvalidRequest(error.to_string()))?;
    }
    let request = OutgoingRequest::new(headers);
    let method = match outgoing.method {
        Method::Get => WasiMethod::Get,
        Method::Head => WasiMethod::Head,
        Method::Post => WasiMethod::Post,
        Method::Put => WasiMethod::Put,
        Method::Patch => WasiMethod::Patch,
        Method::Delete => WasiMethod::Delete,
        Method::Options => WasiMethod::Options,
    };
    let scheme = if outgoing.url.secure { Scheme::Https } else { Scheme::Http };
    request
        .set_method(&method)
        .and_then(|()| request.set_scheme(Some(&scheme)))
        .and_then(|()| request.set_authority(Some(&outgoing.url.authority)))
        .and_then(|()| request.set_path_with_query(Some(&outgoing.url.path_and_query)))
        .map_err(|()| Error::InvalidRequest(format!("`{}` is not a valid URL", outgoing.url)))?;
    let body = request.body().map_err(|()| Error::InvalidRequest("it has no body".to_owned()))?;
    Ok((request, body))
}

/// The host's own timeouts never end later than ours. A host that knows no timeouts is bounded by our timer alone.
fn options(outgoing: &Outgoing) -> RequestOptions {
    let left = nanoseconds(outgoing.deadline.saturating_sub(monotonic()).max(Duration::from_millis(1)));
    let options = RequestOptions::new();
    let _ = options.set_connect_timeout(Some(left));
    let _ = options.set_first_byte_timeout(Some(left));
    let _ = options.set_between_bytes_timeout(Some(left));
    options
}

fn write_body(body: OutgoingBody, outgoing: &Outgoing, timer: &Pollable) -> Result<(), Error> {
    if !outgoing.body.is_empty() {
        let stream = body.write().map_err(|()| Error::InvalidRequest("its body is taken".to_owned()))?;
        // A host that answers before it has read everything closes the stream: the answer says why.
        if !write_all(&stream, &outgoing.body, timer)? {
            return Ok(());
        }
    }
    OutgoingBody::finish(body, None).map_err(|code| match code {
        // Here the number is what was written, and not a limit.
        ErrorCode::HttpRequestBodySize(_) => {
            Error::InvalidRequest("its body is not as long as its `content-length` says".to_owned())
        }
        code => error(code, outgoing),
    })
}

/// Writes everything, or says that the other side has stopped reading.
fn write_all(stream: &OutputStream, mut bytes: &[u8], timer: &Pollable) -> Result<bool, Error> {
    let ready = stream.subscribe();
    while !bytes.is_empty() {
        let Ok(room) = stream.check_write() else { return Ok(false) };
        let count = bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        if count == 0 {
            wait(&ready, timer)?;
            continue;
        }
        let (chunk, rest) = bytes.split_at(count);
        if stream.write(chunk).is_err() {
            return Ok(false);
        }
        bytes = rest;
    }
    if stream.flush().is_err() {
        return Ok(false);
    }
    wait(&ready, timer)?;
    Ok(stream.check_write().is_ok())
}

fn read_response(
    response: IncomingResponse,
    outgoing: &Outgoing,
    timer: &Pollable,
) -> Result<Response, Error> {
    let status = response.status();
    let headers = response
        .headers()
        .entries()
        .into_iter()
        .map(|(name, value)| (name, String::from_utf8_lossy(&value).into_owned()))
        .collect();
    let body = response.consume().map_err(|()| Error::Protocol("the answer has no body".to_owned()))?;
    let body = read_body(&body, outgoing.body_bytes_max, timer)?;
    Ok(Response { status, headers, body })
}

fn read_body(body: &IncomingBody, bytes_max: usize, timer: &Pollable) -> Result<Vec<u8>, Error> {
    let stream = body.stream().map_err(|()| Error::Protocol("the answer's body is taken".to_owned()))?;
    let ready = stream.subscribe();
    let mut bytes = Vec::new();
    loop {
        match stream.read(READ_BYTES) {
            Ok(chunk) if chunk.is_empty() => wait(&ready, timer)?,
            Ok(chunk) => {
                if bytes.len() + chunk.len() > bytes_max {
                    return Err(Error::BodyTooLarge { bytes_max });
                }
                bytes.extend_from_slice(&chunk);
            }
            Err(StreamError::Closed) => return Ok(bytes),
            Err(StreamError::LastOperationFailed(error)) => {
                return Err(match wasip2::http::types::http_error_code(&error) {
                    Some(ErrorCode::HttpResponseBodySize(limit)) => too_large(limit, bytes_max),
                    Some(ErrorCode::ConnectionReadTimeout | ErrorCode::HttpResponseTimeout) => Error::Timeout,
                    _ => Error::Protocol(error.to_debug_string()),
                });
            }
        }
    }
}

/// Waits for an event, or for the request's end.
fn wait(event: &Pollable, timer: &Pollable) -> Result<(), Error> {
    const EVENT: u32 = 0;
    if poll(&[event, timer]).contains(&EVENT) { Ok(()) } else { Err(Error::Timeout) }
}

/// The answer is over the host's limit, where the host names one, or else over the request's.
fn too_large(limit: Option<u64>, bytes_max: usize) -> Error {
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    Error::BodyTooLarge { bytes_max: limit.unwrap_or(bytes_max) }
}

fn error(code: ErrorCode, outgoing: &Outgoing) -> Error {
    let authority = &outgoing.url.authority;
    match code {
        // The host tells the operator why; queries may hold what nobody else should read.
        ErrorCode::HttpRequestDenied => {
            Error::Refused(format!("the host does not send this request: {} {authority}", outgoing.method))
        }
        ErrorCode::DestinationIpProhibited => {
            Error::Refused(format!("the address behind {authority} is not granted"))
        }
        ErrorCode::DnsTimeout => Error::Dns(format!("no answer about {authority} in time")),
        ErrorCode::DnsError(payload) => {
            Error::Dns(format!("{authority}: {}", payload.rcode.as_deref().unwrap_or("unknown")))
        }
        ErrorCode::DestinationNotFound => Error::Dns(format!("{authority} is unknown")),
        ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpUnroutable
        | ErrorCode::ConnectionRefused
        | ErrorCode::ConnectionTerminated
        | ErrorCode::ConnectionLimitReached => Error::Connect(format!("{authority}: {}", name(&code))),
        ErrorCode::ConnectionTimeout => Error::Connect(format!("{authority} accepts no connection in time")),
        ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => Error::Timeout,
        ErrorCode::TlsProtocolError | ErrorCode::TlsCertificateError | ErrorCode::TlsAlertReceived(_) => {
            Error::Tls(format!("{authority}: {}", name(&code)))
        }
        ErrorCode::HttpResponseBodySize(limit) => too_large(limit, outgoing.body_bytes_max),
        ErrorCode::HttpRequestBodySize(Some(limit)) => {
            Error::InvalidRequest(format!("its body has more than the {limit} bytes that the host sends"))
        }
        ErrorCode::HttpRequestLengthRequired
        | ErrorCode::HttpRequestBodySize(None)
        | ErrorCode::HttpRequestMethodInvalid
        | ErrorCode::HttpRequestUriInvalid
        | ErrorCode::HttpRequestUriTooLong
        | ErrorCode::HttpRequestHeaderSectionSize(_)
        | ErrorCode::HttpRequestHeaderSize(_)
        | ErrorCode::HttpRequestTrailerSectionSize(_)
        | ErrorCode::HttpRequestTrailerSize(_) => Error::InvalidRequest(name(&code)),
        ErrorCode::InternalError(Some(message)) => Error::Protocol(message),
        other => Error::Protocol(name(&other)),
    }
}

/// A code as a person reads it.
fn name(code: &ErrorCode) -> String {
    match code {
        ErrorCode::ConnectionRefused => "it refuses connections".to_owned(),
        ErrorCode::ConnectionTerminated => "it closed the connection".to_owned(),
        ErrorCode::TlsCertificateError => "its certificate is not valid".to_owned(),
        other => format!("{other:?}"),
    }
}
