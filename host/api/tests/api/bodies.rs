//! Bodies that come slowly, and many large ones at a time.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::Request;
use fermata_api::COMPONENT_BYTES_MAX;
use hyper::body::Frame;
use serde_json::json;
use tokio::sync::oneshot;
use tokio::time::{Instant, Interval};

use crate::support::{Answer, Host, answer};

/// As many uploads as the host has room for, when none says how long it is.
const UPLOADS_MAX: usize = (512 << 20) / COMPONENT_BYTES_MAX;

/// A first part, and the end when somebody says so. Of unknown length.
struct Halting {
    first: Option<Bytes>,
    /// Told once, when more is asked for.
    taken: Option<oneshot::Sender<()>>,
    end: oneshot::Receiver<()>,
}

impl HttpBody for Halting {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        if let Some(taken) = self.taken.take() {
            let _ = taken.send(());
        }
        Pin::new(&mut self.end).poll(context).map(|_| None)
    }
}

fn upload(body: Body) -> Request<Body> {
    Request::post("/fermata/v1/components").header("content-type", "application/wasm").body(body).unwrap()
}

fn component(name: &str, bytes: usize) -> Bytes {
    format!("{name}@1.0.0 {}", "x".repeat(bytes)).into()
}

#[tokio::test]
async fn large_bodies_are_turned_away_when_there_is_no_room_for_them() {
    let host = Host::start().await;
    let mut uploads = Vec::new();
    for number in 0..UPLOADS_MAX {
        let ((end, ended), (taken, was_taken)) = (oneshot::channel(), oneshot::channel());
        let first = Some(component(&format!("c{number}"), 100_000));
        let body = Body::new(Halting { first, taken: Some(taken), end: ended });
        let router = host.router.clone();
        uploads.push((end, tokio::spawn(async move { answer(&router, upload(body)).await })));
        was_taken.await.unwrap();
    }
    let large = || host.request(upload(component("large", 100_000).into()));
    let refused = large().await;
    assert_eq!(refused.problem(503)["title"], "RESOURCE_EXHAUSTED");
    assert_eq!(refused.header("retry-after"), "1");
    // Small ones pass at any time.
    host.request(upload(component("small", 100).into())).await.json(201);

    let (end, ended) = uploads.pop().unwrap();
    end.send(()).unwrap();
    ended.await.unwrap().json(201);
    large().await.json(201);
    for (end, ended) in uploads {
        end.send(()).unwrap();
        ended.await.unwrap().json(201);
    }
}

/// One byte a second, for ever.
struct Dripping(Interval);

impl HttpBody for Dripping {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_tick(context).map(|_| Some(Ok(Frame::data(Bytes::from_static(b" ")))))
    }
}

fn is_too_slow(answer: &Answer) {
    let problem = answer.problem(408);
    assert_eq!(problem["title"], "REQUEST_TIMEOUT");
    assert!(problem["detail"].as_str().unwrap().contains("the request body does not come"), "{problem}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_given_up() {
    let host = Host::start().await;
    let (_end, ended) = oneshot::channel();
    let silent = Halting { first: None, taken: None, end: ended };
    let dripping = Dripping(tokio::time::interval(Duration::from_secs(1)));
    for body in [Body::new(silent), Body::new(dripping)] {
        let begin = Instant::now();
        let request = Request::post("/v2/jobs/search").header("content-type", "application/json");
        is_too_slow(&host.request(request.body(body).unwrap()).await);
        assert_eq!(begin.elapsed().as_secs(), 30);
    }
    host.post("/v2/jobs/search", json!({})).await.json(200);
}
