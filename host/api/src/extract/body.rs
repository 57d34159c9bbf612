//! Request bodies of bounded size that come in bounded time.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use tokio::time::{Instant, timeout_at};

use crate::bodies::Share;
use crate::limits::{BODY_BYTES_PER_S_MIN, BODY_GRACE, DISCARDED_BYTES_MAX, SMALL_BODY_BYTES_MAX};
use crate::problem::Problem;

/// Reads a body of at most `limit` bytes.
///
/// What cannot be taken is read too, up to a bound, and thrown away:
/// most clients send all they have before they look for an answer, and a closed connection would tell them nothing.
pub(crate) async fn read_body(request: Request, limit: usize) -> Result<(Parts, Bytes), Problem> {
    let (parts, mut body) = request.into_parts();
    let share = parts.extensions.get::<Share>();
    let announced = body.size_hint().exact().and_then(|bytes| usize::try_from(bytes).ok());
    let mut pace = Pace::default();
    let mut chunks: Vec<Bytes> = Vec::new();
    let mut length = 0_usize;
    let mut refusal = None;
    while let Some(chunk) = next_chunk(&mut body, &mut pace, length).await? {
        length += chunk.len();
        if refusal.is_none() {
            refusal = room_for(length, announced, limit, share).err();
        }
        if refusal.is_none() {
            chunks.push(chunk);
        } else {
            chunks.clear();
            if length > limit.saturating_add(DISCARDED_BYTES_MAX) {
                break;
            }
        }
    }
    if let Some(refusal) = refusal {
        return Err(refusal);
    }
    let body = match chunks.len() {
        0 => Bytes::new(),
        1 => chunks.swap_remove(0),
        _ => chunks.concat().into(),
    };
    Ok((parts, body))
}

/// Whether there is room for a body of which `length` bytes are here.
fn room_for(
    length: usize,
    announced: Option<usize>,
    limit: usize,
    share: Option<&Share>,
) -> Result<(), Problem> {
    if length > limit || announced.is_some_and(|announced| announced > limit) {
        return Err(Problem::payload_too_large(format!(
            "the request body is larger than {limit} bytes, the limit of this resource"
        )));
    }
    match share {
        Some(share) if length > SMALL_BODY_BYTES_MAX => share.take(announced.unwrap_or(limit)),
        _ => Ok(()),
    }
}

/// The next bytes of a body of which `length` are here; `None` at its end.
async fn next_chunk(body: &mut Body, pace: &mut Pace, length: usize) -> Result<Option<Bytes>, Problem> {
    loop {
        // Most bodies come with their head, and need no timer.
        let frame = match poll_once(body) {
            Poll::Ready(frame) => frame,
            Poll::Pending => timeout_at(pace.deadline(length), body.frame()).await.map_err(|_| {
                Problem::request_timeout(format!(
                    "the request body does not come: {length} bytes are here, expected {BODY_BYTES_PER_S_MIN} a second"
                ))
            })?,
        };
        let Some(frame) = frame else { return Ok(None) };
        let frame = frame
            .map_err(|_| Problem::invalid_argument("the connection broke before the end of the body"))?;
        match frame.into_data() {
            Ok(chunk) if !chunk.is_empty() => return Ok(Some(chunk)),
            // Trailers are of no use to any resource.
            _ => {}
        }
    }
}

fn poll_once(body: &mut Body) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
    Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()))
}

/// How fast a body has to come, from the first time that it is waited for.
#[derive(Default)]
struct Pace(Option<Instant>);

impl Pace {
    /// Until when the next bytes have to be here after the first `length`.
    fn deadline(&mut self, length: usize) -> Instant {
        let begin = *self.0.get_or_insert_with(Instant::now);
        begin + BODY_GRACE + Duration::from_secs((length / BODY_BYTES_PER_S_MIN) as u64)
    }
}

/// The media type that a request says its body has, in lower case and without parameters.
pub(crate) fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let media_type = value.split(';').next().unwrap_or_default().trim();
    Some(media_type.to_ascii_lowercase())
}
