//! The connector `io.fermata:stripe:1`: charges and refunds by Stripe's API.
//!
//! Every attempt of a job sends the same idempotency key. For at least a day Stripe answers a repeated call as it did
//! the first time, so that a retry after a lost answer charges nobody twice. Later it may take the key for a new one:
//! the first attempt notes its time, and a call that comes too late is not sent.

mod answer;
mod first_attempt;
mod operation;

use fermata_sdk::{Job, JobError, config, http};
use serde_json::{Map, Value};

pub use operation::{Charge, Input, Operation, Refund};

fermata_sdk::worker!(pay);

const BASE_URL: &str = "https://api.stripe.com";

/// The version of Stripe's API that the answers are read by.
const API_VERSION: &str = "2024-06-20";

/// Does one operation and returns Stripe's object under the names that the README lists.
pub fn pay(job: Job<Input>) -> Result<Map<String, Value>, JobError> {
    let operation = &job.variables.operation;
    let form = operation.to_form(&job.key)?;
    let base_url = config::get_or("base-url", BASE_URL)?;
    first_attempt::check()?;
    let response = http::post(format!("{}{}", base_url.trim_end_matches('/'), operation.path()))
        .bearer(&job.variables.api_key)
        .header("stripe-version", API_VERSION)
        .idempotency_key(&job.idempotency_key)
        .form(form)
        .send()?;
    match operation {
        Operation::Charge(_) => answer::read_charge(&response),
        Operation::Refund(_) => answer::read_refund(&response),
    }
}
