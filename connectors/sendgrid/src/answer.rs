//! What SendGrid answers.

use fermata_sdk::Failure;
use fermata_sdk::http::Response;
use serde::{Deserialize, Serialize};

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
        429 => Err(response.failure("SendGrid asks to slow down")),
        status if response.is_transient() => {
            Err(response.failure(format!("SendGrid is out of order, status {status}: {}", reasons())))
        }
        status => Err(response.failure(format!("SendGrid refuses the mail, status {status}: {}", reasons()))),
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
