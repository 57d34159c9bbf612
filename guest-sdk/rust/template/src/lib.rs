//! Looks a customer up and has the customer checked.
//!
//! What is asked for is in [`Input`], what comes back in [`Checked`]; `service` has the calls in between.

mod service;

use fermata_sdk::{Failure, Job, JobError, checkpoint, log, worker};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use service::Service;
pub use service::Customer;

/// The least score that is approved.
const SCORE_MIN: i64 = 600;

/// The variables that the worker reads. Others are skipped.
#[derive(Deserialize)]
pub struct Input {
    customer: Option<Value>,
}

/// The variables that it returns.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    customer_name: String,
    check_id: String,
    approved: bool,
}

worker!(check);

/// Does one job.
pub fn check(job: Job<Input>) -> Result<Checked, JobError> {
    let id = job.variables.customer()?;
    let service = Service::from_settings()?;
    // An earlier attempt may have come this far: what it has found is not asked for again.
    let customer = match checkpoint::get::<Customer>()? {
        Some(customer) => customer,
        None => {
            let customer = service.customer(id)?;
            checkpoint::put(&customer)?;
            customer
        }
    };
    let check_id = service.check(id, &customer, &job.idempotency_key)?;
    log::info!("customer checked"; customer = id, score = customer.score);
    Ok(Checked { approved: customer.score >= SCORE_MIN, customer_name: customer.name, check_id })
}

impl Input {
    /// The customer's id. Without one every attempt would fail, so that no retries are left.
    fn customer(&self) -> Result<&str, Failure> {
        match &self.customer {
            Some(Value::String(customer)) => Ok(customer),
            Some(_) => Err(Failure::new("variable `customer` is not a text").retries(0)),
            None => Err(Failure::new("variable `customer` is missing").retries(0)),
        }
    }
}
