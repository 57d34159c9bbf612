//! Redirects, followed only when a request asks for it.

use super::{Error, Method, Outgoing, Response};

/// Headers that stay with the origin they were meant for.
const CREDENTIAL_HEADERS: &[&str] = &["authorization", "cookie", "proxy-authorization", "x-api-key"];

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
        next.headers.retain(|(name, _)| {
            !CREDENTIAL_HEADERS.iter().any(|credential| name.eq_ignore_ascii_case(credential))
        });
    }
    Ok(Some(next))
}
