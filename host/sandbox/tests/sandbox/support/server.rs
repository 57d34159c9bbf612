//! Small HTTP servers that remember what they were asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fermata_sandbox::Config;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};

/// A server on a port of its own at 127.0.0.1.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    connections: usize,
    requests: Vec<String>,
}

/// Where this stands in an answer, the server waits for [`PAUSE_TIME`] before it goes on.
pub(crate) const PAUSE: &str = "\0";

/// How long a slow server waits.
const PAUSE_TIME: Duration = Duration::from_millis(60);

/// A complete answer with a body.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len())
}

impl Server {
    /// Answers each request, its head and body as text, with what `respond` makes of it.
    pub(crate) async fn start(respond: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self::serve(respond, None).await
    }

    async fn serve(
        respond: impl Fn(&str) -> String + Send + Sync + 'static,
        tls: Option<TlsAcceptor>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let seen = Arc::new(Mutex::new(Seen::default()));
        let respond = Arc::new(respond);
        tokio::spawn({
            let seen = Arc::clone(&seen);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    seen.lock().expect("not poisoned").connections += 1;
                    let (seen, respond, tls) = (Arc::clone(&seen), Arc::clone(&respond), tls.clone());
                    tokio::spawn(async move {
                        match tls {
                            None => talk(stream, &seen, &*respond).await,
                            // A client that does not trust the certificate goes away here.
                            Some(tls) => match tls.accept(stream).await {
                                Ok(stream) => talk(stream, &seen, &*respond).await,
                                Err(_) => None,
                            },
                        }
                    });
                }
            }
        });
        Self { address, seen }
    }

    /// A URL of this server by its address.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What was asked so far, in order.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.lock().expect("not poisoned").requests.clone()
    }

    /// How many connections were opened so far.
    pub(crate) fn connections(&self) -> usize {
        self.seen.lock().expect("not poisoned").connections
    }
}

/// Answers requests until the client goes away or talks nonsense.
async fn talk(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    seen: &Mutex<Seen>,
    respond: &(impl Fn(&str) -> String + Send + Sync),
) -> Option<()> {
    loop {
        let request = read_request(&mut stream).await?;
        let response = respond(&request);
        seen.lock().expect("not poisoned").requests.push(request);
        for (number, piece) in response.split(PAUSE).enumerate() {
            if number > 0 {
                tokio::time::sleep(PAUSE_TIME).await;
            }
            stream.write_all(piece.as_bytes()).await.ok()?;
        }
    }
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// A server with a certificate for `localhost`, and the authority that issued it.
pub(crate) struct TlsServer {
    pub(crate) server: Server,
    authority: Vec<u8>,
}

impl TlsServer {
    pub(crate) async fn start(respond: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let authority = CertifiedIssuer::self_signed(params, key).expect("an authority");
        let key = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new(vec!["localhost".to_owned()])
            .and_then(|params| params.signed_by(&key, &authority))
            .expect("a certificate");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|config| {
                config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key)
            })
            .expect("a TLS configuration");
        let server = Server::serve(respond, Some(TlsAcceptor::from(Arc::new(config)))).await;
        Self { server, authority: authority.der().to_vec() }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.server.address.port())
    }

    /// A configuration that trusts this server's authority.
    pub(crate) fn trusted(&self, config: Config) -> Config {
        Config { extra_root_certificates: vec![self.authority.clone().into()], ..config }
    }
}
