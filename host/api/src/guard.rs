//! Tells the host's own callers from web pages of others.
//!
//! The host asks for no credentials: whoever reaches it may change its state. Programs of the machine are meant to,
//! the pages in a browser of the same machine are not. A page can send requests that nobody asked for (cross-site request
//! forgery), and a name that its owner lets point at this host makes the page's requests look like those to its own server
//! (DNS rebinding). Browsers give both away: by `Sec-Fetch-Site`, by `Origin`, and by a `Host` that is no name of this host.
//!
//! Programs send neither of the first two. Checking allocates nothing, because every request is checked.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};

use crate::problem::Problem;

static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What a refusal quotes of a header at most, in bytes.
const QUOTED_BYTES_MAX: usize = 200;

/// Knows by which names the host may be called.
pub(crate) struct Guard {
    listen: IpAddr,
    /// Names beside `localhost` and the addresses.
    names: Vec<String>,
}

impl Guard {
    /// For a host that listens on `listen` and is also called by `names`.
    pub(crate) fn new(listen: SocketAddr, names: Vec<String>) -> Self {
        Self { listen: listen.ip(), names }
    }

    /// Refuses a request that a page of others has sent, or may have sent.
    pub(crate) fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
        if headers.get(&SEC_FETCH_SITE).is_some_and(|site| site == "cross-site") {
            return Err(Problem::forbidden("a web page of another site may not use this host"));
        }
        let host = called(uri, headers);
        if let Some(origin) = headers.get(header::ORIGIN).map(readable)
            && !self.is_own_origin(origin, host)
        {
            return Err(Problem::forbidden(format!(
                "a web page of `{}` may not use this host: if that name is its own, start it with `--host-name`",
                quoted(origin)
            )));
        }
        // No browser leaves the host out.
        if let Some(host) = host
            && self.knows_its_names()
            && !self.is_own_name(name_of(host))
        {
            return Err(Problem::forbidden(format!(
                "this host is not known as `{}`: call it by its address or as `localhost`, or start it with `--host-name`",
                quoted(host)
            )));
        }
        Ok(())
    }

    /// On the loopback interface nobody calls a host by a name that its operator has not given it.
    /// Elsewhere it has a name in every network, and the operator need not know them all, until he gives one.
    fn knows_its_names(&self) -> bool {
        self.listen.is_loopback() || !self.names.is_empty()
    }

    /// Whether the page comes from this host. `null`, as which a sandboxed page goes, is nobody.
    fn is_own_origin(&self, origin: &str, host: Option<&str>) -> bool {
        let Some((_, authority)) = origin.split_once("://") else { return false };
        host.is_some_and(|host| host.eq_ignore_ascii_case(authority)) || self.is_given(name_of(authority))
    }

    fn is_own_name(&self, name: &str) -> bool {
        match name.parse::<IpAddr>() {
            // Nobody can let an address point elsewhere.
            Ok(address) => address.is_loopback() || address == self.listen || self.listen.is_unspecified(),
            Err(_) => name.eq_ignore_ascii_case("localhost") || self.is_given(name),
        }
    }

    fn is_given(&self, name: &str) -> bool {
        self.names.iter().any(|given| given.eq_ignore_ascii_case(name))
    }
}

/// As what the caller knows this host: `name` or `name:port`.
fn called<'r>(uri: &'r Uri, headers: &'r HeaderMap) -> Option<&'r str> {
    match uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => headers.get(header::HOST).map(readable),
    }
}

/// What is no text is no name of anybody.
fn readable(value: &HeaderValue) -> &str {
    value.to_str().unwrap_or_default()
}

/// Without the port, and an IPv6 address without its brackets.
fn name_of(authority: &str) -> &str {
    match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => authority.split_once(':').map_or(authority, |(name, _)| name),
    }
}

fn quoted(text: &str) -> &str {
    &text[..text.floor_char_boundary(QUOTED_BYTES_MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lets_pass(guard: &Guard, headers: &[(&'static str, &str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect();
        guard.check(&Uri::from_static("/v2/topology"), &headers).is_ok()
    }

    fn guard(listen: &str, names: &[&str]) -> Guard {
        Guard::new(listen.parse().unwrap(), names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn pages_of_others_are_refused_wherever_the_host_listens() {
        for listen in ["127.0.0.1:8080", "[::1]:8080", "0.0.0.0:8080", "192.0.2.7:80"] {
            let guard = guard(listen, &[]);
            for site in ["same-origin", "same-site", "none"] {
                assert!(lets_pass(&guard, &[("sec-fetch-site", site)]), "{site}");
            }
            assert!(!lets_pass(&guard, &[("sec-fetch-site", "cross-site")]));
            for (origin, passes) in [
                ("http://localhost:8080", true),
                ("HTTP://LOCALHOST:8080", true),
                ("http://localhost:3000", false),
                ("http://localhost", false),
                ("http://localhost:8080.evil.example", false),
                ("https://evil.example", false),
                ("null", false),
                ("", false),
            ] {
                let headers = [("host", "localhost:8080"), ("origin", origin)];
                assert_eq!(lets_pass(&guard, &headers), passes, "{listen} {origin}");
            }
            assert!(
                !lets_pass(&guard, &[("origin", "http://localhost:8080")]),
                "nobody says whose own it is"
            );
        }
    }

    #[test]
    fn on_loopback_only_its_own_names_are_answered() {
        for listen in ["127.0.0.1:8080", "[::1]:8080"] {
            let guard = guard(listen, &["Fermata.Corp"]);
            for (host, passes) in [
                ("localhost", true),
                ("LocalHost:1", true),
                ("127.0.0.1:8080", true),
                ("[::1]", true),
                ("[::1]:8080", true),
                ("fermata.corp:443", true),
                ("evil.example:8080", false),
                ("localhost.evil.example", false),
                ("192.0.2.7:8080", false),
                ("0.0.0.0:8080", false),
                ("[2001:db8::1]", false),
                ("::1", false),
                ("", false),
                ("caf\u{e9}", false),
            ] {
                assert_eq!(lets_pass(&guard, &[("host", host)]), passes, "{listen} {host}");
            }
            assert!(lets_pass(&guard, &[]), "a program that leaves the host out");
        }
    }

    #[test]
    fn elsewhere_names_are_checked_once_one_is_given() {
        assert!(lets_pass(&guard("0.0.0.0:8080", &[]), &[("host", "any.corp")]));
        let guard = guard("0.0.0.0:8080", &["fermata.corp"]);
        for (host, passes) in [("fermata.corp", true), ("192.0.2.7:8080", true), ("evil.example", false)] {
            assert_eq!(lets_pass(&guard, &[("host", host)]), passes, "{host}");
        }
    }

    #[test]
    fn a_page_behind_a_proxy_that_renames_the_host_is_its_own_once_its_name_is_given() {
        let headers = [("host", "127.0.0.1:8080"), ("origin", "https://fermata.corp")];
        assert!(!lets_pass(&guard("127.0.0.1:8080", &[]), &headers));
        assert!(lets_pass(&guard("127.0.0.1:8080", &["fermata.corp"]), &headers));
    }

    #[test]
    fn the_address_in_a_request_line_goes_before_the_header() {
        let guard = guard("127.0.0.1:8080", &[]);
        let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static("localhost"))]);
        assert!(guard.check(&Uri::from_static("http://evil.example/v2/topology"), &headers).is_err());
    }
}
