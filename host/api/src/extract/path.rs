//! Parts of the path.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use types::ParseKeyError;

use crate::problem::Problem;

/// The variable parts of the path.
pub(crate) struct Path<T>(pub(crate) T);

/// A path whose one variable part is a key.
pub(crate) struct KeyPath<K>(pub(crate) K);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let axum::extract::Path(path) = axum::extract::Path::from_request_parts(parts, state)
            .await
            .map_err(|rejection| Problem::invalid_argument(rejection.body_text()))?;
        Ok(Self(path))
    }
}

impl<S: Send + Sync, K: FromStr<Err = ParseKeyError>> FromRequestParts<S> for KeyPath<K> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) = Path::<String>::from_request_parts(parts, state).await?;
        text.parse().map(Self).map_err(|error: ParseKeyError| Problem::invalid_argument(error.to_string()))
    }
}
