//! Process instances, their jobs and incidents.

use std::time::Duration;

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ANSWER_WITHIN, Client, Error, Items};

/// An instance to start.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Start {
    /// The process's id in the model.
    pub(crate) process_definition_id: String,
    /// Which version; the latest without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) process_definition_version: Option<u32>,
    /// Variables of the process scope, as their author wrote them.
    pub(crate) variables: Box<serde_json::value::RawValue>,
    /// Whether to wait for the end.
    pub(crate) await_completion: bool,
    /// How long to wait for it, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) request_timeout: Option<u64>,
}

/// A page of attempts at jobs.
#[derive(Debug, Deserialize)]
struct AttemptsPage {
    items: Vec<Value>,
    next: Option<String>,
}

impl Client {
    /// Starts an instance.
    pub(crate) async fn start(&self, start: &Start) -> Result<Value, Error> {
        let answer = self.start_as_text(start).await?;
        serde_json::from_str(&answer).map_err(|error| self.unexpected(error))
    }

    /// Starts an instance; gives the answer's own text, where numbers keep all their digits.
    pub(crate) async fn start_as_text(&self, start: &Start) -> Result<String, Error> {
        let mut request = self.request(Method::POST, &["v2", "process-instances"])?.json(start);
        if start.await_completion {
            let waited = start.request_timeout.map_or(ANSWER_WITHIN, Duration::from_millis);
            request = request.timeout(waited.saturating_add(ANSWER_WITHIN));
        }
        self.send(request).await?.text().await.map_err(Error::Broken)
    }

    /// Ends an instance and all it is doing.
    pub(crate) async fn cancel(&self, instance: &str) -> Result<(), Error> {
        self.send(self.request(Method::POST, &["v2", "process-instances", instance, "cancellation"])?)
            .await?;
        Ok(())
    }

    /// One incident.
    pub(crate) async fn incident(&self, key: &str) -> Result<Value, Error> {
        self.read(self.request(Method::GET, &["v2", "incidents", key])?).await
    }

    /// Tries again what an incident has stopped.
    pub(crate) async fn resolve_incident(&self, key: &str) -> Result<(), Error> {
        self.send(self.request(Method::POST, &["v2", "incidents", key, "resolution"])?).await?;
        Ok(())
    }

    /// Gives a job retries.
    pub(crate) async fn set_retries(&self, job: &str, retries: u32) -> Result<(), Error> {
        let body = json!({ "changeset": { "retries": retries } });
        self.send(self.request(Method::PATCH, &["v2", "jobs", job])?.json(&body)).await?;
        Ok(())
    }

    /// The attempts that are kept of one of `jobs` or of `process-instances`, oldest first.
    pub(crate) async fn attempts(&self, of: &str, key: &str) -> Result<Vec<Value>, Error> {
        let (mut attempts, mut after) = (Vec::new(), None::<String>);
        loop {
            let request = self.request(Method::GET, &["fermata", "v1", of, key, "attempts"])?;
            let page: AttemptsPage = self.read(request.query(&[("after", &after)])).await?;
            attempts.extend(page.items);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(attempts),
            }
        }
    }

    /// How the open jobs of an instance stand, the first of them. A host of an earlier release tells of none.
    pub(crate) async fn open_jobs(&self, instance: &str) -> Result<Vec<Value>, Error> {
        let request = self.request(Method::GET, &["fermata", "v1", "process-instances", instance, "jobs"])?;
        match self.read::<Items<Value>>(request).await {
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            jobs => Ok(jobs?.items),
        }
    }

    /// How a job stands; nothing of one that is done.
    pub(crate) async fn open_job(&self, key: &str) -> Result<Option<Value>, Error> {
        match self.read(self.request(Method::GET, &["fermata", "v1", "jobs", key])?).await {
            Err(error) if error.is_not_found() => Ok(None),
            job => Ok(Some(job?)),
        }
    }
}
