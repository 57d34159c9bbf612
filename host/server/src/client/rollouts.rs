//! Roll-outs.

use api::{RolloutChangeView, RolloutView};
use reqwest::header::IF_MATCH;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::{Client, Error, Items};

impl Client {
    /// All roll-outs.
    pub(crate) async fn rollouts(&self) -> Result<Vec<RolloutView>, Error> {
        let request = self.request(Method::GET, &["fermata", "v1", "rollouts"])?;
        Ok(self.read::<Items<RolloutView>>(request).await?.items)
    }

    /// The roll-out of a job type.
    pub(crate) async fn rollout(&self, job_type: &str) -> Result<RolloutView, Error> {
        self.read(self.request(Method::GET, &["fermata", "v1", "rollouts", job_type])?).await
    }

    /// Replaces a roll-out; with a revision only if it is still that one.
    pub(crate) async fn put_rollout(
        &self,
        job_type: &str,
        plan: &Value,
        expected: Option<i64>,
    ) -> Result<RolloutView, Error> {
        let request = self.request(Method::PUT, &["fermata", "v1", "rollouts", job_type])?.json(plan);
        self.read(if_revision(request, expected)).await
    }

    /// Removes a roll-out; with a revision only if it is still that one.
    pub(crate) async fn delete_rollout(
        &self,
        job_type: &str,
        reason: &str,
        expected: Option<i64>,
    ) -> Result<(), Error> {
        let request = self.request(Method::DELETE, &["fermata", "v1", "rollouts", job_type])?;
        self.send(if_revision(request.query(&[("reason", reason)]), expected)).await?;
        Ok(())
    }

    /// Goes back to an earlier version; with an expected revision only if the roll-out is still that one.
    pub(crate) async fn roll_back(
        &self,
        job_type: &str,
        to: Option<i64>,
        reason: &str,
        expected: Option<i64>,
    ) -> Result<RolloutView, Error> {
        let request = self.request(Method::POST, &["fermata", "v1", "rollouts", job_type, "rollback"])?;
        self.read(if_revision(request.json(&json!({ "to": to, "reason": reason })), expected)).await
    }

    /// The last changes of a roll-out, from before a revision.
    pub(crate) async fn rollout_history(
        &self,
        job_type: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<RolloutChangeView>, Error> {
        self.changes(&["fermata", "v1", "rollouts", job_type, "history"], before, limit).await
    }
}

/// Makes a request count only while a roll-out has this revision.
fn if_revision(request: RequestBuilder, revision: Option<i64>) -> RequestBuilder {
    match revision {
        Some(revision) => request.header(IF_MATCH, format!("\"{revision}\"")),
        None => request,
    }
}
