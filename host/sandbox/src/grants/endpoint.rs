//! Scheme, host and port: what a request goes to and what a grant names.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest host name, in bytes, as in DNS.
const HOST_BYTES_MAX: usize = 253;

/// How an endpoint is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// HTTP in plain text.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// The port that a URL without one means.
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    /// The scheme as in a URL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// A host: a name in lower case without the root's dot, or an address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// A name that is resolved for every new connection.
    Name(String),
    /// An address.
    Address(IpAddr),
}

impl Host {
    /// Reads a host as it stands in a URL, an IPv6 address in brackets or without.
    ///
    /// # Errors
    /// What is wrong with it, to follow "is not a grant: ".
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Some(address) = bare {
            return match address.parse::<Ipv6Addr>() {
                Ok(address) => Ok(Self::Address(address.into())),
                Err(_) => Err(format!("`{text}` is not an IPv6 address")),
            };
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Address(address));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        if name.is_empty() {
            return Err("the host is missing".to_owned());
        }
        if name.len() > HOST_BYTES_MAX {
            return Err(format!("a host's name takes at most {HOST_BYTES_MAX} bytes"));
        }
        if name.contains('*') {
            return Err("wildcards are not offered: name each host".to_owned());
        }
        if !name.is_ascii() {
            return Err("write an international name in its `xn--` form".to_owned());
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if let Some(letter) = name.bytes().find(|byte| !allowed(*byte)) {
            return Err(format!("a host's name does not contain `{}`", char::from(letter)));
        }
        if name.split('.').any(str::is_empty) {
            return Err("a part of the host's name is empty".to_owned());
        }
        // Resolvers read `127.1` and `0x7f.1` as addresses; only the canonical notation is one here.
        let last = name.rsplit('.').next().unwrap_or_default();
        if last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x") {
            return Err(format!("`{text}` is neither a host's name nor a complete address"));
        }
        Ok(Self::Name(name))
    }

    /// Whether this is `localhost` or an address of the loopback interface.
    pub(crate) fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => name == "localhost",
            Self::Address(IpAddr::V4(address)) => address.is_loopback(),
            Self::Address(IpAddr::V6(address)) => {
                address.is_loopback() || address.to_ipv4_mapped().is_some_and(|v4: Ipv4Addr| v4.is_loopback())
            }
        }
    }
}

impl fmt::Display for Host {
    /// As in a URL: an IPv6 address in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// How it is spoken to.
    pub scheme: Scheme,
    /// The host.
    pub host: Host,
    /// The TCP port.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    /// As a grant names it: `api.example.com`, `127.0.0.1:8443`, `http://localhost:8080`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scheme == Scheme::Http {
            f.write_str("http://")?;
        }
        self.host.fmt(f)?;
        if self.port == self.scheme.default_port() { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// The parts of `[scheme://]host[:port]`, before defaults are filled in.
pub(super) struct Parts {
    pub(super) scheme: Option<Scheme>,
    pub(super) host: Host,
    pub(super) port: Option<u16>,
}

impl Parts {
    /// # Errors
    /// What is wrong, to follow "is not a grant: ".
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = match text.split_once("://") {
            None => (None, text),
            Some(("http", rest)) => (Some(Scheme::Http), rest),
            Some(("https", rest)) => (Some(Scheme::Https), rest),
            Some((scheme, _)) => return Err(format!("`{scheme}` is not offered, only http and https")),
        };
        if let Some(at) = rest.find(['/', '?', '#']) {
            return Err(format!("a grant covers a whole host: leave out `{}`", &rest[at..]));
        }
        if rest.contains('@') {
            return Err("a grant names no user".to_owned());
        }
        let (host, port) = split_port(rest)?;
        Ok(Self { scheme, host: Host::parse(host)?, port })
    }
}

fn split_port(text: &str) -> Result<(&str, Option<u16>), String> {
    let colon = match text.rfind(':') {
        // A bare IPv6 address has colons of its own.
        Some(_) if text.parse::<Ipv6Addr>().is_ok() => return Ok((text, None)),
        Some(colon) if !text[colon..].contains(']') => colon,
        _ => return Ok((text, None)),
    };
    match text[colon + 1..].parse() {
        Ok(port) if port > 0 => Ok((&text[..colon], Some(port))),
        _ => Err(format!("`{}` is not a port: expected a number from 1 to 65535", &text[colon + 1..])),
    }
}
