//! Where a component may connect to.

use std::fmt;
use std::str::FromStr;

use super::endpoint::{Endpoint, Host, Parts, Scheme};
use super::{ParseGrantError, serde_as_text};
use crate::network::address::Class;

/// What stands after a name that may lie in a private network.
const PRIVATE_MARK: &str = "+private";

/// Where a component may connect to: `[METHOD,… ][scheme://]host[:port][+private]`.
///
/// Without a scheme it is HTTPS, so that plain text is never granted by accident;
/// without a port it is the scheme's own; without methods it is every method.
///
/// A name reaches public addresses only, whatever it resolves to. Three grants reach further, each with its port:
/// an address, which reaches just itself; `localhost`, which reaches the loopback interface;
/// and a name with `+private`, which also reaches loopback and private networks.
/// Link-local addresses, where clouds keep their metadata, are reached only by the address itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostGrant {
    endpoint: Endpoint,
    /// In upper case, as written; empty means every method.
    methods: Vec<String>,
    reach: Reach,
}

/// Which addresses a request may connect to. Of two reaches for the same host the greater covers more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Reach {
    /// Addresses of the public internet.
    Public,
    /// The loopback interface.
    Loopback,
    /// Public addresses, private networks and the loopback interface.
    Private,
    /// The address that the grant itself is.
    Itself,
}

impl HostGrant {
    /// Where it leads.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The methods it covers; empty means every method.
    pub fn methods(&self) -> &[String] {
        &self.methods
    }

    /// The same for one other method, if that is one.
    pub(crate) fn with_method(&self, method: &str) -> Option<Self> {
        let methods = parse_methods(method).ok()?;
        Some(Self { methods, ..self.clone() })
    }

    pub(crate) fn reach(&self) -> Reach {
        self.reach
    }

    pub(crate) fn permits(&self, endpoint: &Endpoint, method: &str) -> bool {
        self.endpoint == *endpoint && self.permits_method(method)
    }

    fn permits_method(&self, method: &str) -> bool {
        self.methods.is_empty() || self.methods.iter().any(|granted| granted == method)
    }
}

impl FromStr for HostGrant {
    type Err = ParseGrantError;

    fn from_str(text: &str) -> Result<Self, ParseGrantError> {
        parse(text.trim()).map_err(|problem| ParseGrantError::new(text, problem))
    }
}

fn parse(text: &str) -> Result<HostGrant, String> {
    let (methods, rest) = match text.split_once(char::is_whitespace) {
        None => (Vec::new(), text),
        Some((methods, rest)) => (parse_methods(methods)?, rest.trim_start()),
    };
    let (rest, private) = match rest.strip_suffix(PRIVATE_MARK) {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    let parts = Parts::parse(rest)?;
    let reach = match &parts.host {
        Host::Address(_) if private => {
            return Err(format!("an address needs no `{PRIVATE_MARK}`"));
        }
        Host::Address(address) => match Class::of(*address) {
            Class::Public => Reach::Public,
            Class::Unusable => return Err(format!("{address} is no address of a host")),
            Class::Loopback | Class::Private | Class::LinkLocal => Reach::Itself,
        },
        host if host.is_loopback() => Reach::Loopback,
        Host::Name(_) if private => Reach::Private,
        Host::Name(_) => Reach::Public,
    };
    if reach != Reach::Public && parts.port.is_none() {
        return Err(format!(
            "what is not on the public internet is granted with its port: write `{}:PORT`",
            parts.host
        ));
    }
    let scheme = parts.scheme.unwrap_or(Scheme::Https);
    let port = parts.port.unwrap_or(scheme.default_port());
    Ok(HostGrant { endpoint: Endpoint { scheme, host: parts.host, port }, methods, reach })
}

fn parse_methods(text: &str) -> Result<Vec<String>, String> {
    text.split(',')
        .map(|method| {
            if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-') {
                return Err(format!("`{method}` is not a method: expected something like `GET,POST`"));
            }
            Ok(method.to_owned())
        })
        .collect()
}

impl fmt::Display for HostGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.methods.is_empty() {
            write!(f, "{} ", self.methods.join(","))?;
        }
        self.endpoint.fmt(f)?;
        if self.reach != Reach::Public && self.endpoint.port == self.endpoint.scheme.default_port() {
            write!(f, ":{}", self.endpoint.port)?;
        }
        if self.reach == Reach::Private { f.write_str(PRIVATE_MARK) } else { Ok(()) }
    }
}

serde_as_text!(HostGrant);

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(text: &str) -> HostGrant {
        text.parse().unwrap()
    }

    fn problem(text: &str) -> String {
        text.parse::<HostGrant>().unwrap_err().problem
    }

    #[test]
    fn a_grant_is_shown_as_short_as_it_can_be_written() {
        for (written, shown) in [
            ("api.example.com", "api.example.com"),
            ("API.Example.com.:443", "api.example.com"),
            ("https://api.example.com:8443", "api.example.com:8443"),
            ("http://api.example.com", "http://api.example.com"),
            ("GET,POST  api.example.com", "GET,POST api.example.com"),
            ("127.0.0.1:8025", "127.0.0.1:8025"),
            ("10.0.0.1:443", "10.0.0.1:443"),
            ("http://localhost:80", "http://localhost:80"),
            ("http://[::1]:8025", "http://[::1]:8025"),
            ("2606:4700::1111", "[2606:4700::1111]"),
            ("crm.corp:8443+private", "crm.corp:8443+private"),
        ] {
            let grant = grant(written);
            assert_eq!(grant.to_string(), shown, "{written}");
            assert_eq!(shown.parse::<HostGrant>().unwrap(), grant, "{written}");
        }
    }

    #[test]
    fn a_grant_says_how_far_it_reaches() {
        for (text, reach) in [
            ("api.example.com:443", Reach::Public),
            ("1.1.1.1", Reach::Public),
            ("127.0.0.1:8025", Reach::Itself),
            ("http://169.254.169.254:80", Reach::Itself),
            ("[::ffff:10.0.0.1]:443", Reach::Itself),
            ("localhost:8025", Reach::Loopback),
            ("crm.corp:8443+private", Reach::Private),
        ] {
            assert_eq!(grant(text).reach(), reach, "{text}");
        }
    }

    #[test]
    fn what_is_no_grant_is_refused_with_its_problem() {
        for (text, expected) in [
            ("", "the host is missing"),
            ("https://", "the host is missing"),
            ("ftp://example.com", "`ftp` is not offered"),
            ("api.example.com/v3", "leave out `/v3`"),
            ("user@example.com", "names no user"),
            ("example.com:0", "`0` is not a port"),
            ("example.com:https", "`https` is not a port"),
            ("example.com:", "`` is not a port"),
            ("*.example.com", "name each host"),
            ("bücher.example", "`xn--` form"),
            ("a..b", "is empty"),
            ("exa mple.com", "`exa` is not a method"),
            ("get example.com", "`get` is not a method"),
            ("127.1:80", "neither a host's name nor a complete address"),
            ("0x7f000001:80", "neither a host's name nor a complete address"),
            ("2130706433:80", "neither a host's name nor a complete address"),
            ("127.0.0.1", "write `127.0.0.1:PORT`"),
            ("localhost", "write `localhost:PORT`"),
            ("crm.corp+private", "write `crm.corp:PORT`"),
            ("10.0.0.1:80+private", "needs no `+private`"),
            ("0.0.0.0:80", "no address of a host"),
            ("224.0.0.1:80", "no address of a host"),
            ("[::1", "does not contain `[`"),
            ("[1.2.3.4]:80", "not an IPv6 address"),
        ] {
            let problem = problem(text);
            assert!(problem.contains(expected), "{text}: {problem}");
        }
    }

    #[test]
    fn a_grant_permits_its_endpoint_and_methods_only() {
        let https =
            |host: &str, port| Endpoint { scheme: Scheme::Https, host: Host::parse(host).unwrap(), port };
        let grant = grant("GET,POST api.example.com");
        assert!(grant.permits(&https("api.example.com", 443), "POST"));
        assert!(!grant.permits(&https("api.example.com", 443), "DELETE"));
        assert!(!grant.permits(&https("api.example.com", 8443), "GET"));
        assert!(!grant.permits(&https("api.example.com.evil.test", 443), "GET"));
        assert!(!grant.permits(&Endpoint { scheme: Scheme::Http, ..https("api.example.com", 443) }, "GET"));
    }
}
