//! The customer service: what is asked, and what its answers mean for the process.

use fermata_sdk::http::{self, Response};
use fermata_sdk::{BpmnError, Failure, JobError, config, secrets};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The secret that authorises calls. The worker sees a placeholder; the host puts the value in on the way out.
const API_KEY: &str = "CUSTOMER_API_KEY";

/// A customer as the service knows it, and as the checkpoint keeps it.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
pub struct Customer {
    /// The full name.
    pub name: String,
    /// How good the customer pays.
    #[serde(deserialize_with = "fermata_sdk::whole_number")]
    pub score: i64,
}

/// What the service answers to a new check.
#[derive(Deserialize)]
struct Check {
    id: String,
}

/// The service, where the operator says it is.
pub(crate) struct Service {
    base_url: String,
    api_key: String,
}

impl Service {
    pub(crate) fn from_settings() -> Result<Self, Failure> {
        let Some(base_url) = config::get("base-url")? else {
            return Err(Failure::new("setting `base-url` is missing").retries(0));
        };
        let base_url = base_url.trim_end_matches('/').to_owned();
        Ok(Self { base_url, api_key: secrets::placeholder(API_KEY)? })
    }

    /// The customer of this id. That there is none is the business of the process: a boundary event may catch it.
    pub(crate) fn customer(&self, id: &str) -> Result<Customer, JobError> {
        let url = format!("{}/customers/{}", self.base_url, http::encode_component(id));
        let response = http::get(url).bearer(&self.api_key).send()?;
        match response.status() {
            200 => response.json().map_err(|_| unexpected("the customer service", "a customer").into()),
            404 => {
                let error = BpmnError::new("CUSTOMER_NOT_FOUND", format!("there is no customer {id}"));
                Err(error.variable("customer", id).into())
            }
            _ => Err(refused("the customer service", &response).into()),
        }
    }

    /// Begins a check and gives its id. The service knows a repeated call by its key.
    pub(crate) fn check(&self, id: &str, customer: &Customer, idempotency_key: &str) -> Result<String, JobError> {
        let response = http::post(format!("{}/checks", self.base_url))
            .bearer(&self.api_key)
            .idempotency_key(idempotency_key)
            .json(&json!({ "customer": id, "score": customer.score }))
            .send()?;
        if response.status() != 201 {
            return Err(refused("the check service", &response).into());
        }
        let check: Check = response.json().map_err(|_| unexpected("the check service", "a check"))?;
        Ok(check.id)
    }
}

/// A failure that is tried again, after the time that the service asks for.
fn refused(service: &str, response: &Response) -> Failure {
    let status = response.status();
    let failure = Failure::new(format!("{service} answered {status}")).code(format!("HTTP_{status}"));
    match response.retry_after() {
        Some(wait) => failure.retry_after(wait),
        None => failure,
    }
}

/// A failure that no retry helps.
fn unexpected(service: &str, expected: &str) -> Failure {
    Failure::new(format!("{service} answered something else than {expected}")).retries(0)
}
