//! Which secrets a component may use, and where.

use std::fmt;
use std::str::FromStr;

use http::{HeaderName, header};

use super::endpoint::{Endpoint, Host, Parts, Scheme};
use super::{ParseGrantError, serde_as_text};

/// The longest name of a secret, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// The name of a secret: letters, digits and underscores, not a digit first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretName(String);

impl SecretName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SecretName {
    type Err = ParseGrantError;

    fn from_str(text: &str) -> Result<Self, ParseGrantError> {
        let well_formed = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && text.len() <= NAME_BYTES_MAX;
        if !well_formed {
            return Err(ParseGrantError::new(
                text,
                format!(
                    "a secret's name is made of at most {NAME_BYTES_MAX} letters, digits and underscores"
                ),
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

serde_as_text!(SecretName);

/// Header names in one grant.
const HEADERS_MAX: usize = 16;

/// The longest name of a header in a grant, in bytes.
const HEADER_NAME_BYTES_MAX: usize = 64;

/// A secret that a component may send to a host without seeing it: `NAME[:HEADER,…]@[scheme://]host[:port]`.
///
/// Without header names the secret travels in `authorization` only. A header that the host may well send back,
/// say a name for tracing, would hand the secret to the component; so each other header is named by the operator.
/// Without a scheme the secret travels over TLS, or in plain text to the loopback interface.
/// Without a port it is the scheme's own. The host itself needs a grant as well.
///
/// Binding a secret to a host trusts that host. What it sends back as it is, is masked on its way to the component;
/// in another form, compressed or encoded, it is not recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretGrant {
    secret: SecretName,
    /// At least one, sorted, each once.
    headers: Vec<HeaderName>,
    scheme: Option<Scheme>,
    host: Host,
    port: u16,
}

impl SecretGrant {
    /// The secret's name.
    pub fn secret(&self) -> &SecretName {
        &self.secret
    }

    /// The headers that it may be sent in, in lower case.
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        self.headers.iter().map(HeaderName::as_str)
    }

    /// The host that it may be sent to.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port that it may be sent to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether it covers requests to `endpoint`, in whatever header.
    pub(crate) fn leads_to(&self, secret: &str, endpoint: &Endpoint) -> bool {
        let travels_safely = match self.scheme {
            Some(scheme) => scheme == endpoint.scheme,
            None => endpoint.scheme == Scheme::Https || endpoint.host.is_loopback(),
        };
        self.secret.0 == secret && self.host == endpoint.host && self.port == endpoint.port && travels_safely
    }

    /// Whether it covers this header of the requests that it covers.
    pub(crate) fn covers_header(&self, header: &HeaderName) -> bool {
        self.headers.contains(header)
    }
}

impl FromStr for SecretGrant {
    type Err = ParseGrantError;

    fn from_str(text: &str) -> Result<Self, ParseGrantError> {
        let problem = |problem: String| ParseGrantError::new(text, problem);
        let Some((secret, host)) = text.trim().split_once('@') else {
            return Err(problem("a secret is granted for a host: write `NAME@host`".to_owned()));
        };
        let (name, headers) = match secret.split_once(':') {
            None => (secret, vec![header::AUTHORIZATION]),
            Some((name, headers)) => (name, parse_headers(headers).map_err(problem)?),
        };
        let secret = name.parse::<SecretName>().map_err(|error| problem(error.problem))?;
        let parts = Parts::parse(host).map_err(problem)?;
        let port = parts.port.unwrap_or(parts.scheme.unwrap_or(Scheme::Https).default_port());
        Ok(Self { secret, headers, scheme: parts.scheme, host: parts.host, port })
    }
}

fn parse_headers(text: &str) -> Result<Vec<HeaderName>, String> {
    let mut headers = text
        .split(',')
        .map(|name| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            if name.is_empty() || name.len() > HEADER_NAME_BYTES_MAX || !name.bytes().all(allowed) {
                return Err(format!("`{name}` is not a header: expected something like `x-api-key`"));
            }
            name.parse::<HeaderName>().map_err(|error| format!("`{name}` is not a header: {error}"))
        })
        .collect::<Result<Vec<_>, _>>()?;
    headers.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
    headers.dedup();
    if headers.len() > HEADERS_MAX {
        return Err(format!("a grant names at most {HEADERS_MAX} headers"));
    }
    Ok(headers)
}

impl fmt::Display for SecretGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.secret.fmt(f)?;
        if self.headers != [header::AUTHORIZATION] {
            for (separator, name) in std::iter::once(':').chain(std::iter::repeat(',')).zip(&self.headers) {
                write!(f, "{separator}{name}")?;
            }
        }
        f.write_str("@")?;
        if let Some(scheme) = self.scheme {
            write!(f, "{}://", scheme.as_str())?;
        }
        self.host.fmt(f)?;
        if self.port == self.scheme.unwrap_or(Scheme::Https).default_port() {
            Ok(())
        } else {
            write!(f, ":{}", self.port)
        }
    }
}

serde_as_text!(SecretGrant);

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(scheme: Scheme, host: &str, port: u16) -> Endpoint {
        Endpoint { scheme, host: Host::parse(host).unwrap(), port }
    }

    #[test]
    fn a_secret_travels_to_its_host_and_port_only() {
        let grant: SecretGrant = "KEY@api.example.com".parse().unwrap();
        assert!(grant.leads_to("KEY", &endpoint(Scheme::Https, "api.example.com", 443)));
        assert!(!grant.leads_to("OTHER", &endpoint(Scheme::Https, "api.example.com", 443)));
        assert!(!grant.leads_to("KEY", &endpoint(Scheme::Https, "api.example.com", 8443)));
        assert!(!grant.leads_to("KEY", &endpoint(Scheme::Https, "example.com", 443)));
        assert!(!grant.leads_to("KEY", &endpoint(Scheme::Http, "api.example.com", 443)));
    }

    #[test]
    fn plain_text_is_for_loopback_or_written_out() {
        let loopback: SecretGrant = "KEY@127.0.0.1:8025".parse().unwrap();
        assert!(loopback.leads_to("KEY", &endpoint(Scheme::Http, "127.0.0.1", 8025)));
        assert!(loopback.leads_to("KEY", &endpoint(Scheme::Https, "127.0.0.1", 8025)));
        let plain: SecretGrant = "KEY@http://crm.corp".parse().unwrap();
        assert!(plain.leads_to("KEY", &endpoint(Scheme::Http, "crm.corp", 80)));
        assert!(!plain.leads_to("KEY", &endpoint(Scheme::Https, "crm.corp", 80)));
    }

    #[test]
    fn what_was_shown_reads_back() {
        for text in [
            "KEY@api.example.com",
            "_K2@127.0.0.1:8025",
            "K@http://crm.corp",
            "K@https://[::1]:8443",
            "KEY:x-api-key@api.example.com",
            "KEY:authorization,x-api-key@http://crm.corp:8080",
        ] {
            assert_eq!(text.parse::<SecretGrant>().unwrap().to_string(), text);
        }
        let written = "KEY:X-Api-Key,Authorization,x-api-key@api.example.com".parse::<SecretGrant>().unwrap();
        assert_eq!(written.to_string(), "KEY:authorization,x-api-key@api.example.com");
        let plain = "KEY:Authorization@api.example.com".parse::<SecretGrant>().unwrap();
        assert_eq!(plain.to_string(), "KEY@api.example.com");
    }

    #[test]
    fn a_secret_travels_in_the_headers_of_its_grant_only() {
        let covered = |grant: &str| {
            let grant = grant.parse::<SecretGrant>().unwrap();
            ["authorization", "x-api-key", "cookie"]
                .map(|name| grant.covers_header(&HeaderName::from_static(name)))
        };
        assert_eq!(covered("KEY@api.example.com"), [true, false, false]);
        assert_eq!(covered("KEY:x-api-key@api.example.com"), [false, true, false]);
        assert_eq!(covered("KEY:authorization,cookie@api.example.com"), [true, false, true]);
    }

    #[test]
    fn what_is_no_grant_is_refused_with_its_problem() {
        for (text, expected) in [
            ("KEY", "write `NAME@host`"),
            ("@api.example.com", "a secret's name"),
            ("2KEY@api.example.com", "a secret's name"),
            ("KEY@", "the host is missing"),
            ("KEY@api.example.com/x", "leave out `/x`"),
            ("KEY:@api.example.com", "`` is not a header"),
            ("KEY:x-api-key,@api.example.com", "`` is not a header"),
            ("KEY:x api key@api.example.com", "`x api key` is not a header"),
        ] {
            let error = text.parse::<SecretGrant>().unwrap_err();
            assert!(error.to_string().contains(expected), "{text}: {error}");
        }
    }
}
