//! Attacks on what the host keeps for a component outside of its memory: parts of requests that are never sent.
//!
//! They speak to `wasi:http` directly, because the SDK sends every request that it makes.

use fermata_sdk::Failure;

/// Headers, or requests with a body, that are made and kept.
const RESOURCES: u64 = 100_000;

/// A method, a path and a host name, in bytes each.
const PART_BYTES: u64 = 1024 * 1024;

/// Makes headers, fills each, and keeps them all. Gives the bytes in them.
pub(super) fn headers_flood(count: Option<u64>) -> Result<u64, Failure> {
    wasi::headers_flood(count.unwrap_or(RESOURCES))
}

/// Makes requests, writes to the body of each what the host takes, and keeps them all. Gives the bytes in them.
pub(super) fn body_flood(count: Option<u64>) -> Result<u64, Failure> {
    wasi::body_flood(count.unwrap_or(RESOURCES))
}

/// Puts so many bytes into the headers of one request.
pub(super) fn giant_headers(bytes: Option<u64>) -> Result<u64, Failure> {
    wasi::giant_headers(bytes.unwrap_or(PART_BYTES))
}

/// Makes one request with a method, a path and a host name of so many bytes each.
pub(super) fn giant_request(bytes: Option<u64>) -> Result<u64, Failure> {
    wasi::giant_request(bytes.unwrap_or(PART_BYTES))
}

#[cfg(target_family = "wasm")]
mod wasi {
    use fermata_sdk::Failure;
    use wasip2::http::types::{Fields, Method, OutgoingRequest};

    /// What is put into one header, in bytes.
    const HEADER_BYTES: usize = 1024;

    /// What is put into the headers of one of many requests, in bytes: what a host takes.
    const HEADERS_BYTES: u64 = 12 * 1024;

    pub(super) fn headers_flood(count: u64) -> Result<u64, Failure> {
        let kept = (0..count).map(|_| filled(HEADERS_BYTES)).collect::<Result<Vec<_>, _>>()?;
        Ok(kept.len() as u64 * HEADERS_BYTES)
    }

    pub(super) fn giant_headers(bytes: u64) -> Result<u64, Failure> {
        filled(bytes).map(|_| bytes)
    }

    fn filled(bytes: u64) -> Result<Fields, Failure> {
        let headers = Fields::new();
        for number in 0..bytes / HEADER_BYTES as u64 {
            headers
                .append("x-noise", &[b'x'; HEADER_BYTES])
                .map_err(|error| Failure::new(format!("the host refuses header {number}: {error}")))?;
        }
        Ok(headers)
    }

    pub(super) fn body_flood(count: u64) -> Result<u64, Failure> {
        let refused = || Failure::new("the host refuses a body").retries(0);
        let mut kept = Vec::new();
        let mut bytes = 0;
        for _ in 0..count {
            let request = OutgoingRequest::new(Fields::new());
            let body = request.body().map_err(|()| refused())?;
            let stream = body.write().map_err(|()| refused())?;
            while let Ok(room @ 1..) = stream.check_write() {
                let chunk = vec![b'x'; usize::try_from(room).unwrap_or(usize::MAX)];
                stream.write(&chunk).map_err(|_| refused())?;
                bytes += room;
            }
            // In the order in which they can be dropped.
            kept.push((stream, body, request));
        }
        Ok(bytes)
    }

    pub(super) fn giant_request(bytes: u64) -> Result<u64, Failure> {
        let text = "x".repeat(usize::try_from(bytes).unwrap_or(usize::MAX));
        let request = OutgoingRequest::new(Fields::new());
        let refused: Vec<_> = [
            ("method", request.set_method(&Method::Other(text.clone()))),
            ("host name", request.set_authority(Some(&text))),
            ("path", request.set_path_with_query(Some(&format!("/{text}")))),
        ]
        .into_iter()
        .filter_map(|(part, set)| set.err().map(|()| part))
        .collect();
        if refused.is_empty() {
            return Ok(3 * bytes);
        }
        let parts = refused.join(", ");
        Err(Failure::new(format!("the host refuses {parts} of {bytes} bytes")).retries(0))
    }
}

#[cfg(not(target_family = "wasm"))]
mod wasi {
    use fermata_sdk::Failure;

    pub(super) fn headers_flood(_count: u64) -> Result<u64, Failure> {
        Err(only_in_a_component())
    }

    pub(super) fn giant_headers(_bytes: u64) -> Result<u64, Failure> {
        Err(only_in_a_component())
    }

    pub(super) fn body_flood(_count: u64) -> Result<u64, Failure> {
        Err(only_in_a_component())
    }

    pub(super) fn giant_request(_bytes: u64) -> Result<u64, Failure> {
        Err(only_in_a_component())
    }

    fn only_in_a_component() -> Failure {
        Failure::new("only a component has a host whose resources it can use up").retries(0)
    }
}
