//! Typed calls to a host.

use std::net::IpAddr;
use std::time::Duration;

use api::{
    ComponentView, RestorationView, Resumption, RolloutChangeView, RolloutView, SIGNATURE_HEADER, SecretView,
    Uploaded,
};
use futures_util::{Stream, TryStreamExt as _};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderValue, IF_MATCH};
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Method, RequestBuilder, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use types::Timestamp;

/// How long to wait for a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// How long to wait for an answer that takes no work.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// How long an upload may take: a large component compiles for a while.
const UPLOAD_WITHIN: Duration = Duration::from_secs(600);

/// How long an export may take.
const EXPORT_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a backup may take. The host gives up one that nobody takes.
const BACKUP_WITHIN: Duration = Duration::from_secs(7 * 24 * 3_600);

/// Talks to a host.
pub(crate) struct Client {
    http: reqwest::Client,
    url: Url,
}

/// Why a host did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Nothing answers there.
    #[error(
        "no host answers at {url} ({reason}): start one with `fermata serve`, or name another with --url"
    )]
    NoHost {
        /// The address.
        url: Url,
        /// What the system says.
        reason: String,
    },
    /// The host refuses; it says why.
    #[error("{0}")]
    Refused(Problem),
    /// The connection broke, or the answer did not come in time.
    #[error("the host did not answer")]
    Broken(#[source] reqwest::Error),
    /// What answers is no host, or one of another release.
    #[error("{url} does not answer as a fermata host does")]
    Unexpected {
        /// The address.
        url: Url,
        /// What is wrong with the answer.
        #[source]
        source: anyhow::Error,
    },
}

/// A host's refusal: RFC 9457.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Problem {
    title: String,
    detail: String,
    status: u16,
    /// The instance that was started before the request failed.
    #[serde(rename = "processInstanceKey")]
    process_instance_key: Option<String>,
}

impl Error {
    /// The instance that goes on although its end was not seen.
    pub(crate) fn instance_that_goes_on(&self) -> Option<&str> {
        match self {
            Self::Refused(problem) if problem.status == StatusCode::GATEWAY_TIMEOUT => {
                problem.process_instance_key.as_deref()
            }
            _ => None,
        }
    }

    /// Whether what was sent differs from what is there under the same name.
    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self, Self::Refused(problem) if problem.status == StatusCode::CONFLICT)
    }

    /// Whether the host knows nothing of what was asked for.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused(problem) if problem.status == StatusCode::NOT_FOUND)
    }

    /// Whether somebody else has changed what this caller has read before.
    pub(crate) fn is_outdated(&self) -> bool {
        matches!(self, Self::Refused(problem) if problem.status == StatusCode::PRECONDITION_FAILED)
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.detail.as_str(), self.title.as_str()) {
            ("", "") => write!(f, "the host answers with status {}", self.status),
            ("", title) => f.write_str(title),
            (detail, _) => f.write_str(detail),
        }
    }
}

/// A page of a list.
#[derive(Debug, Deserialize)]
struct Items<T> {
    items: Vec<T>,
}

/// A page of attempts at jobs.
#[derive(Debug, Deserialize)]
struct AttemptsPage {
    items: Vec<Value>,
    next: Option<String>,
}

/// What was deployed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Deployment {
    /// Its key.
    pub(crate) deployment_key: String,
    /// What is in it.
    pub(crate) deployments: Vec<Deployed>,
}

/// One thing of a deployment.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Deployed {
    /// A process, when it is one.
    pub(crate) process_definition: Option<ProcessDefinition>,
    /// A decision, when it is one.
    pub(crate) decision_definition: Option<DecisionDefinition>,
    /// A file with decisions, when it is one, as the host tells it.
    pub(crate) decision_requirements: Option<Value>,
    /// A form, when it is one.
    pub(crate) form: Option<DeployedForm>,
    /// A file that is neither a model nor a form, when it is one.
    pub(crate) resource: Option<DeployedFile>,
}

/// A version of a form.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeployedForm {
    /// The form's id.
    pub(crate) form_id: String,
    /// From 1.
    pub(crate) version: u32,
    /// The file that holds it.
    pub(crate) resource_name: String,
    /// Its key.
    pub(crate) form_key: String,
}

/// A version of a file that is neither a model nor a form.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeployedFile {
    /// Its name.
    pub(crate) resource_id: String,
    /// From 1.
    pub(crate) version: u32,
    /// Its key.
    pub(crate) resource_key: String,
}

/// A version of a decision.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DecisionDefinition {
    /// The decision's id in the model.
    pub(crate) decision_definition_id: String,
    /// From 1.
    pub(crate) version: u32,
    /// Its key.
    pub(crate) decision_definition_key: String,
    /// The file that holds it.
    pub(crate) decision_requirements_key: String,
}

/// A version of a process.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProcessDefinition {
    /// The process's id in the model.
    pub(crate) process_definition_id: String,
    /// From 1.
    pub(crate) process_definition_version: u32,
    /// Its key.
    pub(crate) process_definition_key: String,
    /// The file.
    pub(crate) resource_name: String,
}

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

impl Client {
    /// A client for the host at `url`.
    pub(crate) fn new(url: Url) -> anyhow::Result<Self> {
        // An error means that there is a provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder().connect_timeout(CONNECT_WITHIN).timeout(ANSWER_WITHIN);
        if is_loopback(&url) {
            // A proxy is another machine, on which this address means another host.
            http = http.no_proxy();
        }
        Ok(Self { http: http.build()?, url })
    }

    /// Deploys files, all of them or none.
    pub(crate) async fn deploy(&self, files: Vec<(String, Vec<u8>)>) -> Result<Deployment, Error> {
        let mut form = Form::new();
        for (name, content) in files {
            form = form.part("resources", Part::bytes(content).file_name(name));
        }
        self.read(self.request(Method::POST, &["v2", "deployments"]).multipart(form)).await
    }

    /// Starts an instance.
    pub(crate) async fn start(&self, start: &Start) -> Result<Value, Error> {
        let answer = self.start_as_text(start).await?;
        serde_json::from_str(&answer).map_err(|error| self.unexpected(error))
    }

    /// Starts an instance; gives the answer's own text, where numbers keep all their digits.
    pub(crate) async fn start_as_text(&self, start: &Start) -> Result<String, Error> {
        let mut request = self.request(Method::POST, &["v2", "process-instances"]).json(start);
        if start.await_completion {
            let waited = start.request_timeout.map_or(ANSWER_WITHIN, Duration::from_millis);
            request = request.timeout(waited.saturating_add(ANSWER_WITHIN));
        }
        self.send(request).await?.text().await.map_err(Error::Broken)
    }

    /// The first items of a search.
    pub(crate) async fn search(
        &self,
        resource: &str,
        filter: Value,
        sort: Value,
        limit: u32,
    ) -> Result<Vec<Value>, Error> {
        let body = json!({ "filter": filter, "sort": sort, "page": { "limit": limit } });
        let request = self.request(Method::POST, &["v2", resource, "search"]).json(&body);
        Ok(self.read::<Items<Value>>(request).await?.items)
    }

    /// Uploads a component; `content` has `bytes` bytes.
    pub(crate) async fn upload(
        &self,
        content: Body,
        bytes: usize,
        signature: Option<String>,
    ) -> Result<Uploaded, Error> {
        let mut request = self
            .request(Method::POST, &["fermata", "v1", "components"])
            .header(CONTENT_TYPE, "application/wasm")
            .header(CONTENT_LENGTH, bytes)
            .timeout(UPLOAD_WITHIN)
            .body(content);
        if let Some(signature) = signature {
            request = request.header(SIGNATURE_HEADER, signature);
        }
        self.read(request).await
    }

    /// All components, those uploaded last first.
    pub(crate) async fn components(&self) -> Result<Vec<ComponentView>, Error> {
        let request = self.request(Method::GET, &["fermata", "v1", "components"]);
        Ok(self.read::<Items<ComponentView>>(request).await?.items)
    }

    /// Removes a version of a component.
    pub(crate) async fn delete_component(&self, name: &str, version: &str) -> Result<(), Error> {
        self.send(self.request(Method::DELETE, &["fermata", "v1", "components", name, version])).await?;
        Ok(())
    }

    /// What a component is granted, and the tag by which [`put_grant`](Self::put_grant) knows it again.
    pub(crate) async fn grant(&self, component: &str) -> Result<(Value, Option<HeaderValue>), Error> {
        let request = self.request(Method::GET, &["fermata", "v1", "grants", component]);
        let response = self.send(request).await?;
        let tag = response.headers().get(ETAG).cloned();
        Ok((self.parsed(response).await?, tag))
    }

    /// Replaces what a component is granted; with a tag only if it is still what it was.
    pub(crate) async fn put_grant(
        &self,
        component: &str,
        grant: &Value,
        expected: Option<HeaderValue>,
    ) -> Result<(), Error> {
        let mut request = self.request(Method::PUT, &["fermata", "v1", "grants", component]).json(grant);
        if let Some(tag) = expected {
            request = request.header(IF_MATCH, tag);
        }
        self.send(request).await?;
        Ok(())
    }

    /// All roll-outs.
    pub(crate) async fn rollouts(&self) -> Result<Vec<RolloutView>, Error> {
        let request = self.request(Method::GET, &["fermata", "v1", "rollouts"]);
        Ok(self.read::<Items<RolloutView>>(request).await?.items)
    }

    /// The roll-out of a job type.
    pub(crate) async fn rollout(&self, job_type: &str) -> Result<RolloutView, Error> {
        self.read(self.request(Method::GET, &["fermata", "v1", "rollouts", job_type])).await
    }

    /// Replaces a roll-out.
    pub(crate) async fn put_rollout(&self, job_type: &str, plan: &Value) -> Result<RolloutView, Error> {
        self.read(self.request(Method::PUT, &["fermata", "v1", "rollouts", job_type]).json(plan)).await
    }

    /// Removes a roll-out.
    pub(crate) async fn delete_rollout(&self, job_type: &str, reason: &str) -> Result<(), Error> {
        let request = self.request(Method::DELETE, &["fermata", "v1", "rollouts", job_type]);
        self.send(request.query(&[("reason", reason)])).await?;
        Ok(())
    }

    /// Goes back to an earlier version.
    pub(crate) async fn roll_back(
        &self,
        job_type: &str,
        to: Option<i64>,
        reason: &str,
    ) -> Result<RolloutView, Error> {
        let request = self.request(Method::POST, &["fermata", "v1", "rollouts", job_type, "rollback"]);
        self.read(request.json(&json!({ "to": to, "reason": reason }))).await
    }

    /// The last changes of a roll-out, from before a revision.
    pub(crate) async fn rollout_history(
        &self,
        job_type: &str,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<RolloutChangeView>, Error> {
        let request = self.request(Method::GET, &["fermata", "v1", "rollouts", job_type, "history"]);
        let mut request = request.query(&[("limit", limit)]);
        if let Some(before) = before {
            request = request.query(&[("before", before)]);
        }
        Ok(self.read::<Items<RolloutChangeView>>(request).await?.items)
    }

    /// One incident.
    pub(crate) async fn incident(&self, key: &str) -> Result<Value, Error> {
        self.read(self.request(Method::GET, &["v2", "incidents", key])).await
    }

    /// Tries again what an incident has stopped.
    pub(crate) async fn resolve_incident(&self, key: &str) -> Result<(), Error> {
        self.send(self.request(Method::POST, &["v2", "incidents", key, "resolution"])).await?;
        Ok(())
    }

    /// Gives a job retries.
    pub(crate) async fn set_retries(&self, job: &str, retries: u32) -> Result<(), Error> {
        let body = json!({ "changeset": { "retries": retries } });
        self.send(self.request(Method::PATCH, &["v2", "jobs", job]).json(&body)).await?;
        Ok(())
    }

    /// The attempts that are kept of one of `jobs` or of `process-instances`, oldest first.
    pub(crate) async fn attempts(&self, of: &str, key: &str) -> Result<Vec<Value>, Error> {
        let (mut attempts, mut after) = (Vec::new(), None::<String>);
        loop {
            let request = self.request(Method::GET, &["fermata", "v1", of, key, "attempts"]);
            let page: AttemptsPage = self.read(request.query(&[("after", &after)])).await?;
            attempts.extend(page.items);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(attempts),
            }
        }
    }

    /// Ends an instance and all it is doing.
    pub(crate) async fn cancel(&self, instance: &str) -> Result<(), Error> {
        self.send(self.request(Method::POST, &["v2", "process-instances", instance, "cancellation"])).await?;
        Ok(())
    }

    /// Asks the host to do something that has no answer.
    pub(crate) async fn post(&self, path: &[&str], body: &impl Serialize) -> Result<(), Error> {
        self.send(self.request(Method::POST, path).json(body)).await?;
        Ok(())
    }

    /// Asks the host to do something, and gives its answer.
    pub(crate) async fn post_for<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<T, Error> {
        self.read(self.request(Method::POST, path).json(body)).await
    }

    /// The history of finished instances as NDJSON, as it comes.
    pub(crate) async fn export(
        &self,
        process: Option<&str>,
        ended_before: Option<&str>,
    ) -> Result<Response, Error> {
        let wanted = [("processDefinitionId", process), ("endedBefore", ended_before)];
        let wanted: Vec<_> =
            wanted.iter().filter_map(|(name, value)| value.map(|value| (*name, value))).collect();
        let request = self.request(Method::GET, &["fermata", "v1", "history"]).query(&wanted);
        self.send(request.timeout(EXPORT_WITHIN)).await
    }

    /// All secrets, without their values.
    pub(crate) async fn secrets(&self) -> Result<Vec<SecretView>, Error> {
        let request = self.request(Method::GET, &["fermata", "v1", "secrets"]);
        Ok(self.read::<Items<SecretView>>(request).await?.items)
    }

    /// Creates or replaces a secret.
    pub(crate) async fn put_secret(&self, name: &str, value: &str) -> Result<(), Error> {
        let body = json!({ "value": value });
        self.send(self.request(Method::PUT, &["fermata", "v1", "secrets", name]).json(&body)).await?;
        Ok(())
    }

    /// Removes a secret.
    pub(crate) async fn delete_secret(&self, name: &str) -> Result<(), Error> {
        self.send(self.request(Method::DELETE, &["fermata", "v1", "secrets", name])).await?;
        Ok(())
    }

    /// The host's database as of now: the moment by the host's clock, the length, and the bytes as they come.
    pub(crate) async fn backup(
        &self,
    ) -> Result<(Timestamp, u64, impl Stream<Item = Result<Vec<u8>, Error>> + Send + use<>), Error> {
        let request = self.request(Method::GET, &["fermata", "v1", "backup"]).timeout(BACKUP_WITHIN);
        let response = self.send(request).await?;
        let taken_at = response.headers().get(api::TAKEN_AT).and_then(|value| value.to_str().ok());
        let taken_at = api::time::parse(taken_at.unwrap_or_default())
            .map_err(|error| self.unexpected(anyhow::Error::new(error).context("a backup of no moment")))?;
        let length = response.content_length();
        let length = length.ok_or_else(|| self.unexpected(anyhow::anyhow!("a backup of no length")))?;
        Ok((taken_at, length, response.bytes_stream().map_ok(Vec::from).map_err(Error::Broken)))
    }

    /// What a host has before it, and whether it waits to be told to go on.
    pub(crate) async fn restoration(&self) -> Result<RestorationView, Error> {
        self.read(self.request(Method::GET, &["fermata", "v1", "restoration"])).await
    }

    /// Lets a host go on that waits to be told.
    pub(crate) async fn resume(&self) -> Result<Resumption, Error> {
        self.read(self.request(Method::POST, &["fermata", "v1", "resumption"])).await
    }

    pub(crate) fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.url.clone();
        url.path_segments_mut().expect("the URL was checked when it was read").pop_if_empty().extend(path);
        self.http.request(method, url)
    }

    pub(crate) async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Error> {
        let response = self.send(request).await?;
        self.parsed(response).await
    }

    async fn parsed<T: DeserializeOwned>(&self, response: Response) -> Result<T, Error> {
        let text = response.text().await.map_err(Error::Broken)?;
        serde_json::from_str(&text).map_err(|error| self.unexpected(error))
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        let response = request.send().await.map_err(|source| {
            if source.is_connect() {
                Error::NoHost { url: self.url.clone(), reason: innermost(&source) }
            } else {
                Error::Broken(source.without_url())
            }
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let text = response.text().await.map_err(Error::Broken)?;
        match serde_json::from_str::<Problem>(&text) {
            Ok(problem) => Err(Error::Refused(Problem { status: status.as_u16(), ..problem })),
            Err(_) => Err(self.unexpected(anyhow::anyhow!("status {}", shown(status)))),
        }
    }

    fn unexpected(&self, source: impl Into<anyhow::Error>) -> Error {
        Error::Unexpected { url: self.url.clone(), source: source.into() }
    }
}

/// Whether a URL names this very machine.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

/// What an error comes from in the end.
fn innermost(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source()).last().unwrap_or(error).to_string()
}

fn shown(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stand_behind_the_hosts_own_and_names_are_escaped() -> anyhow::Result<()> {
        for base in ["http://localhost:8080", "http://localhost:8080/"] {
            let client = Client::new(base.parse()?)?;
            let request = client.request(Method::GET, &["v2", "a/b?c"]).build()?;
            assert_eq!(request.url().as_str(), "http://localhost:8080/v2/a%2Fb%3Fc");
        }
        let client = Client::new("https://example.com/fermata/".parse()?)?;
        let request = client.request(Method::GET, &["v2"]).build()?;
        assert_eq!(request.url().as_str(), "https://example.com/fermata/v2");
        Ok(())
    }

    #[test]
    fn this_machine_is_told_from_others() -> anyhow::Result<()> {
        for (url, expected) in [
            ("http://localhost:8080", true),
            ("http://127.0.0.1:8080", true),
            ("http://127.1.2.3", true),
            ("http://[::1]:8080", true),
            ("http://fermata.example", false),
            ("http://192.0.2.7", false),
            ("http://[2001:db8::1]", false),
        ] {
            assert_eq!(is_loopback(&url.parse()?), expected, "{url}");
        }
        Ok(())
    }

    #[test]
    fn a_refusal_says_what_the_host_says() -> anyhow::Result<()> {
        for (json, expected) in [
            (r#"{"title":"NOT_FOUND","detail":"no such process","status":404}"#, "no such process"),
            (r#"{"title":"NOT_FOUND","status":404}"#, "NOT_FOUND"),
            (r#"{"status":404}"#, "the host answers with status 404"),
        ] {
            assert_eq!(serde_json::from_str::<Problem>(json)?.to_string(), expected);
        }
        Ok(())
    }
}
