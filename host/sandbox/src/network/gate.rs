//! Whether a request may leave, by its form and the grants.

use http::{Method, Request, Uri};
use wasmtime_wasi_http::Error;

use crate::Policy;
use crate::grants::{Endpoint, Host, HostGrant, Reach, Scheme};
use crate::secret::find_token;

/// Why a request does not leave, in words for the guest and the operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// Nobody granted its endpoint and method, or the use of a secret in it.
    #[error("{0}")]
    NotGranted(String),
    /// Its host has an address that its grant does not reach.
    #[error("{0}")]
    OutOfReach(String),
    /// Something about it is never sent, or there are too many of them.
    #[error("{0}")]
    Unacceptable(String),
    /// A part of the host did not answer: the same request may pass later.
    #[error("{0}")]
    Unavailable(String),
}

impl Refusal {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self::Unacceptable(reason.into())
    }
}

/// What the guest sees. A code that says "denied" carries no text, but tells the guest that no retry helps;
/// the report, and from it the message of the failure, has the text in every case.
impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotGranted(_) | Refusal::Unacceptable(_) => Self::HttpRequestDenied,
            Refusal::OutOfReach(_) => Self::DestinationIpProhibited,
            Refusal::Unavailable(reason) => Self::InternalError(Some(reason)),
        }
    }
}

/// Where `request` goes.
pub(super) fn endpoint<B>(request: &Request<B>) -> Result<Endpoint, Refusal> {
    let uri = request.uri();
    let scheme = match uri.scheme_str() {
        Some("https") => Scheme::Https,
        Some("http") => Scheme::Http,
        other => {
            return Err(Refusal::new(format!("the scheme `{}` is not offered", other.unwrap_or_default())));
        }
    };
    let Some(authority) = uri.authority() else {
        return Err(Refusal::new("the request names no host"));
    };
    if authority.as_str().contains('@') {
        return Err(Refusal::new("a user in the URL is not offered: use the header `authorization`"));
    }
    let host = Host::parse(authority.host())
        .map_err(|problem| Refusal::new(format!("`{authority}` is not a host: {problem}")))?;
    let port = match authority.port_u16() {
        Some(0) => return Err(Refusal::new(format!("`{authority}` is not a host: port 0"))),
        Some(port) => port,
        // A port that is not a number, or nothing after the colon.
        None if authority.as_str().len() > authority.host().len() => {
            return Err(Refusal::new(format!("`{authority}` is not a host: its port is not a number")));
        }
        None => scheme.default_port(),
    };
    Ok(Endpoint { scheme, host, port })
}

/// How far the grants let a request with `method` to `endpoint` reach.
pub(super) fn reach(policy: &Policy, endpoint: &Endpoint, method: &Method) -> Result<Reach, Refusal> {
    // A tunnel would hide its requests from every check; a trace would send secrets back to the guest.
    if matches!(*method, Method::CONNECT | Method::TRACE) {
        return Err(Refusal::new(format!("the method {method} is not offered")));
    }
    let Policy { component, grants, .. } = policy;
    // Of several grants for one endpoint the one that reaches furthest counts.
    let granted = grants
        .hosts
        .iter()
        .filter(|grant| grant.permits(endpoint, method.as_str()))
        .map(HostGrant::reach)
        .max();
    if let Some(reach) = granted {
        return Ok(reach);
    }
    let same_host = grants.hosts.iter().find(|grant| grant.endpoint() == endpoint);
    Err(match same_host {
        Some(grant) => {
            let what = format!(
                "{method} requests to `{endpoint}` are not granted to component `{component}`, only {}",
                grant.methods().join(", ")
            );
            Refusal::NotGranted(match grant.with_method(method.as_str()) {
                Some(wider) => format!("{what}: {}", policy.granting(format_args!("--host '{wider}'"))),
                // A guest may make one up that no grant can name.
                None => what,
            })
        }
        None => Refusal::NotGranted(format!(
            "host `{endpoint}` is not granted to component `{component}`: {}",
            policy.granting(format_args!("--host {endpoint}"))
        )),
    })
}

/// Makes the URL what was checked: the host in its canonical form, nothing else before the path.
pub(super) fn canonical_uri(endpoint: &Endpoint, uri: &Uri) -> Result<Uri, Refusal> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    if find_token(path).is_some() {
        return Err(Refusal::new(
            "a secret's placeholder stands in the URL, where it is not replaced: send the secret in a header",
        ));
    }
    Uri::builder()
        .scheme(endpoint.scheme.as_str())
        .authority(format!("{}:{}", endpoint.host, endpoint.port))
        .path_and_query(path)
        .build()
        .map_err(|error| Refusal::new(format!("the URL is malformed: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Grants;

    fn policy(hosts: &[&str]) -> Policy {
        let hosts = hosts.iter().map(|host| host.parse().unwrap()).collect();
        Policy {
            component: "mailer".into(),
            grants: Grants { hosts, ..Grants::default() },
            ..Policy::default()
        }
    }

    fn endpoint_of(uri: &str) -> Result<Endpoint, Refusal> {
        endpoint(&Request::builder().uri(uri).body(()).unwrap())
    }

    fn check(policy: &Policy, method: &Method, uri: &str) -> Result<Reach, String> {
        reach(policy, &endpoint_of(uri).unwrap(), method).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn only_what_is_granted_passes() {
        let policy = policy(&["api.example.com", "GET http://127.0.0.1:8025"]);
        assert_eq!(check(&policy, &Method::POST, "https://API.example.com./v3"), Ok(Reach::Public));
        assert_eq!(check(&policy, &Method::GET, "http://127.0.0.1:8025/"), Ok(Reach::Itself));
        assert_eq!(
            check(&policy, &Method::POST, "http://127.0.0.1:8025/").unwrap_err(),
            "POST requests to `http://127.0.0.1:8025` are not granted to component `mailer`, only GET: \
             grant it with `fermata worker grant mailer --host 'POST http://127.0.0.1:8025'`"
        );
        let made_up = Method::from_bytes(b"x'y").unwrap();
        assert_eq!(
            check(&policy, &made_up, "http://127.0.0.1:8025/").unwrap_err(),
            "x'y requests to `http://127.0.0.1:8025` are not granted to component `mailer`, only GET"
        );
        for uri in ["http://api.example.com/", "https://api.example.com:8443/", "https://example.com/"] {
            let refusal = check(&policy, &Method::GET, uri).unwrap_err();
            assert!(refusal.contains("is not granted to component `mailer`: grant it with"), "{refusal}");
        }
        for method in [Method::CONNECT, Method::TRACE] {
            assert!(check(&policy, &method, "https://api.example.com").is_err());
        }
    }

    #[test]
    fn only_a_part_of_the_host_that_is_away_looks_like_a_failure() {
        for permanent in [Refusal::NotGranted(String::new()), Refusal::new("too many requests")] {
            assert!(matches!(Error::from(permanent), Error::HttpRequestDenied));
        }
        let away = Refusal::Unavailable("the store is down".to_owned());
        assert!(matches!(Error::from(away), Error::InternalError(Some(_))));
    }

    #[test]
    fn the_furthest_grant_counts() {
        let policy = policy(&["crm.corp:8443", "crm.corp:8443+private"]);
        assert_eq!(check(&policy, &Method::GET, "https://crm.corp:8443/"), Ok(Reach::Private));
    }

    #[test]
    fn malformed_hosts_do_not_pass() {
        for uri in [
            "https://user@api.example.com/",
            "https://user:password@api.example.com/",
            "https://127.1/",
            "https://0x7f000001/",
            "https://2130706433/",
            "https://api.example.com:0/",
            "https://api.example.com:/",
        ] {
            assert!(endpoint_of(uri).is_err(), "{uri}");
        }
    }

    #[test]
    fn the_url_that_leaves_is_the_one_that_was_checked() {
        let uri = "https://API.example.com.:443/v3?q=1".parse::<Uri>().unwrap();
        let endpoint = endpoint_of("https://API.example.com.:443/v3?q=1").unwrap();
        assert_eq!(canonical_uri(&endpoint, &uri).unwrap(), "https://api.example.com:443/v3?q=1");
        let token = crate::SecretToken::random().unwrap();
        let uri = format!("https://api.example.com/?key={token}").parse::<Uri>().unwrap();
        assert!(canonical_uri(&endpoint, &uri).unwrap_err().to_string().contains("in a header"));
    }
}
