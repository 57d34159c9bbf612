//! Why a request that was allowed got no answer, for the guest and for the report.

use std::error::Error as StdError;
use std::io;

use hyper_util::client::legacy;
use wasmtime_wasi_http::Error;

use crate::network::address::OutOfReach;
use crate::network::connector::ResolveError;

/// Why a request that the grants allow got no answer.
pub(super) enum SendFailure {
    /// Its host has an address that the grant does not reach.
    OutOfReach(OutOfReach),
    /// The network or the server.
    Failed {
        /// What the guest sees.
        error: Error,
        /// What the report says.
        text: String,
    },
}

impl SendFailure {
    pub(super) fn of(error: &legacy::Error) -> Self {
        for cause in causes(error) {
            if let Some(ResolveError::OutOfReach(address)) = cause.downcast_ref() {
                return Self::OutOfReach(address.clone());
            }
        }
        let kind = causes(error).filter_map(kind).last().unwrap_or(Error::HttpProtocolError);
        Self::Failed { error: kind, text: text(error) }
    }
}

/// What the guest sees when a response's body breaks off.
pub(super) fn body_failure(error: &hyper::Error) -> Error {
    causes(error).filter_map(kind).last().unwrap_or(Error::HttpProtocolError)
}

/// What `cause` alone says about the failure. The innermost cause that says something counts.
fn kind(cause: &(dyn StdError + 'static)) -> Option<Error> {
    if let Some(error) = cause.downcast_ref::<ResolveError>() {
        return Some(match error {
            ResolveError::TimedOut => Error::DnsTimeout,
            other => Error::DnsError { rcode: Some(other.to_string()), info_code: None },
        });
    }
    if let Some(Error::HttpRequestBodySize(limit)) = cause.downcast_ref() {
        return Some(Error::HttpRequestBodySize(*limit));
    }
    if let Some(error) = cause.downcast_ref::<rustls::Error>() {
        return Some(match error {
            rustls::Error::InvalidCertificate(_) => Error::TlsCertificateError,
            rustls::Error::AlertReceived(alert) => Error::TlsAlertReceived {
                alert_id: Some(u8::from(*alert)),
                alert_message: Some(format!("{alert:?}")),
            },
            _ => Error::TlsProtocolError,
        });
    }
    if let Some(error) = cause.downcast_ref::<hyper::Error>() {
        return if error.is_incomplete_message() {
            Some(Error::HttpResponseIncomplete)
        } else if error.is_timeout() {
            Some(Error::HttpResponseTimeout)
        } else {
            None
        };
    }
    match cause.downcast_ref::<io::Error>()?.kind() {
        io::ErrorKind::ConnectionRefused => Some(Error::ConnectionRefused),
        io::ErrorKind::TimedOut => Some(Error::ConnectionTimeout),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => Some(Error::ConnectionTerminated),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            Some(Error::DestinationUnavailable)
        }
        _ => None,
    }
}

/// The error and all that caused it, outermost first.
fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        // An I/O error passes over the error that it wraps and names that one's source.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        match wrapped {
            Some(wrapped) => Some(wrapped as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}

/// The error and its causes in one line; a cause that repeats the one before is left out.
fn text(error: &(dyn StdError + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    for cause in causes(error) {
        let text = cause.to_string();
        if texts.last().is_none_or(|last| !last.ends_with(&text)) {
            texts.push(text);
        }
    }
    texts.join(": ")
}
