//! Whether the host is about to end.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use tokio::sync::watch;

/// Tells requests that wait for something that the host is about to end.
#[derive(Clone)]
pub(crate) struct Closing(Option<watch::Receiver<bool>>);

impl Closing {
    pub(crate) fn new(closing: watch::Receiver<bool>) -> Self {
        Self(Some(closing))
    }

    /// Returns when the host is about to end.
    pub(crate) async fn begun(&mut self) {
        if let Some(closing) = &mut self.0
            && closing.wait_for(|closing| *closing).await.is_ok()
        {
            return;
        }
        std::future::pending().await
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Closing {
    type Rejection = Infallible;

    /// A router that [`serve`](crate::serve) does not run never ends.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or(Self(None)))
    }
}
