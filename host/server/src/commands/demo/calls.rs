//! The calls that only the demo makes: it plays a worker, and reads histories.

use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use types::Timestamp;

use super::history::Event;
use crate::client::{Client, Error};

/// A job in the hands of the caller.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ActivatedJob {
    /// Its key.
    pub(super) job_key: String,
    /// The instance that waits for it.
    pub(super) process_instance_key: String,
}

/// What one command did to an instance.
#[derive(Debug, Deserialize)]
pub(super) struct HistoryEntry {
    /// Grows from page to page; entries of one batch share it.
    pub(super) position: i64,
    /// When.
    #[serde(deserialize_with = "api::time::deserialize")]
    pub(super) at: Timestamp,
    /// What happened.
    pub(super) events: Vec<Event>,
}

#[derive(Deserialize)]
struct Activation {
    jobs: Vec<ActivatedJob>,
}

#[derive(Deserialize)]
struct HistoryPage {
    items: Vec<HistoryEntry>,
}

impl Client {
    /// Takes jobs of a type for `hold`. Waits up to `wait` for the first one.
    pub(super) async fn activate_jobs(
        &self,
        job_type: &str,
        worker: &str,
        hold: Duration,
        wait: Duration,
    ) -> Result<Vec<ActivatedJob>, Error> {
        let body = json!({
            "type": job_type,
            "worker": worker,
            "timeout": millis(hold),
            "requestTimeout": millis(wait),
            "maxJobsToActivate": 10,
            "fetchVariable": [],
        });
        let request = self.request(Method::POST, &["v2", "jobs", "activation"])?.json(&body);
        Ok(self.read::<Activation>(request).await?.jobs)
    }

    /// Completes a job.
    pub(super) async fn complete_job(&self, key: &str, variables: &Value) -> Result<(), Error> {
        let body = json!({ "variables": variables });
        self.send(self.request(Method::POST, &["v2", "jobs", key, "completion"])?.json(&body)).await?;
        Ok(())
    }

    /// The next page of an instance's history.
    pub(super) async fn history(&self, key: &str, after: Option<i64>) -> Result<Vec<HistoryEntry>, Error> {
        let mut request =
            self.request(Method::GET, &["fermata", "v1", "process-instances", key, "history"])?;
        if let Some(after) = after {
            request = request.query(&[("after", after)]);
        }
        Ok(self.read::<HistoryPage>(request).await?.items)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
