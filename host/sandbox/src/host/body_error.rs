//! `wasi:http/types.http-error-code`: why a response's body broke off.
//!
//! The runtime's own function knows the errors of its own bodies only, and has no answer for those of this host's.

use wasmtime::StoreContextMut;
use wasmtime::component::{LinkerInstance, Resource};
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Host, IoError};
use wasmtime_wasi_http::{Error, WasiHttpView};

use crate::host::JobState;

/// Puts this host's function in the place of the runtime's. `types` allows that.
pub(super) fn tell_causes(types: &mut LinkerInstance<'_, JobState>) -> wasmtime::Result<()> {
    types.func_wrap("http-error-code", http_error_code)
}

fn http_error_code(
    mut store: StoreContextMut<'_, JobState>,
    (error,): (Resource<IoError>,),
) -> wasmtime::Result<(Option<ErrorCode>,)> {
    let mut http = store.data_mut().http();
    match http.table.get(&error)?.downcast_ref::<Error>().and_then(code) {
        Some(code) => Ok((Some(code),)),
        None => Ok((Host::http_error_code(&mut http, error)?,)),
    }
}

/// The code of an error that a body of `network` ends with.
fn code(error: &Error) -> Option<ErrorCode> {
    Some(match error {
        Error::HttpResponseBodySize(limit) => ErrorCode::HttpResponseBodySize(*limit),
        Error::HttpResponseIncomplete => ErrorCode::HttpResponseIncomplete,
        Error::HttpResponseTimeout => ErrorCode::HttpResponseTimeout,
        Error::HttpProtocolError => ErrorCode::HttpProtocolError,
        Error::ConnectionReadTimeout => ErrorCode::ConnectionReadTimeout,
        Error::ConnectionTerminated => ErrorCode::ConnectionTerminated,
        Error::ConnectionTimeout => ErrorCode::ConnectionTimeout,
        _ => return None,
    })
}
