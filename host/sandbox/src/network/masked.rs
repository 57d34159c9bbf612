//! Responses without the secrets that a server sends back.
//!
//! Some servers repeat what they were sent: a debugging endpoint, an error page, a gateway that echoes headers.
//! The component that sent a placeholder must not get the value that way. What it gets instead is as long,
//! so that lengths in headers and frames stay true. A value in another form than it was sent in is not found.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame, SizeHint};
use wasmtime_wasi_http::Error;

use crate::host::Needles;

/// Masks the values in `headers`.
pub(super) fn mask_headers(needles: &Needles, headers: &mut HeaderMap) {
    for value in headers.values_mut() {
        if needles.are_in(value.as_bytes()) {
            let mut bytes = value.as_bytes().to_vec();
            needles.mask(&mut bytes);
            // Asterisks take the place of what was acceptable before.
            *value = HeaderValue::from_bytes(&bytes).unwrap_or_else(|_| HeaderValue::from_static("*"));
        }
    }
}

/// A body whose secrets are masked, also where one begins in one frame and ends in the next:
/// what may be the beginning of one waits until more has come.
pub(super) struct MaskedBody<B> {
    body: B,
    needles: Needles,
    held: BytesMut,
    /// What comes after the bytes that were held, when the body has ended with them.
    last: Option<Result<Frame<Bytes>, Error>>,
}

impl<B> MaskedBody<B> {
    pub(super) fn new(body: B, needles: Needles) -> Self {
        Self { body, needles, held: BytesMut::new(), last: None }
    }

    /// The part of `data` that can go on, behind what was held.
    fn masked(&mut self, data: Bytes) -> Bytes {
        if self.held.is_empty() && !self.needles.are_in(&data) && self.needles.begun_at_end(&data) == 0 {
            return data;
        }
        let mut bytes = std::mem::take(&mut self.held);
        bytes.extend_from_slice(&data);
        self.needles.mask(&mut bytes);
        self.held = bytes.split_off(bytes.len() - self.needles.begun_at_end(&bytes));
        bytes.freeze()
    }

    /// The end of the body, behind what was held.
    fn end(&mut self, last: Option<Result<Frame<Bytes>, Error>>) -> Option<Result<Frame<Bytes>, Error>> {
        if self.held.is_empty() {
            return last;
        }
        self.last = last;
        Some(Ok(Frame::data(std::mem::take(&mut self.held).freeze())))
    }
}

impl<B: Body<Data = Bytes, Error = Error> + Unpin> Body for MaskedBody<B> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Some(last) = self.last.take() {
            return Poll::Ready(Some(last));
        }
        loop {
            let frame = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => frame,
                end => return Poll::Ready(self.end(end)),
            };
            match frame.into_data() {
                Ok(data) => {
                    let masked = self.masked(data);
                    if !masked.is_empty() {
                        return Poll::Ready(Some(Ok(Frame::data(masked))));
                    }
                }
                Err(mut frame) => {
                    if let Some(trailers) = frame.trailers_mut() {
                        mask_headers(&self.needles, trailers);
                    }
                    return Poll::Ready(self.end(Some(Ok(frame))));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_empty() && self.last.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (held, rest) = (self.held.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower() + held);
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper + held);
        }
        hint
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use http_body_util::BodyExt;

    use super::*;
    use crate::SecretString;
    use crate::host::Vault;

    /// The frames of a body, one after the other.
    struct Frames(VecDeque<Result<Frame<Bytes>, Error>>);

    impl Body for Frames {
        type Data = Bytes;
        type Error = Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
            Poll::Ready(self.0.pop_front())
        }
    }

    fn needles() -> Needles {
        let vault = Vault::default();
        vault.was_sent_as("KEY", SecretString::new("s3cr3t-value"));
        vault.needles(|_| true)
    }

    fn data(text: &'static str) -> Result<Frame<Bytes>, Error> {
        Ok(Frame::data(Bytes::from_static(text.as_bytes())))
    }

    async fn received(frames: impl IntoIterator<Item = Result<Frame<Bytes>, Error>>) -> (String, bool) {
        let mut body = MaskedBody::new(Frames(frames.into_iter().collect()), needles());
        let (mut text, mut failed) = (String::new(), false);
        while let Some(frame) = body.frame().await {
            match frame.map(Frame::into_data) {
                Ok(Ok(data)) => text.push_str(std::str::from_utf8(&data).unwrap()),
                Ok(Err(trailers)) => text.push_str(&format!("{:?}", trailers.into_trailers().unwrap())),
                Err(_) => failed = true,
            }
        }
        (text, failed)
    }

    #[tokio::test]
    async fn a_secret_is_masked_wherever_frames_end() {
        const TEXT: &str = "your key is s3cr3t-value, not s3cr3t-vault";
        const MASKED: &str = "your key is ************, not s3cr3t-vault";
        for at in 0..TEXT.len() {
            let (one, other) = TEXT.split_at(at);
            assert_eq!(received([data(one), data(other)]).await, (MASKED.to_owned(), false), "{at}");
        }
        let letters = (0..TEXT.len()).map(|at| data(&TEXT[at..=at]));
        assert_eq!(received(letters).await.0, MASKED);
    }

    #[tokio::test]
    async fn what_was_held_comes_before_the_end() {
        assert_eq!(received([data("ends with s3cr3t")]).await, ("ends with s3cr3t".to_owned(), false));
        let broken = [data("ends with s3cr3t"), Err(Error::ConnectionTerminated)];
        assert_eq!(received(broken).await, ("ends with s3cr3t".to_owned(), true));
        let trailers = HeaderMap::from_iter([("x-echo".parse().unwrap(), "s3cr3t-value".parse().unwrap())]);
        let (text, _) = received([data("s3cr3t"), Ok(Frame::trailers(trailers))]).await;
        assert_eq!(text, r#"s3cr3t{"x-echo": "************"}"#);
    }

    #[test]
    fn headers_are_masked() {
        let mut headers = HeaderMap::from_iter([
            ("x-echo".parse().unwrap(), HeaderValue::from_static("Bearer s3cr3t-value")),
            ("x-other".parse().unwrap(), HeaderValue::from_static("other")),
        ]);
        mask_headers(&needles(), &mut headers);
        assert_eq!(headers["x-echo"], "Bearer ************");
        assert_eq!(headers["x-other"], "other");
    }
}
