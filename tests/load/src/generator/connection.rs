//! One keep-alive connection to the host, with one request at a time.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Method, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long the host has to take a connection: what its queue has no room for, the system tries again for minutes.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// A request that is sent again and again: its bytes are shared, not copied.
#[derive(Clone, Debug)]
pub(crate) struct Request(http::Request<Full<Bytes>>);

impl Request {
    /// A request with a JSON body.
    pub(crate) fn post(host: SocketAddr, path: &str, body: impl Into<Bytes>) -> anyhow::Result<Self> {
        let mut request = Self::new(Method::POST, host, path, body.into())?;
        let json = HeaderValue::from_static("application/json");
        request.0.headers_mut().insert(header::CONTENT_TYPE, json);
        Ok(request)
    }

    /// A request without a body.
    pub(crate) fn get(host: SocketAddr, path: &str) -> anyhow::Result<Self> {
        Self::new(Method::GET, host, path, Bytes::new())
    }

    /// A start of an instance.
    pub(crate) fn start(host: SocketAddr, body: impl Into<Bytes>) -> anyhow::Result<Self> {
        Self::post(host, "/v2/process-instances", body)
    }

    fn new(method: Method, host: SocketAddr, path: &str, body: Bytes) -> anyhow::Result<Self> {
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, host.to_string())
            .body(Full::new(body))
            .with_context(|| format!("failed to make a request for {path}"))?;
        Ok(Self(request))
    }
}

/// What the host answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Whether it says when to come back.
    pub(crate) has_retry_after: bool,
    pub(crate) body: Bytes,
}

impl Answer {
    /// The body of a success as text.
    pub(crate) fn into_success(self) -> anyhow::Result<Bytes> {
        let Self { status, body, .. } = self;
        anyhow::ensure!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
        Ok(body)
    }
}

/// A connection. Closed when dropped.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// The host does not listen, or it is so full that it lets nobody in for [`CONNECT_WITHIN`].
    pub(crate) async fn open(host: SocketAddr) -> anyhow::Result<Self> {
        let stream = timeout(CONNECT_WITHIN, TcpStream::connect(host))
            .await
            .with_context(|| format!("{host} takes no more connections"))?
            .with_context(|| format!("failed to connect to {host}"))?;
        // Without it a request can wait 40 ms for the acknowledgement of an earlier packet.
        stream.set_nodelay(true)?;
        let (sender, driver) = handshake(TokioIo::new(stream)).await?;
        // Ends with the sender; what went wrong, the request under way is told.
        tokio::spawn(driver);
        Ok(Self { sender })
    }

    /// Whether the host has closed it.
    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Sends a request and reads all of the answer.
    pub(crate) async fn send(&mut self, request: &Request) -> anyhow::Result<Answer> {
        self.sender.ready().await?;
        let response = self.sender.send_request(request.0.clone()).await?;
        let (head, body) = response.into_parts();
        Ok(Answer {
            status: head.status,
            has_retry_after: head.headers.contains_key(header::RETRY_AFTER),
            body: read(body).await?,
        })
    }
}

/// All of a body; one that came in one piece is not copied.
async fn read(mut body: hyper::body::Incoming) -> anyhow::Result<Bytes> {
    let mut whole = Bytes::new();
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame?.into_data() else { continue };
        if whole.is_empty() {
            whole = piece;
        } else {
            let mut joined = BytesMut::from(whole);
            joined.extend_from_slice(&piece);
            whole = joined.freeze();
        }
    }
    Ok(whole)
}
