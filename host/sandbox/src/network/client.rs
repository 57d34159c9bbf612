//! The host's HTTP client: connections are kept and shared by all jobs whose grants reach equally far.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use wasmtime_wasi_http::WasiBody;

use crate::grants::Reach;
use crate::network::connector::{CheckedConnector, Resolve};
use crate::network::patience::Patient;

/// How long a connection is kept without a request.
const IDLE_TIME_MAX: Duration = Duration::from_secs(30);
/// Connections to one endpoint that are kept without a request.
const IDLE_PER_ENDPOINT_MAX: usize = 32;
/// What is read ahead of a response whose body the guest does not take, and its headers at most, in bytes.
const READ_BUFFER_BYTES_MAX: usize = 128 << 10;

type Pool = legacy::Client<Patient<HttpsConnector<CheckedConnector>>, WasiBody>;

/// The host's HTTP client. Clones share its connections.
///
/// A connection belongs to the pool of the reach that its address was checked for:
/// one that a far-reaching grant has opened to a private address never serves a grant that does not reach there.
///
/// It speaks HTTP/1.1, one request at a time on a connection. On a shared HTTP/2 connection,
/// a guest that leaves its response unread would hold up the responses of other jobs.
#[derive(Clone)]
pub(crate) struct Client(Arc<Pools>);

struct Pools {
    public: Pool,
    loopback: Pool,
    private: Pool,
    itself: Pool,
}

impl Client {
    /// A client that trusts the public certificate authorities and `extra_roots`.
    pub(crate) fn new(
        extra_roots: &[CertificateDer<'static>],
        resolver: &Arc<dyn Resolve>,
    ) -> Result<Self, rustls::Error> {
        let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for certificate in extra_roots {
            roots.add(certificate.clone())?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let tls = Arc::new(tls);
        let pool = |reach| {
            let connector = CheckedConnector::new(reach, Arc::clone(resolver));
            legacy::Client::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(IDLE_TIME_MAX)
                .pool_max_idle_per_host(IDLE_PER_ENDPOINT_MAX)
                .http1_max_buf_size(READ_BUFFER_BYTES_MAX)
                .build(Patient(HttpsConnector::from((connector, Arc::clone(&tls)))))
        };
        Ok(Self(Arc::new(Pools {
            public: pool(Reach::Public),
            loopback: pool(Reach::Loopback),
            private: pool(Reach::Private),
            itself: pool(Reach::Itself),
        })))
    }

    /// Sends a request over a connection within `reach`, and waits for the response's headers.
    pub(super) async fn send(
        &self,
        reach: Reach,
        request: Request<WasiBody>,
    ) -> Result<Response<Incoming>, legacy::Error> {
        let pool = match reach {
            Reach::Public => &self.0.public,
            Reach::Loopback => &self.0.loopback,
            Reach::Private => &self.0.private,
            Reach::Itself => &self.0.itself,
        };
        pool.request(request).await
    }
}
