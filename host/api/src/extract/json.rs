//! JSON bodies.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::body::{content_type, read_body};
use crate::limits::JSON_BODY_BYTES_MAX;
use crate::problem::Problem;

/// A JSON body that must be there.
pub(crate) struct Json<T>(pub(crate) T);

/// A JSON body that may be missing or `null`.
pub(crate) struct OptionalJson<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        match read(request).await? {
            Some(body) => parse(&body).map(Self),
            None => Err(Problem::invalid_argument("the request has no body: expected a JSON object")),
        }
    }
}

impl<S: Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        match read(request).await? {
            Some(body) => parse::<Option<T>>(&body).map(|value| Self(value.unwrap_or_default())),
            None => Ok(Self(T::default())),
        }
    }
}

/// The body; `None` when there is none.
async fn read(request: Request) -> Result<Option<Bytes>, Problem> {
    let (parts, body) = read_body(request, JSON_BODY_BYTES_MAX).await?;
    if body.is_empty() {
        return Ok(None);
    }
    check_content_type(&parts.headers)?;
    Ok(Some(body))
}

fn check_content_type(headers: &HeaderMap) -> Result<(), Problem> {
    match content_type(headers) {
        Some(given) if given == "application/json" || given.ends_with("+json") => Ok(()),
        Some(given) => Err(Problem::unsupported_media_type(format!(
            "content type `{given}` is not supported here: send `application/json`"
        ))),
        None => Err(Problem::unsupported_media_type(
            "the request does not say its content type: send `content-type: application/json`",
        )),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        Category::Data => Problem::invalid_argument(format!("the request body is not acceptable: {error}")),
        Category::Syntax | Category::Eof | Category::Io => {
            Problem::invalid_argument(format!("the request body is not valid JSON: {error}"))
        }
    })
}
