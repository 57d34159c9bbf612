//! Attacks on the way out. The proof of each is the answer that came back.

use fermata_sdk::{JobError, http, secrets};

use super::secrets::base64;

/// How many redirects are followed.
const REDIRECTS_MAX: u32 = 5;

pub(super) fn get(url: &str) -> Result<String, JobError> {
    answer(http::get(url))
}

pub(super) fn get_through_redirects(url: &str) -> Result<String, JobError> {
    answer(http::get(url).follow_redirects(REDIRECTS_MAX))
}

/// A host that passed the line break on would send two headers.
pub(super) fn inject_header(url: &str) -> Result<String, JobError> {
    answer(http::get(url).header("x-harmless", "yes\r\nx-injected: yes"))
}

/// A token that came from a model, or was guessed.
pub(super) fn send_as_bearer(url: &str, token: &str) -> Result<String, JobError> {
    answer(http::get(url).bearer(token))
}

/// A host that did not look where the request goes would hand the secret to a stranger.
pub(super) fn send_secret_in_header(url: &str, secret: &str) -> Result<String, JobError> {
    answer(http::get(url).bearer(&secrets::placeholder(secret)?))
}

/// A vendor that echoes bodies would hand the secret back to the guest.
pub(super) fn send_secret_in_body(url: &str, secret: &str) -> Result<String, JobError> {
    answer(http::post(url).body(secrets::placeholder(secret)?))
}

/// A server that sends a header back, for tracing say, would hand the secret back to the guest.
pub(super) fn send_secret_in_other_header(url: &str, secret: &str) -> Result<String, JobError> {
    answer(http::get(url).header("x-request-id", secrets::placeholder(secret)?))
}

/// What a server sends back of a secret that it may have, in headers and body.
pub(super) fn ask_for_an_echo(url: &str, secret: &str) -> Result<String, JobError> {
    let response = http::get(url).bearer(&secrets::placeholder(secret)?).send()?;
    let headers: Vec<_> = response.headers().iter().map(|(name, value)| format!("{name}: {value}")).collect();
    Ok(format!("{}; {}", headers.join(", "), response.text()))
}

/// A URL is what servers log and proxies keep.
pub(super) fn send_secret_in_url(url: &str, secret: &str) -> Result<String, JobError> {
    let placeholder = secrets::placeholder(secret)?;
    answer(http::get(url).query([("key", placeholder.as_str())]))
}

/// The encoding hides the placeholder from a host that looks for it as it stands.
pub(super) fn send_secret_as_password(url: &str, secret: &str) -> Result<String, JobError> {
    let credentials = base64(format!("user:{}", secrets::placeholder(secret)?).as_bytes());
    answer(http::get(url).header("authorization", format!("Basic {credentials}")))
}

pub(super) fn send_body(url: &str, bytes: Option<u64>) -> Result<String, JobError> {
    let bytes = usize::try_from(bytes.unwrap_or(u64::from(u32::MAX))).unwrap_or(usize::MAX);
    answer(http::post(url).body(vec![b'x'; bytes]))
}

/// Gives the number of answers.
pub(super) fn get_many(url: &str, count: Option<u64>) -> Result<u64, JobError> {
    let mut answers = 0;
    while count.is_none_or(|count| answers < count) {
        http::get(url).send()?;
        answers += 1;
    }
    Ok(answers)
}

fn answer(request: http::Request) -> Result<String, JobError> {
    let response = request.send()?;
    Ok(format!("{} {}", response.status(), response.text()))
}

#[cfg(test)]
mod tests {
    use fermata_sdk::testing::{Answer, Host};
    use serde_json::json;

    use crate::attack;

    #[test]
    fn redirects_are_followed() {
        let run = Host::new()
            .http(
                "GET",
                "https://granted.example/",
                Answer::status(302).header("location", "http://10.0.0.1/"),
            )
            .http("GET", "http://10.0.0.1/", Answer::text(200, "private"))
            .run(attack, json!({ "attack": "redirect", "url": "https://granted.example/" }));
        assert_eq!(run.completed(), &json!({ "attack": "redirect", "proof": "200 private" }));
    }

    #[test]
    fn a_header_with_a_line_break_is_refused() {
        let run = Host::new()
            .run(attack, json!({ "attack": "header-injection", "url": "https://granted.example/" }));
        assert!(run.failure().message.contains("x-harmless"), "{:?}", run.result);
    }
}
