//! Bodies of requests and responses, held to their limits.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep};
use wasmtime_wasi_http::{Error, WasiBody};

use crate::host::Attempt;
use crate::limits::Limit;
use crate::network::failure::body_failure;
use crate::network::traffic::OpenRequest;

/// A request's body that ends with an error when it is too long.
pub(super) struct RequestBody {
    body: WasiBody,
    bytes: u64,
    attempt: Arc<Attempt>,
}

impl RequestBody {
    pub(super) fn new(body: WasiBody, attempt: &Arc<Attempt>) -> Self {
        Self { body, bytes: 0, attempt: Arc::clone(attempt) }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Ok(frame)) = &frame {
            self.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
            let bytes_max = self.attempt.policy.limits.request_bytes;
            if self.bytes > bytes_max {
                self.attempt.tells_of(Limit::RequestBytes);
                return Poll::Ready(Some(Err(Error::HttpRequestBodySize(Some(bytes_max)))));
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A response's body that ends with an error when it is too long or pauses too long.
/// The request counts as open until this is dropped.
pub(super) struct ResponseBody {
    body: Incoming,
    bytes: u64,
    patience: Option<(Duration, Pin<Box<Sleep>>)>,
    open: OpenRequest,
}

impl ResponseBody {
    pub(super) fn new(body: Incoming, pause_max: Option<Duration>, open: OpenRequest) -> Self {
        let patience = pause_max.map(|pause| (pause, Box::pin(sleep(pause))));
        Self { body, bytes: 0, patience, open }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
            if let Some((_, sleep)) = &mut self.patience {
                ready!(sleep.as_mut().poll(cx));
                return Poll::Ready(Some(Err(Error::ConnectionReadTimeout)));
            }
            return Poll::Pending;
        };
        if let Some((pause, sleep)) = &mut self.patience {
            let next = Instant::now() + *pause;
            sleep.as_mut().reset(next);
        }
        let Some(frame) = frame else { return Poll::Ready(None) };
        let frame = frame.map_err(|error| body_failure(&error))?;
        self.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
        let attempt = self.open.attempt();
        let bytes_max = attempt.policy.limits.response_bytes;
        if self.bytes > bytes_max {
            attempt.tells_of(Limit::ResponseBytes);
            return Poll::Ready(Some(Err(Error::HttpResponseBodySize(Some(bytes_max)))));
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
