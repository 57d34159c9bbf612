//! The connector `io.fermata:hubspot:1`: a contact of HubSpot's CRM, created or updated by its e-mail address.
//!
//! The upsert makes a repeated call harmless: a retry after a lost answer finds the contact that it has created.

mod answer;
mod contact;

use fermata_sdk::{Job, JobError, config, http};

pub use answer::Upserted;
pub use contact::Contact;

fermata_sdk::worker!(upsert);

const BASE_URL: &str = "https://api.hubapi.com";

/// Creates or updates one contact.
pub fn upsert(job: Job<Contact>) -> Result<Upserted, JobError> {
    let body = job.variables.to_request()?;
    let base_url = config::get_or("base-url", BASE_URL)?;
    let response =
        http::post(format!("{}/crm/v3/objects/contacts/batch/upsert", base_url.trim_end_matches('/')))
            .bearer(&job.variables.api_key)
            .json(&body)
            .send()?;
    Ok(answer::read(&response)?)
}
