//! A real host in a process of its own, and a client for it.

#![expect(dead_code, reason = "each test binary uses its part")]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};

/// The workspace's root folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A model of these tests.
pub(crate) fn model(name: &str) -> anyhow::Result<String> {
    let path = root().join("tests/e2e/models").join(name);
    std::fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))
}

/// A component that `cargo xtask guests` has built.
pub(crate) fn component(name: &str) -> anyhow::Result<Vec<u8>> {
    let path = root().join("target/guests/components").join(name);
    std::fs::read(&path)
        .with_context(|| format!("{} is missing: run `cargo xtask guests` first", path.display()))
}

/// A client whose requests are given up after a minute. A proxy of the environment has no part in them.
pub(crate) fn client() -> anyhow::Result<reqwest::Client> {
    // Fails when another test of this process was first, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(reqwest::Client::builder().timeout(Duration::from_secs(60)).no_proxy().build()?)
}

/// A process that ends with its owner.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running host. Killed when dropped.
pub(crate) struct Host {
    process: Process,
    /// `http://127.0.0.1:PORT`.
    pub(crate) url: String,
    client: reqwest::Client,
}

impl Host {
    /// Starts a host on a data folder and waits until it says that it is ready.
    pub(crate) fn start(data: &Path) -> anyhow::Result<Self> {
        Self::start_with(data, &[])
    }

    /// The same with further arguments.
    pub(crate) fn start_with(data: &Path, arguments: &[&str]) -> anyhow::Result<Self> {
        let empty = data.join("no-connectors");
        std::fs::create_dir_all(&empty)?;
        let client = client()?;
        let child = Command::new(env!("CARGO_BIN_EXE_fermata"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .arg("--connectors")
            .arg(&empty)
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut process = Process(child);
        let stdout = process.0.stdout.take().context("the host's standard output")?;
        let mut lines = BufReader::new(stdout).lines();
        let url = loop {
            let Some(line) = lines.next() else {
                let status = process.0.wait()?;
                bail!("the host ended before it was ready: {status}");
            };
            if let Some(url) = line?.strip_prefix("fermata is ready at ") {
                break url.trim().to_owned();
            }
        };
        // Whatever else it prints must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self { process, url, client })
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) -> anyhow::Result<()> {
        self.process.0.kill()?;
        self.process.0.wait()?;
        Ok(())
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> anyhow::Result<()> {
        self.process.0.wait()?;
        Ok(())
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.process.0.id()
    }

    /// A request with a JSON body; gives status and answer.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> anyhow::Result<(u16, Value)> {
        let mut request = self.client.request(method.parse()?, format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await?;
        let value = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes)? };
        Ok((status, value))
    }

    /// A request that must succeed.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let (status, answer) = self.send("POST", path, Some(body)).await?;
        ensure!((200..300).contains(&status), "POST {path}: {status} {answer}");
        Ok(answer)
    }

    /// A request that must succeed.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let (status, answer) = self.send("GET", path, None).await?;
        ensure!((200..300).contains(&status), "GET {path}: {status} {answer}");
        Ok(answer)
    }

    /// Deploys a model; gives the answer.
    pub(crate) async fn deploy(&self, name: &str, xml: String) -> anyhow::Result<Value> {
        let part = reqwest::multipart::Part::bytes(xml.into_bytes()).file_name(name.to_owned());
        let form = reqwest::multipart::Form::new().part("resources", part);
        let answer = self.client.post(format!("{}/v2/deployments", self.url)).multipart(form).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "deploying {name}: {status} {text}");
        Ok(serde_json::from_str(&text)?)
    }

    /// Uploads a component; gives status and answer.
    pub(crate) async fn upload(&self, wasm: Vec<u8>) -> anyhow::Result<(u16, Value)> {
        let answer = self
            .client
            .post(format!("{}/fermata/v1/components", self.url))
            .header("content-type", "application/wasm")
            .body(wasm)
            .send()
            .await?;
        Ok((answer.status().as_u16(), answer.json().await?))
    }

    /// Starts an instance; gives its key.
    pub(crate) async fn start_instance(&self, process: &str, variables: Value) -> anyhow::Result<String> {
        let answer = self
            .post("/v2/process-instances", &json!({ "processDefinitionId": process, "variables": variables }))
            .await?;
        text(&answer, "processInstanceKey")
    }

    /// Starts an instance and waits for its end; gives the answer.
    pub(crate) async fn run_instance(&self, process: &str, variables: Value) -> anyhow::Result<Value> {
        self.post(
            "/v2/process-instances",
            &json!({ "processDefinitionId": process, "variables": variables,
                     "awaitCompletion": true, "requestTimeout": 30_000 }),
        )
        .await
    }

    /// All items of a search, page by page.
    pub(crate) async fn search_all(&self, path: &str, filter: Value) -> anyhow::Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut page = json!({ "limit": 500 });
        loop {
            let answer = self.post(path, &json!({ "filter": filter, "page": page })).await?;
            let found = answer["items"].as_array().context("items")?;
            if found.is_empty() {
                return Ok(items);
            }
            items.extend(found.iter().cloned());
            page = json!({ "limit": 500, "after": answer["page"]["endCursor"] });
        }
    }

    /// Asks again until `done` gives something. Fails after a minute: only a broken host is that slow.
    pub(crate) async fn wait_for<T, F>(&self, what: &str, mut done: impl FnMut() -> F) -> anyhow::Result<T>
    where
        F: Future<Output = anyhow::Result<Option<T>>>,
    {
        for _ in 0..1_200 {
            if let Some(value) = done().await? {
                return Ok(value);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("waited a minute for {what}")
    }
}

/// A field that must be text.
pub(crate) fn text(value: &Value, field: &str) -> anyhow::Result<String> {
    value[field].as_str().map(str::to_owned).with_context(|| format!("no `{field}` in {value}"))
}
