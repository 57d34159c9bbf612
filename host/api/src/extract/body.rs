//! Request bodies of bounded size.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt as _;

use crate::limits::DISCARDED_BYTES_MAX;
use crate::problem::Problem;

/// Reads a body of at most `limit` bytes.
///
/// What is past the limit is read too, up to a bound, and thrown away:
/// most clients send all they have before they look for an answer, and a closed connection would tell them nothing.
pub(crate) async fn read_body(mut body: Body, limit: usize) -> Result<Bytes, Problem> {
    let mut chunks: Vec<Bytes> = Vec::new();
    let mut length = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame
            .map_err(|_| Problem::invalid_argument("the connection broke before the end of the body"))?;
        let Ok(chunk) = frame.into_data() else { continue };
        length += chunk.len();
        if length > limit {
            chunks.clear();
            if length > limit.saturating_add(DISCARDED_BYTES_MAX) {
                break;
            }
        } else if !chunk.is_empty() {
            chunks.push(chunk);
        }
    }
    if length > limit {
        return Err(Problem::payload_too_large(format!(
            "the request body is larger than {limit} bytes, the limit of this resource"
        )));
    }
    match chunks.len() {
        0 => Ok(Bytes::new()),
        1 => Ok(chunks.swap_remove(0)),
        _ => Ok(chunks.concat().into()),
    }
}

/// The media type that a request says its body has, in lower case and without parameters.
pub(crate) fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let media_type = value.split(';').next().unwrap_or_default().trim();
    Some(media_type.to_ascii_lowercase())
}
