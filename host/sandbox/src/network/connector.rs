//! Connections to checked addresses.
//!
//! A name is resolved once for each connection, its addresses are checked,
//! and the connection goes to the addresses that were checked: a name that resolves differently
//! the next time (DNS rebinding) gains nothing.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::grants::{Host, Reach};
use crate::network::address::OutOfReach;

/// How long a name may take to resolve.
const RESOLVE_TIME_MAX: Duration = Duration::from_secs(5);
/// How long a TCP connection may take to be established, all addresses of its name together.
const TCP_TIME_MAX: Duration = Duration::from_secs(10);
/// How long a connection is silent before the system asks whether the other side is still there,
/// and how long it waits for an answer before it asks again.
const KEEPALIVE_TIME: Duration = Duration::from_secs(30);
/// How often the system asks before it gives the connection up.
const KEEPALIVE_ATTEMPTS: u32 = 3;
/// Addresses of one name that are tried.
const ADDRESSES_MAX: usize = 16;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type BoxFuture<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// Turns the name of a host into its addresses.
#[async_trait::async_trait]
pub trait Resolve: Send + Sync {
    /// The addresses of `name`, best first.
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// Resolves names as the system does.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

#[async_trait::async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// Why a host has no address to connect to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResolveError {
    /// It has one, but the grant does not reach it.
    #[error(transparent)]
    OutOfReach(#[from] OutOfReach),
    #[error("the name does not resolve")]
    Failed(#[source] io::Error),
    #[error("the name has no addresses")]
    NoAddress,
    #[error("the name was not resolved within {} s", RESOLVE_TIME_MAX.as_secs())]
    TimedOut,
    #[error("the host cannot be connected to: {0}")]
    Malformed(String),
}

/// Opens connections to addresses within one reach.
#[derive(Clone)]
pub(super) struct CheckedConnector {
    tcp: HttpConnector<CheckedResolver>,
    reach: Reach,
}

impl CheckedConnector {
    pub(super) fn new(reach: Reach, resolver: Arc<dyn Resolve>) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(CheckedResolver { reach, resolver });
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(TCP_TIME_MAX));
        tcp.set_keepalive(Some(KEEPALIVE_TIME));
        tcp.set_keepalive_interval(Some(KEEPALIVE_TIME));
        tcp.set_keepalive_retries(Some(KEEPALIVE_ATTEMPTS));
        Self { tcp, reach }
    }
}

impl Service<Uri> for CheckedConnector {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = BoxFuture<Self::Response, BoxError>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        // The TCP connector asks the resolver about names only; an address in the URL is checked here.
        let checked = match Host::parse(uri.host().unwrap_or_default()) {
            Ok(Host::Address(address)) => self.reach.check(address).map_err(ResolveError::from),
            Ok(Host::Name(_)) => Ok(()),
            Err(problem) => Err(ResolveError::Malformed(problem)),
        };
        match checked {
            Ok(()) => {
                let connecting = self.tcp.call(uri);
                Box::pin(async move { connecting.await.map_err(Into::into) })
            }
            Err(error) => Box::pin(async move { Err(error.into()) }),
        }
    }
}

#[derive(Clone)]
struct CheckedResolver {
    reach: Reach,
    resolver: Arc<dyn Resolve>,
}

impl Service<Name> for CheckedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = ResolveError;
    type Future = BoxFuture<Self::Response, ResolveError>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), ResolveError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let Self { reach, resolver } = self.clone();
        Box::pin(async move {
            let addresses = tokio::time::timeout(RESOLVE_TIME_MAX, resolver.resolve(name.as_str()))
                .await
                .map_err(|_| ResolveError::TimedOut)?
                .map_err(ResolveError::Failed)?;
            if addresses.is_empty() {
                return Err(ResolveError::NoAddress);
            }
            // One address out of reach refuses them all: an honest name does not mix them.
            for address in &addresses {
                reach.check(*address)?;
            }
            let addresses: Vec<_> = addresses
                .into_iter()
                .take(ADDRESSES_MAX)
                .map(|address| SocketAddr::new(address, 0))
                .collect();
            Ok(addresses.into_iter())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(&'static [&'static str]);

    #[async_trait::async_trait]
    impl Resolve for Fixed {
        async fn resolve(&self, _name: &str) -> io::Result<Vec<IpAddr>> {
            Ok(self.0.iter().map(|address| address.parse().unwrap()).collect())
        }
    }

    async fn resolved(addresses: &'static [&'static str]) -> Result<usize, String> {
        let mut resolver = CheckedResolver { reach: Reach::Public, resolver: Arc::new(Fixed(addresses)) };
        let name = "vendor.test".parse::<Name>().unwrap();
        resolver.call(name).await.map(|addresses| addresses.len()).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn every_address_of_a_name_is_checked() {
        assert_eq!(resolved(&["1.1.1.1", "2606:4700::1111"]).await, Ok(2));
        for inside in
            [&["1.1.1.1", "10.0.0.1"], &["127.0.0.1", "1.1.1.1"], &["1.1.1.1", "::ffff:169.254.169.254"]]
        {
            assert!(resolved(inside).await.is_err(), "{inside:?}");
        }
        assert_eq!(resolved(&[]).await, Err("the name has no addresses".to_owned()));
        assert_eq!(resolved(&["1.1.1.1"; 100]).await, Ok(ADDRESSES_MAX));
    }

    #[tokio::test]
    async fn an_address_in_the_url_is_checked() {
        let mut connector = CheckedConnector::new(Reach::Public, Arc::new(SystemResolver));
        for url in
            ["http://127.0.0.1:1/", "http://[::1]:1/", "http://[::ffff:10.0.0.1]:1/", "http://127.1:1/"]
        {
            let error = connector.call(Uri::from_static(url)).await.unwrap_err();
            assert!(error.is::<ResolveError>(), "{url}: {error}");
        }
    }
}
