//! Redirects, followed only when a request asks for it.

use super::{Error, Method, Outgoing, Response};

/// Headers that go along to another origin. Any other may hold a credential, under whatever name,
/// and stays with the origin it was meant for.
const HARMLESS_HEADERS: &[&str] = &[
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "cache-control",
    "if-modified-since",
    "if-none-match",
    "range",
    "user-agent",
];

/// The request that the answer redirects to, if it does and the request may be repeated.
pub(super) fn follow(sent: Outgoing, response: &Response) -> Result<Option<Outgoing>, Error> {
    let is_redirect = matches!(response.status(), 301 | 302 | 303 | 307 | 308);
    let is_repeatable = matches!(sent.method, Method::Get | Method::Head);
    let Some(location) = response.header("location").filter(|_| is_redirect && is_repeatable) else {
        return Ok(None);
    };
    let url = sent.url.join(location)?;
    let same_origin = url.same_origin(&sent.url);
    let mut next = Outgoing { url, ..sent };
    if !same_origin {
        let is_harmless =
            |name: &str| HARMLESS_HEADERS.iter().any(|harmless| name.eq_ignore_ascii_case(harmless));
        next.headers.retain(|(name, _)| is_harmless(name));
        next.body.clear();
    }
    Ok(Some(next))
}
