//! `GET /fermata/v1/backup`: the host's database as of now, while the host goes on with its work.
//!
//! What it holds is as secret as the host's data folder without the key of its secrets: it is not here, and no caller gets it.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use store::{Error, Snapshot};

use crate::extract::Closing;
use crate::problem::Problem;
use crate::state::ApiState;

/// The header with the moment of a backup, in RFC 3339: everything acknowledged before it is in the backup.
pub const TAKEN_AT: HeaderName = HeaderName::from_static("fermata-taken-at");

const SQLITE: &str = "application/vnd.sqlite3";

/// As fast as the caller takes it.
pub(crate) async fn get(State(state): State<ApiState>, closing: Closing) -> Result<Response, Problem> {
    let taken_at = crate::time::to_text(state.handle.clock().now());
    let taken_at = HeaderValue::try_from(taken_at).expect("a time is ASCII");
    let Snapshot { bytes, pieces } = state.handle.store().snapshot().await?;
    tracing::info!(bytes, "a backup is being made");
    let mut response = Body::from_stream(until_closing(pieces, closing)).into_response();
    // A caller sees by the length whether it got all.
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(SQLITE));
    headers.insert(TAKEN_AT, taken_at);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes));
    Ok(response)
}

/// A host that ends does not wait for a backup.
fn until_closing(
    pieces: BoxStream<'static, Result<Vec<u8>, Error>>,
    closing: Closing,
) -> BoxStream<'static, Result<Vec<u8>, Error>> {
    let next = |(mut pieces, mut closing): (BoxStream<'static, _>, Closing)| async move {
        let piece: Result<Vec<u8>, Error> = tokio::select! {
            () = closing.begun() => Err(Error::Unavailable("the host is shutting down".into())),
            piece = pieces.next() => piece?,
        };
        if let Err(error) = &piece {
            tracing::warn!(%error, "a backup was not finished");
        }
        Some((piece, (pieces, closing)))
    };
    stream::unfold((pieces, closing), next).boxed()
}
