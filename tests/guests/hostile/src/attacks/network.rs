//! Attacks on the way out. The proof of each is the answer that came back.

use fermata_sdk::{JobError, http, secrets};

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
