//! A client of a host's API.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};

/// How long a request may take: only a broken host is that slow.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// How long an upload may take: a host compiles one component after the other, with the lowest priority.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(600);
/// Items on one page of a search.
const PAGE_ITEMS: u32 = 500;
/// How often [`Api::wait_for`] looks, and how many times.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(50);
const LOOKS_MAX: u32 = 1_200;

/// A client of a host's API.
#[derive(Clone, Debug)]
pub struct Api {
    client: reqwest::Client,
    url: String,
}

/// What a host answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Whether it says when to come back.
    pub has_retry_after: bool,
    /// The body; null without one.
    pub body: Value,
}

impl Api {
    /// A client of the host at a URL. A proxy of the environment has no part in its requests.
    ///
    /// # Errors
    /// The system gives no client.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        // Fails when somebody else in this process was first, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().timeout(REQUEST_TIMEOUT).no_proxy().build()?;
        Ok(Self { client, url: url.trim_end_matches('/').to_owned() })
    }

    /// The HTTP client, for what this one has no function for.
    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// A request with a JSON body.
    ///
    /// # Errors
    /// There is no answer, or it is not JSON.
    pub async fn request(&self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<Reply> {
        let mut request = self.client.request(method.parse()?, format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let has_retry_after = answer.headers().contains_key("retry-after");
        let bytes = answer.bytes().await?;
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes)? };
        Ok(Reply { status, has_retry_after, body })
    }

    /// A request with a JSON body; gives status and answer.
    ///
    /// # Errors
    /// There is no answer, or it is not JSON.
    pub async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<(u16, Value)> {
        let Reply { status, body, .. } = self.request(method, path, body).await?;
        Ok((status, body))
    }

    /// A request that must succeed.
    ///
    /// # Errors
    /// It does not.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let (status, answer) = self.send("POST", path, Some(body)).await?;
        ensure!((200..300).contains(&status), "POST {path}: {status} {answer}");
        Ok(answer)
    }

    /// A request that must succeed.
    ///
    /// # Errors
    /// It does not.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let (status, answer) = self.send("GET", path, None).await?;
        ensure!((200..300).contains(&status), "GET {path}: {status} {answer}");
        Ok(answer)
    }

    /// Deploys a model; gives the answer.
    ///
    /// # Errors
    /// The host does not take it.
    pub async fn deploy(&self, name: &str, xml: String) -> anyhow::Result<Value> {
        let part = reqwest::multipart::Part::bytes(xml.into_bytes()).file_name(name.to_owned());
        let form = reqwest::multipart::Form::new().part("resources", part);
        let answer = self.client.post(format!("{}/v2/deployments", self.url)).multipart(form).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "deploying {name}: {status} {text}");
        Ok(serde_json::from_str(&text)?)
    }

    /// Uploads a component; gives status and answer.
    ///
    /// # Errors
    /// There is no answer, or it is not JSON.
    pub async fn upload(&self, wasm: Vec<u8>) -> anyhow::Result<(u16, Value)> {
        let answer = self
            .client
            .post(format!("{}/fermata/v1/components", self.url))
            .header("content-type", "application/wasm")
            .timeout(UPLOAD_TIMEOUT)
            .body(wasm)
            .send()
            .await?;
        Ok((answer.status().as_u16(), answer.json().await?))
    }

    /// Starts an instance; gives its key.
    ///
    /// # Errors
    /// It is not started.
    pub async fn start_instance(&self, process: &str, variables: Value) -> anyhow::Result<String> {
        let answer = self
            .post("/v2/process-instances", &json!({ "processDefinitionId": process, "variables": variables }))
            .await?;
        text(&answer, "processInstanceKey")
    }

    /// Starts an instance and waits for its end; gives the answer.
    ///
    /// # Errors
    /// It does not end.
    pub async fn run_instance(&self, process: &str, variables: Value) -> anyhow::Result<Value> {
        self.post(
            "/v2/process-instances",
            &json!({ "processDefinitionId": process, "variables": variables,
                     "awaitCompletion": true, "requestTimeout": 30_000 }),
        )
        .await
    }

    /// All items of a search, page by page.
    ///
    /// # Errors
    /// The host does not answer.
    pub async fn search_all(&self, path: &str, filter: Value) -> anyhow::Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut page = json!({ "limit": PAGE_ITEMS });
        loop {
            let answer = self.post(path, &json!({ "filter": filter, "page": page })).await?;
            let found = answer["items"].as_array().context("items")?;
            if found.is_empty() {
                return Ok(items);
            }
            items.extend(found.iter().cloned());
            page = json!({ "limit": PAGE_ITEMS, "after": answer["page"]["endCursor"] });
        }
    }

    /// Asks again until `done` gives something. Fails after a minute: only a broken host is that slow.
    ///
    /// # Errors
    /// `done` fails, or gives nothing.
    pub async fn wait_for<T, F>(&self, what: &str, mut done: impl FnMut() -> F) -> anyhow::Result<T>
    where
        F: Future<Output = anyhow::Result<Option<T>>>,
    {
        for _ in 0..LOOKS_MAX {
            if let Some(value) = done().await? {
                return Ok(value);
            }
            tokio::time::sleep(LOOK_AGAIN_AFTER).await;
        }
        bail!("waited a minute for {what}")
    }
}

/// A field that must be text.
///
/// # Errors
/// It is not.
pub fn text(value: &Value, field: &str) -> anyhow::Result<String> {
    value[field].as_str().map(str::to_owned).with_context(|| format!("no `{field}` in {value}"))
}
