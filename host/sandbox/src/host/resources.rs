//! What a guest may make the host keep outside of the guest's own memory.
//!
//! Every resource that a guest holds, be it headers, a request, a body or a stream, lies on the host's heap,
//! where the limit of linear memory does not reach. No grant is needed to make one: a request need not be sent.
//! So their number is bounded, and so is every part that one of them is made of.

use wasmtime::StoreContextMut;
use wasmtime::component::{LinkerInstance, Resource};
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::bindings::http::types::{HostOutgoingRequest, Method, OutgoingRequest};

use crate::host::JobState;
use crate::limits;

/// Resources, such as headers, requests and streams, that a job may have open.
/// One exchange takes about eight while it is under way.
pub(crate) const RESOURCES_MAX: usize = 256;
/// Headers of one request as the runtime counts them, in bytes. Most servers take 8 to 16 KiB.
pub(crate) const HEADER_BYTES_MAX: usize = 16 << 10;
/// How much a map of headers takes for each byte that is counted: its tables grow by doubling,
/// and values of a few bytes are allocated one by one.
const HEADER_OVERHEAD: usize = 5;
/// What a guest may write to a request's body in one call, in bytes.
pub(crate) const BODY_CHUNK_BYTES_MAX: usize = 32 << 10;
/// Such writes that wait for the network to take them. The runtime adds one.
pub(crate) const BODY_CHUNKS_MAX: usize = 1;
/// Path and query of a request, in bytes.
const PATH_BYTES_MAX: usize = 16 << 10;
/// Host and port of a request, in bytes: the longest name of DNS, a colon, five digits, and some.
const AUTHORITY_BYTES_MAX: usize = 300;
/// The name of a request's method, in bytes.
const METHOD_BYTES_MAX: usize = 32;

/// What one resource keeps alive at most, in bytes: a request whose headers, URL, body and trailers are full.
const RESOURCE_BYTES_MAX: usize = 2 * HEADER_OVERHEAD * HEADER_BYTES_MAX
    + (BODY_CHUNKS_MAX + 1) * BODY_CHUNK_BYTES_MAX
    + PATH_BYTES_MAX
    + AUTHORITY_BYTES_MAX
    + METHOD_BYTES_MAX;

/// What one job makes the host keep outside of the job's linear memory at most, in bytes, without any grant.
///
/// A grant of a host adds what that host sends: each response that the job keeps holds the buffer that it was read
/// into, 128 KiB at most, and a job has at most so many of them as [`Limits::requests`](crate::Limits::requests) says, 100 unless its operator raises that.
pub const HOST_BYTES_MAX: usize = RESOURCES_MAX * RESOURCE_BYTES_MAX;

/// As much again as the job's own memory, and not more.
const _: () = assert!(HOST_BYTES_MAX <= limits::MEMORY_BYTES);

/// Puts bounds on the parts of a request that the runtime would take at any length. `types` allows that.
/// The guest gets the answer that it gets for a malformed one.
pub(super) fn bound_requests(types: &mut LinkerInstance<'_, JobState>) -> wasmtime::Result<()> {
    types.func_wrap("[method]outgoing-request.set-method", set_method)?;
    types.func_wrap("[method]outgoing-request.set-path-with-query", set_path)?;
    types.func_wrap("[method]outgoing-request.set-authority", set_authority)
}

/// A setter says that it refuses, and not why.
type Set = (Result<(), ()>,);

fn set_method(
    mut store: StoreContextMut<'_, JobState>,
    (request, method): (Resource<OutgoingRequest>, Method),
) -> wasmtime::Result<Set> {
    match &method {
        Method::Other(name) if name.len() > METHOD_BYTES_MAX => Ok((Err(()),)),
        _ => Ok((HostOutgoingRequest::set_method(&mut store.data_mut().http(), request, method)?,)),
    }
}

fn set_path(
    mut store: StoreContextMut<'_, JobState>,
    (request, path): (Resource<OutgoingRequest>, Option<String>),
) -> wasmtime::Result<Set> {
    if path.as_ref().is_some_and(|path| path.len() > PATH_BYTES_MAX) {
        return Ok((Err(()),));
    }
    Ok((HostOutgoingRequest::set_path_with_query(&mut store.data_mut().http(), request, path)?,))
}

fn set_authority(
    mut store: StoreContextMut<'_, JobState>,
    (request, authority): (Resource<OutgoingRequest>, Option<String>),
) -> wasmtime::Result<Set> {
    if authority.as_ref().is_some_and(|authority| authority.len() > AUTHORITY_BYTES_MAX) {
        return Ok((Err(()),));
    }
    Ok((HostOutgoingRequest::set_authority(&mut store.data_mut().http(), request, authority)?,))
}
