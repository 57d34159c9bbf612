//! The parts of a URL that a request is made of.

use std::fmt;

use super::Error;

/// An absolute `http` or `https` URL, split as `wasi:http` wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    /// Whether the scheme is `https`.
    pub(crate) secure: bool,
    /// Host and, where it is given, port.
    pub(crate) authority: String,
    /// Begins with a slash; without fragment.
    pub(crate) path_and_query: String,
}

impl Url {
    /// Splits a URL. The host checks the parts themselves.
    pub(crate) fn parse(url: &str) -> Result<Self, Error> {
        let refuse = |why: &str| Error::InvalidRequest(format!("`{url}` {why}"));
        let (scheme, rest) = url.split_once("://").ok_or_else(|| refuse("is not an absolute URL"))?;
        let secure = if scheme.eq_ignore_ascii_case("https") {
            true
        } else if scheme.eq_ignore_ascii_case("http") {
            false
        } else {
            return Err(refuse("is neither http nor https"));
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        if authority.is_empty() {
            return Err(refuse("names no host"));
        }
        if authority.contains('@') {
            // The message is for operators: the credentials are not repeated in it.
            let why = "its URL carries credentials; send them in a header";
            return Err(Error::InvalidRequest(why.to_owned()));
        }
        let path_and_query = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Self { secure, authority: authority.to_owned(), path_and_query })
    }

    /// The URL that a `Location` header means, seen from this one.
    pub(crate) fn join(&self, location: &str) -> Result<Self, Error> {
        let scheme = self.scheme();
        let authority = &self.authority;
        let path = self.path_and_query.split('?').next().unwrap_or_default();
        if location.contains("://") {
            Self::parse(location)
        } else if location.starts_with("//") {
            Self::parse(&format!("{scheme}:{location}"))
        } else if location.starts_with('/') {
            Self::parse(&format!("{scheme}://{authority}{location}"))
        } else if location.starts_with('?') {
            Self::parse(&format!("{scheme}://{authority}{path}{location}"))
        } else {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            Self::parse(&format!("{scheme}://{authority}{folder}/{location}"))
        }
    }

    /// Whether both have the same scheme and authority.
    pub(crate) fn same_origin(&self, other: &Self) -> bool {
        self.secure == other.secure && self.authority.eq_ignore_ascii_case(&other.authority)
    }

    fn scheme(&self) -> &'static str {
        if self.secure { "https" } else { "http" }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme(), self.authority, self.path_and_query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_split_without_its_fragment() {
        for (url, authority, path_and_query) in [
            ("https://api.example.org/v1/a?b=c#d", "api.example.org", "/v1/a?b=c"),
            ("HTTPS://api.example.org", "api.example.org", "/"),
            ("https://[::1]:8443?x=1", "[::1]:8443", "/?x=1"),
        ] {
            let parsed = Url::parse(url).unwrap();
            assert_eq!(
                (parsed.authority.as_str(), parsed.path_and_query.as_str()),
                (authority, path_and_query)
            );
            assert!(parsed.secure);
        }
        for url in ["api.example.org", "ftp://api.example.org", "https:///path", "https://me:pw@example.org/"]
        {
            let Err(Error::InvalidRequest(why)) = Url::parse(url) else { panic!("{url} is taken") };
            assert!(!why.contains("pw"), "{why}");
        }
    }

    #[test]
    fn a_location_is_relative_to_the_url_it_came_from() {
        let url = Url::parse("https://example.org/a/b?c=d").unwrap();
        for (location, joined) in [
            ("http://other.example/x", "http://other.example/x"),
            ("//other.example/x", "https://other.example/x"),
            ("/x", "https://example.org/x"),
            ("x?y=z", "https://example.org/a/x?y=z"),
            ("?y=z", "https://example.org/a/b?y=z"),
        ] {
            assert_eq!(url.join(location).unwrap().to_string(), joined);
        }
    }
}
