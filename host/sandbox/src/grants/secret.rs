//! Which secrets a component may use, and where.

use std::fmt;
use std::str::FromStr;

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

/// A secret that a component may send to a host without seeing it: `NAME@[scheme://]host[:port]`.
///
/// Without a scheme the secret travels over TLS, or in plain text to the loopback interface.
/// Without a port it is the scheme's own. The host itself needs a grant as well.
/// Binding a secret to a host trusts that host not to send back what it receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretGrant {
    secret: SecretName,
    scheme: Option<Scheme>,
    host: Host,
    port: u16,
}

impl SecretGrant {
    /// The secret's name.
    pub fn secret(&self) -> &SecretName {
        &self.secret
    }

    /// The host that it may be sent to.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port that it may be sent to.
    pub fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn permits(&self, secret: &str, endpoint: &Endpoint) -> bool {
        let travels_safely = match self.scheme {
            Some(scheme) => scheme == endpoint.scheme,
            None => endpoint.scheme == Scheme::Https || endpoint.host.is_loopback(),
        };
        self.secret.0 == secret && self.host == endpoint.host && self.port == endpoint.port && travels_safely
    }
}

impl FromStr for SecretGrant {
    type Err = ParseGrantError;

    fn from_str(text: &str) -> Result<Self, ParseGrantError> {
        let problem = |problem: String| ParseGrantError::new(text, problem);
        let Some((name, host)) = text.trim().split_once('@') else {
            return Err(problem("a secret is granted for a host: write `NAME@host`".to_owned()));
        };
        let secret = name.parse::<SecretName>().map_err(|error| problem(error.problem))?;
        let parts = Parts::parse(host).map_err(problem)?;
        let port = parts.port.unwrap_or(parts.scheme.unwrap_or(Scheme::Https).default_port());
        Ok(Self { secret, scheme: parts.scheme, host: parts.host, port })
    }
}

impl fmt::Display for SecretGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@", self.secret)?;
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
        assert!(grant.permits("KEY", &endpoint(Scheme::Https, "api.example.com", 443)));
        assert!(!grant.permits("OTHER", &endpoint(Scheme::Https, "api.example.com", 443)));
        assert!(!grant.permits("KEY", &endpoint(Scheme::Https, "api.example.com", 8443)));
        assert!(!grant.permits("KEY", &endpoint(Scheme::Https, "example.com", 443)));
        assert!(!grant.permits("KEY", &endpoint(Scheme::Http, "api.example.com", 443)));
    }

    #[test]
    fn plain_text_is_for_loopback_or_written_out() {
        let loopback: SecretGrant = "KEY@127.0.0.1:8025".parse().unwrap();
        assert!(loopback.permits("KEY", &endpoint(Scheme::Http, "127.0.0.1", 8025)));
        assert!(loopback.permits("KEY", &endpoint(Scheme::Https, "127.0.0.1", 8025)));
        let plain: SecretGrant = "KEY@http://crm.corp".parse().unwrap();
        assert!(plain.permits("KEY", &endpoint(Scheme::Http, "crm.corp", 80)));
        assert!(!plain.permits("KEY", &endpoint(Scheme::Https, "crm.corp", 80)));
    }

    #[test]
    fn what_was_shown_reads_back() {
        for text in ["KEY@api.example.com", "_K2@127.0.0.1:8025", "K@http://crm.corp", "K@https://[::1]:8443"]
        {
            assert_eq!(text.parse::<SecretGrant>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_grant_is_refused_with_its_problem() {
        for (text, expected) in [
            ("KEY", "write `NAME@host`"),
            ("@api.example.com", "a secret's name"),
            ("2KEY@api.example.com", "a secret's name"),
            ("KEY@", "the host is missing"),
            ("KEY@api.example.com/x", "leave out `/x`"),
        ] {
            let error = text.parse::<SecretGrant>().unwrap_err();
            assert!(error.to_string().contains(expected), "{text}: {error}");
        }
    }
}
