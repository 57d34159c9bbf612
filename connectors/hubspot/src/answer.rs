//! What HubSpot answers.

use std::time::Duration;

use fermata_sdk::Failure;
use fermata_sdk::http::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How long to wait when HubSpot says that the contact is being changed by somebody else.
const LOCKED_WAIT: Duration = Duration::from_secs(2);

/// How long to wait for the ten-second limit of requests when HubSpot does not say.
const RATE_LIMIT_WAIT: Duration = Duration::from_secs(10);

/// The contact is as the model wants it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Upserted {
    /// HubSpot's id of the contact.
    pub contact_id: String,
    /// Whether it is a new one.
    pub created: bool,
    /// Its properties as HubSpot tells them.
    pub properties: Map<String, Value>,
}

/// The body of 200, 201 and 207.
#[derive(Deserialize)]
struct Batch {
    #[serde(default)]
    results: Vec<Entry>,
    #[serde(default)]
    errors: Vec<Refusal>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    #[serde(default)]
    properties: Map<String, Value>,
    #[serde(default)]
    new: bool,
}

/// The body of a refusal, or one error of a batch.
#[derive(Deserialize)]
struct Refusal {
    message: String,
}

/// Maps an answer.
pub(crate) fn read(response: &Response) -> Result<Upserted, Failure> {
    let reason = || match response.json::<Refusal>() {
        Ok(refusal) => refusal.message,
        Err(_) => "it gives no reason".to_owned(),
    };
    match response.status() {
        200 | 201 | 207 => read_batch(response),
        401 => Err(response.failure(format!("HubSpot does not accept the access token: {}", reason()))),
        403 => Err(response.failure(format!("HubSpot's access token may not write contacts: {}", reason()))),
        409 | 423 => Err(later(response, LOCKED_WAIT, "HubSpot is changing this contact elsewhere")),
        429 => Err(later(response, RATE_LIMIT_WAIT, "HubSpot asks to slow down")),
        // HubSpot's own code for an account that is being moved.
        477 => Err(later(response, RATE_LIMIT_WAIT, "HubSpot is moving this account to another data centre")),
        status if response.is_transient() => {
            Err(response.failure(format!("HubSpot is out of order, status {status}: {}", reason())))
        }
        status => {
            Err(response.failure(format!("HubSpot refuses the contact, status {status}: {}", reason())))
        }
    }
}

fn read_batch(response: &Response) -> Result<Upserted, Failure> {
    let batch: Batch = response.json()?;
    if let Some(error) = batch.errors.first() {
        return Err(Failure::new(format!("HubSpot refuses the contact: {}", error.message)).retries(0));
    }
    let Some(contact) = batch.results.into_iter().next() else {
        return Err(Failure::new("HubSpot answered without the contact"));
    };
    Ok(Upserted { contact_id: contact.id, created: contact.new, properties: contact.properties })
}

/// A failure that is retried after the time that HubSpot asks for, or else after ours.
fn later(response: &Response, wait: Duration, message: &str) -> Failure {
    Failure::new(message).retry_after(response.retry_after().unwrap_or(wait))
}
