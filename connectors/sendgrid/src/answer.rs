//! What SendGrid answers.

use std::time::Duration;

use fermata_sdk::http::Response;
use fermata_sdk::{Failure, time};
use serde::{Deserialize, Serialize};

/// The least time to wait for the limit to begin anew: clocks differ.
const RATE_LIMIT_WAIT_MIN: Duration = Duration::from_secs(1);

/// The most: SendGrid's limits are those of a minute.
const RATE_LIMIT_WAIT_MAX: Duration = Duration::from_secs(10 * 60);

/// SendGrid has taken the mail and will deliver it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Accepted {
    /// Always 202.
    pub status: u16,
    /// SendGrid's id of the mail.
    pub message_id: Option<String>,
}

/// The body of every refusal.
#[derive(Deserialize)]
struct Refusal {
    errors: Vec<RefusalError>,
}

#[derive(Deserialize)]
struct RefusalError {
    message: String,
    field: Option<String>,
}

/// Maps an answer. Only 202 means that the mail was taken.
pub(crate) fn read(response: &Response) -> Result<Accepted, Failure> {
    let reasons = || reasons(response);
    match response.status() {
        202 => Ok(Accepted { status: 202, message_id: response.header("x-message-id").map(str::to_owned) }),
        401 | 403 => Err(response.failure(format!(
            "SendGrid does not accept the API key, or the key may not send mail: {}",
            reasons()
        ))),
        429 => Err(slow_down(response)),
        status if response.is_transient() => {
            Err(response.failure(format!("SendGrid is out of order, status {status}: {}", reasons())))
        }
        status => Err(response.failure(format!("SendGrid refuses the mail, status {status}: {}", reasons()))),
    }
}

/// SendGrid says when its limit begins anew: at a time in seconds since 1970.
fn slow_down(response: &Response) -> Failure {
    let failure = response.failure("SendGrid asks to slow down");
    let reset = response.header("x-ratelimit-reset").and_then(|time| time.trim().parse().ok());
    match reset {
        Some(reset) if failure.retry_after.is_none() => {
            let wait = Duration::from_secs(reset).saturating_sub(time::unix());
            failure.retry_after(wait.clamp(RATE_LIMIT_WAIT_MIN, RATE_LIMIT_WAIT_MAX))
        }
        _ => failure,
    }
}

/// What the body says, in one line.
fn reasons(response: &Response) -> String {
    let Ok(refusal) = response.json::<Refusal>() else {
        return "it gives no reason".to_owned();
    };
    let reasons: Vec<String> = refusal
        .errors
        .into_iter()
        .map(|error| match error.field {
            Some(field) => format!("{field}: {}", error.message),
            None => error.message,
        })
        .collect();
    reasons.join("; ")
}
