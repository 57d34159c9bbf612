//! Secrets take the place of their tokens in a request's headers.
//!
//! Only there, and only towards hosts and in headers that the secret is bound to. A body or a URL often carries data
//! that the guest was handed, say a customer's name: a token smuggled into that data would carry the secret
//! to where the data is stored or shown. A header with credentials is written by the component itself;
//! other headers are what servers send back, into the hands of the component.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::SecretString;
use crate::grants::Endpoint;
use crate::host::{Attempt, SecretUse};
use crate::network::gate::Refusal;
use crate::secret::find_token;
use crate::text::shortened;

/// The name of a header in a message, in bytes.
const HEADER_NAME_BYTES_MAX: usize = 64;

/// Replaces the tokens in `headers`, or refuses the request.
pub(super) async fn substitute(
    attempt: &Attempt,
    endpoint: &Endpoint,
    headers: &mut HeaderMap,
) -> Result<(), Refusal> {
    for (name, value) in headers.iter_mut() {
        // Tokens are ASCII: a value that is no text holds none.
        let Ok(text) = value.to_str() else { continue };
        let replaced = match basic_credentials(name, text) {
            Some(credentials) => {
                replace_tokens(attempt, endpoint, name, &credentials).await?.map(|replaced| {
                    let encoded = BASE64.encode(&replaced.text);
                    attempt.vault.was_sent_as(&replaced.secret, SecretString::new(encoded.as_str()));
                    format!("Basic {encoded}")
                })
            }
            None => replace_tokens(attempt, endpoint, name, text).await?.map(|replaced| replaced.text),
        };
        if let Some(replaced) = replaced {
            *value = HeaderValue::from_str(&replaced).map_err(|_| {
                Refusal::new(format!(
                    "a secret for header `{}` contains what no header can carry, such as a line break",
                    shown(name)
                ))
            })?;
            value.set_sensitive(true);
        }
    }
    Ok(())
}

/// User and password of `Authorization: Basic`, where a token is hidden by its encoding.
fn basic_credentials(name: &HeaderName, value: &str) -> Option<String> {
    let (scheme, encoded) = value.split_once(' ')?;
    if name != header::AUTHORIZATION || !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    String::from_utf8(BASE64.decode(encoded.trim()).ok()?).ok()
}

/// A text with secrets in the place of their tokens.
struct Replaced {
    text: String,
    /// The name of the last of them.
    secret: String,
}

/// `text` with secrets in the place of their tokens; `None` when it has no tokens.
async fn replace_tokens(
    attempt: &Attempt,
    endpoint: &Endpoint,
    header: &HeaderName,
    text: &str,
) -> Result<Option<Replaced>, Refusal> {
    let mut rest = text;
    let mut replaced: Option<Replaced> = None;
    while let Some(place) = find_token(rest) {
        let token = &rest[place.clone()];
        let Some(name) = attempt.secret_of_token(token) else {
            return Err(Refusal::NotGranted(format!(
                "header `{}` holds the placeholder of a secret that belongs to another job or model",
                shown(header)
            )));
        };
        check_grant(attempt, endpoint, header, &name)?;
        let value = value(attempt, &name).await?;
        let replaced =
            replaced.get_or_insert_with(|| Replaced { text: String::new(), secret: String::new() });
        replaced.text.push_str(&rest[..place.start]);
        replaced.text.push_str(value.expose());
        replaced.secret = name;
        rest = &rest[place.end..];
    }
    if let Some(replaced) = &mut replaced {
        replaced.text.push_str(rest);
    }
    Ok(replaced)
}

fn check_grant(
    attempt: &Attempt,
    endpoint: &Endpoint,
    header: &HeaderName,
    name: &str,
) -> Result<(), Refusal> {
    let policy = &attempt.policy;
    let component = &policy.component;
    let mut grants = policy.grants.secrets.iter().filter(|grant| grant.leads_to(name, endpoint)).peekable();
    if grants.peek().is_none() {
        return Err(Refusal::NotGranted(format!(
            "secret `{name}` is not granted to component `{component}` for host `{endpoint}`: \
             if it belongs there, {}",
            policy.granting(format_args!("--secret {name}@{endpoint}"))
        )));
    }
    if grants.any(|grant| grant.covers_header(header)) {
        return Ok(());
    }
    let is_plain = |name: &str| {
        name.len() <= HEADER_NAME_BYTES_MAX
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    // A name may be a command of a shell; whoever copies the advice is not to run it.
    let remedy = if is_plain(header.as_str()) {
        let grant = policy.granting(format_args!("--secret {name}:{header}@{endpoint}"));
        format!(": if that host never sends this header back, {grant}")
    } else {
        String::new()
    };
    let header = shown(header);
    Err(Refusal::NotGranted(format!(
        "secret `{name}` is not granted to component `{component}` in header `{header}` of requests to `{endpoint}`{remedy}"
    )))
}

async fn value(attempt: &Attempt, name: &str) -> Result<SecretString, Refusal> {
    match attempt.secret(name).await {
        Ok(SecretUse::Value(value)) => Ok(value),
        Ok(SecretUse::NotSet(reason)) => Err(Refusal::NotGranted(reason)),
        Err(error) => Err(Refusal::Unavailable(format!("secret `{name}` is not available: {error}"))),
    }
}

/// A header's name in a message. The guest chooses it, at any length.
fn shown(header: &HeaderName) -> String {
    shortened(header.as_str().to_owned(), HEADER_NAME_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use async_trait::async_trait;
    use http::header::AUTHORIZATION;

    use super::*;
    use crate::grants::{Host, Scheme};
    use crate::{
        Checkpoint, CheckpointError, Grants, LogLine, Policy, SecretString, SecretToken, Services,
        Unavailable,
    };

    /// Knows `KEY`, the broken `MULTILINE`, and one token of a model.
    struct Secrets(SecretToken);

    #[async_trait]
    impl Services for Secrets {
        async fn checkpoint_get(&self) -> Result<Option<Checkpoint>, CheckpointError> {
            Ok(None)
        }

        async fn checkpoint_put(&self, _value: Vec<u8>) -> Result<(), CheckpointError> {
            Err(CheckpointError::Superseded)
        }

        async fn secret(&self, name: &str) -> Result<Option<SecretString>, Unavailable> {
            Ok(match name {
                "KEY" => Some(SecretString::new("s3cr3t")),
                "MULTILINE" => Some(SecretString::new("one\r\nx-injected: two")),
                _ => None,
            })
        }

        fn model_secret(&self, token: &str) -> Option<String> {
            (token == self.0.as_str()).then(|| "KEY".to_owned())
        }

        fn log(&self, _line: LogLine) {}
    }

    struct Fixture {
        attempt: Attempt,
        model_token: SecretToken,
        endpoint: Endpoint,
    }

    fn fixture(secrets: &[&str]) -> Fixture {
        let model_token = SecretToken::random().unwrap();
        let secrets = secrets.iter().map(|text| text.parse().unwrap()).collect();
        let policy = Policy { grants: Grants { secrets, ..Grants::default() }, ..Policy::default() };
        Fixture {
            attempt: Attempt::new(Arc::new(policy), Arc::new(Secrets(model_token.clone()))),
            model_token,
            endpoint: Endpoint {
                scheme: Scheme::Https,
                host: Host::parse("api.example.com").unwrap(),
                port: 443,
            },
        }
    }

    impl Fixture {
        async fn sent(&self, name: HeaderName, value: &str) -> Result<HeaderValue, String> {
            let mut headers = HeaderMap::from_iter([(name.clone(), value.parse().unwrap())]);
            substitute(&self.attempt, &self.endpoint, &mut headers)
                .await
                .map_err(|refusal| refusal.to_string())?;
            Ok(headers.remove(name).unwrap())
        }
    }

    #[tokio::test]
    async fn every_token_of_a_header_is_replaced() {
        let fixture = fixture(&["KEY:cookie@api.example.com"]);
        let job_token = fixture.attempt.vault.token("KEY").unwrap();
        let value = format!("a={job_token}; b={}", fixture.model_token);
        let sent = fixture.sent(header::COOKIE, &value).await.unwrap();
        assert_eq!(sent, "a=s3cr3t; b=s3cr3t");
        assert!(sent.is_sensitive());
        let untouched = fixture.sent(header::ACCEPT, "fermata-secret-of-success").await.unwrap();
        assert_eq!(untouched, "fermata-secret-of-success");
        assert!(!untouched.is_sensitive());
    }

    #[tokio::test]
    async fn a_token_in_basic_credentials_is_found() {
        let fixture = fixture(&["KEY@api.example.com"]);
        let encoded = BASE64.encode(format!("user:{}", fixture.model_token));
        let sent = fixture.sent(AUTHORIZATION, &format!("basic {encoded}")).await.unwrap();
        assert_eq!(sent, format!("Basic {}", BASE64.encode("user:s3cr3t")).as_str());
        // Only there are credentials encoded so.
        let sent = fixture.sent(header::COOKIE, &format!("basic {encoded}")).await.unwrap();
        assert_eq!(sent, format!("basic {encoded}").as_str());
    }

    #[tokio::test]
    async fn a_header_that_the_grant_does_not_name_refuses_the_request() {
        let fixture = fixture(&["KEY@api.example.com", "KEY:x-api-key@api.example.com"]);
        let token = fixture.attempt.vault.token("KEY").unwrap();
        for granted in [AUTHORIZATION, HeaderName::from_static("x-api-key")] {
            assert_eq!(fixture.sent(granted, token.as_str()).await.unwrap(), "s3cr3t");
        }
        let refusal =
            fixture.sent(HeaderName::from_static("x-request-id"), token.as_str()).await.unwrap_err();
        assert!(refusal.contains("--secret KEY:x-request-id@api.example.com`"), "{refusal}");
    }

    #[tokio::test]
    async fn a_models_token_needs_a_grant_too() {
        let fixture = fixture(&["KEY@other.example.com"]);
        let refusal =
            fixture.sent(AUTHORIZATION, &format!("Bearer {}", fixture.model_token)).await.unwrap_err();
        assert!(refusal.contains("secret `KEY` is not granted"), "{refusal}");
        let encoded = BASE64.encode(fixture.model_token.as_str());
        let refusal = fixture.sent(AUTHORIZATION, &format!("Basic {encoded}")).await.unwrap_err();
        assert!(refusal.contains("secret `KEY` is not granted"), "{refusal}");
    }

    #[tokio::test]
    async fn a_token_of_elsewhere_refuses_the_request() {
        let fixture = fixture(&["KEY@api.example.com"]);
        let foreign = SecretToken::random().unwrap();
        let refusal = fixture.sent(AUTHORIZATION, &format!("Bearer {foreign}")).await.unwrap_err();
        assert!(refusal.contains("belongs to another job or model"), "{refusal}");
    }

    #[tokio::test]
    async fn a_secret_cannot_break_out_of_its_header() {
        let fixture = fixture(&["MULTILINE@api.example.com"]);
        let token = fixture.attempt.vault.token("MULTILINE").unwrap();
        let refusal = fixture.sent(AUTHORIZATION, token.as_str()).await.unwrap_err();
        assert!(refusal.contains("no header can carry"), "{refusal}");
    }

    #[tokio::test]
    async fn a_secret_that_was_used_is_not_told_in_messages() {
        let fixture = fixture(&["KEY@api.example.com"]);
        fixture.sent(AUTHORIZATION, fixture.model_token.as_str()).await.unwrap();
        let redacted = fixture.attempt.vault.redacted("401: `s3cr3t` is not a key");
        assert_eq!(redacted, "401: `[secret KEY]` is not a key");
    }
}
