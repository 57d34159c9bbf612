//! The HTTP server: connections, how many and for how long.
//!
//! It speaks HTTP/1.1: a connection works on one request at a time, so that the number of connections bounds the number of
//! requests at work, and with it all that they have in memory.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;
use tower_service::Service as _;

use crate::extract::Closing;
use crate::limits::{ACCEPT_AGAIN_AFTER, CONNECTIONS_MAX, HEAD_WITHIN, SHUTDOWN_GRACE};

/// How often to say that there are too many connections.
const FULL_TOLD_EVERY: Duration = Duration::from_secs(60);

/// Serves `router` until `shutdown` is done, and then until the requests at work are answered.
///
/// Past [`CONNECTIONS_MAX`] connections further ones wait until one of those has ended, and one on which no request comes
/// for [`HEAD_WITHIN`] is closed.
///
/// Requests that wait for jobs or for the end of an instance are answered at once when `shutdown` is done;
/// connections that are still open ten seconds later are left to the end of the process.
pub async fn serve(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>) {
    serve_at_most(CONNECTIONS_MAX, listener, router, shutdown).await;
}

async fn serve_at_most(
    connections_max: usize,
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()>,
) {
    let (closing, closed) = watch::channel(false);
    let closed = Closing::new(closed);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN);
    let connections = GracefulShutdown::new();
    let mut door = Door::new(listener, connections_max);
    let mut shutdown = pin!(shutdown);
    loop {
        let (socket, place) = tokio::select! {
            entered = door.next() => entered,
            () = &mut shutdown => break,
        };
        let (router, closed) = (router.clone(), closed.clone());
        let service = service_fn(move |request| answer(&router, &closed, request));
        let connection = connections.watch(http.serve_connection(TokioIo::new(socket), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection has ended early");
            }
            drop(place);
        });
    }
    drop(door);
    let _ = closing.send(true);
    if tokio::time::timeout(SHUTDOWN_GRACE, connections.shutdown()).await.is_err() {
        tracing::warn!("connections are still open {} s after the shutdown began", SHUTDOWN_GRACE.as_secs());
    }
}

fn answer(
    router: &Router,
    closing: &Closing,
    mut request: Request<Incoming>,
) -> impl Future<Output = Result<axum::response::Response, Infallible>> + use<> {
    request.extensions_mut().insert(closing.clone());
    // A router is ready at any time.
    router.clone().call(request)
}

/// Where connections come in, each with a place of its own.
struct Door {
    listener: TcpListener,
    places: Arc<Semaphore>,
    full_told: Option<Instant>,
}

impl Door {
    fn new(listener: TcpListener, connections_max: usize) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(connections_max)), full_told: None }
    }

    /// The next connection, when there is a place for it. May be dropped at any time: nothing is lost.
    async fn next(&mut self) -> (TcpStream, OwnedSemaphorePermit) {
        let place = match Arc::clone(&self.places).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => {
                self.tell_full();
                Arc::clone(&self.places).acquire_owned().await.expect("nobody closes the semaphore")
            }
        };
        loop {
            match self.listener.accept().await {
                Ok((socket, _)) => {
                    // Without TCP_NODELAY an answer can wait 40 ms for the acknowledgement of an earlier packet.
                    if let Err(error) = socket.set_nodelay(true) {
                        tracing::debug!(%error, "TCP_NODELAY cannot be set");
                    }
                    return (socket, place);
                }
                Err(error) if concerns_one_connection(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "the system gives no more connections");
                    tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
                }
            }
        }
    }

    fn tell_full(&mut self) {
        if self.full_told.is_none_or(|told| told.elapsed() >= FULL_TOLD_EVERY) {
            self.full_told = Some(Instant::now());
            tracing::warn!("the limit of connections is reached: further ones wait until others end");
        }
    }
}

/// Whether a client has gone before it was let in.
fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::atomic::{AtomicU32, Ordering};

    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// A server that answers the first request with `1!`, the second with `2!`, and so on.
    async fn counting(connections_max: usize) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let count = Arc::new(AtomicU32::new(0));
        let answer = move || async move { format!("{}!", count.fetch_add(1, Ordering::Relaxed) + 1) };
        let router = Router::new().route("/", get(answer));
        tokio::spawn(serve_at_most(connections_max, listener, router, std::future::pending()));
        address
    }

    async fn ask(socket: &mut TcpStream) {
        socket.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    }

    /// The body of the next answer: up to its exclamation mark.
    async fn answer(socket: &mut TcpStream) -> String {
        let mut read = String::new();
        while !read.ends_with('!') {
            read.push(char::from(socket.read_u8().await.unwrap()));
        }
        read.rsplit("\r\n").next().unwrap().to_owned()
    }

    #[tokio::test]
    async fn a_connection_past_the_limit_waits_for_the_end_of_another() {
        let address = counting(1).await;
        let mut first = TcpStream::connect(address).await.unwrap();
        ask(&mut first).await;
        assert_eq!(answer(&mut first).await, "1!");
        let mut second = TcpStream::connect(address).await.unwrap();
        ask(&mut second).await;
        for expected in ["2!", "3!", "4!"] {
            ask(&mut first).await;
            assert_eq!(answer(&mut first).await, expected, "the second one is not let in");
        }
        drop(first);
        assert_eq!(answer(&mut second).await, "5!");
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_does_not_come_ends_the_connection() {
        let address = counting(2).await;
        for part in ["", "GET / HTT"] {
            let mut socket = TcpStream::connect(address).await.unwrap();
            let begin = Instant::now();
            socket.write_all(part.as_bytes()).await.unwrap();
            let mut read = Vec::new();
            // Nothing, or a status that says why.
            let _ = socket.read_to_end(&mut read).await;
            assert!(begin.elapsed() >= HEAD_WITHIN, "{part}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_is_used_stays_open() {
        let address = counting(1).await;
        let mut socket = TcpStream::connect(address).await.unwrap();
        for round in 1..=5 {
            ask(&mut socket).await;
            assert_eq!(answer(&mut socket).await, format!("{round}!"));
            tokio::time::sleep(HEAD_WITHIN / 2).await;
        }
    }
}
