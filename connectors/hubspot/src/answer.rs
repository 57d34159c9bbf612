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
#[serde(rename_all = "camelCase")]
struct Refusal {
    message: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    sub_category: Option<String>,
}

impl Refusal {
    /// Whether somebody else is changing the contact at this moment. Other conflicts, such as another contact
    /// with the same unique property, stay until somebody resolves them.
    fn is_lock(&self) -> bool {
        let categories = [self.category.as_str(), self.sub_category.as_deref().unwrap_or_default()];
        let words = categories.into_iter().flat_map(|category| category.split(['.', '_', ' ']));
        words
            .map(str::to_ascii_uppercase)
            .any(|word| matches!(word.as_str(), "LOCK" | "LOCKED" | "CONCURRENT" | "CONCURRENCY"))
    }
}

/// Maps an answer.
pub(crate) fn read(response: &Response) -> Result<Upserted, Failure> {
    let refusal = || response.json::<Refusal>();
    let reason = || refusal().map_or_else(|_| "it gives no reason".to_owned(), |refusal| refusal.message);
    let is_lock = || refusal().is_ok_and(|refusal| refusal.is_lock());
    match response.status() {
        200 | 201 | 207 => read_batch(response),
        401 => Err(response.failure(format!("HubSpot does not accept the access token: {}", reason()))),
        403 => Err(response.failure(format!("HubSpot's access token may not write contacts: {}", reason()))),
        status if status == 423 || status == 409 && is_lock() => {
            let message = format!("HubSpot is changing this contact elsewhere: {}", reason());
            Err(later(response, LOCKED_WAIT, &message))
        }
        409 => Err(response.failure(format!("HubSpot sees a conflict with this contact: {}", reason()))),
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
