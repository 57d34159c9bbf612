//! The connector `io.camunda:sendgrid:1`: one e-mail by SendGrid's API v3.

mod answer;
mod mail;

use fermata_sdk::{Job, JobError, config, http};

pub use answer::Accepted;
pub use mail::{Address, Attachment, Content, Mail, Template};

fermata_sdk::worker!(send);

const BASE_URL: &str = "https://api.sendgrid.com";

/// Hands one e-mail in.
pub fn send(job: Job<Mail>) -> Result<Accepted, JobError> {
    let body = job.variables.to_request()?;
    let base_url = config::get_or("base-url", BASE_URL)?;
    let response = http::post(format!("{}/v3/mail/send", base_url.trim_end_matches('/')))
        .bearer(&job.variables.api_key)
        .json(&body)
        .send()?;
    Ok(answer::read(&response)?)
}
