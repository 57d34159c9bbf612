//! The host and its client.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use fermata_api::{ApiState, router};
use http_body_util::BodyExt as _;
use runtime::{Config, JobExecutor, JobWorker, Runtime, SecretTokens};
use serde_json::{Value, json};
use store::memory::MemoryStore;
use tower::ServiceExt as _;
use types::{SharedStr, TenantId};

use super::answer::Answer;
use super::clock::ManualClock;
use super::platform::FakePlatform;

pub(crate) struct Host {
    pub(crate) router: Router,
    pub(crate) platform: Arc<FakePlatform>,
    pub(crate) store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    runtime: Runtime,
}

/// Leaves all jobs to external workers.
struct NoComponents;

impl JobExecutor for NoComponents {
    fn worker_for(&self, _: &TenantId, _: &str) -> Option<Arc<dyn JobWorker>> {
        None
    }

    fn job_types(&self) -> Vec<(TenantId, SharedStr)> {
        Vec::new()
    }
}

impl SecretTokens for NoComponents {
    fn token(&self, name: &str) -> String {
        name.to_owned()
    }
}

impl Host {
    pub(crate) async fn start() -> Self {
        Self::start_with(Config::default()).await
    }

    pub(crate) async fn start_with(config: Config) -> Self {
        Self::start_on(Arc::new(MemoryStore::new()), config).await
    }

    pub(crate) async fn start_on(store: Arc<MemoryStore>, config: Config) -> Self {
        let clock = ManualClock::new();
        let runtime = Runtime::start(
            Arc::clone(&store) as _,
            Arc::clone(&clock) as _,
            Arc::new(NoComponents),
            Arc::new(NoComponents),
            config,
        )
        .await
        .unwrap();
        let platform = Arc::new(FakePlatform::default());
        let state = ApiState {
            handle: runtime.handle.clone(),
            platform: Arc::clone(&platform) as _,
            version: "1.2.3",
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
        };
        let router = router(state, vec!["fermata.corp".to_owned()]);
        Self { router, platform, store, clock, runtime }
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    pub(crate) async fn stop(self) -> Router {
        self.runtime.shut_down().await;
        self.router
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, Vec::new()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.json(Method::POST, path, body).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.json(Method::PUT, path, body).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.json(Method::PATCH, path, body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None, Vec::new()).await
    }

    async fn json(&self, method: Method, path: &str, body: Value) -> Answer {
        self.send(method, path, Some("application/json"), body.to_string().into_bytes()).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        content_type: Option<&str>,
        body: Vec<u8>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        self.request(request.body(Body::from(body)).unwrap()).await
    }

    pub(crate) async fn request(&self, request: Request<Body>) -> Answer {
        answer(&self.router, request).await
    }

    /// Deploys files of `tests/api/models`.
    pub(crate) async fn deploy(&self, names: &[&str]) -> Answer {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/models");
        let files: Vec<(&str, Vec<u8>)> =
            names.iter().map(|name| (*name, std::fs::read(folder.join(name)).unwrap())).collect();
        let (content_type, body) = multipart(&files, None);
        self.send(Method::POST, "/v2/deployments", Some(&content_type), body).await
    }

    /// Deploys `order.bpmn`; returns the process definition's key.
    pub(crate) async fn deploy_order(&self) -> String {
        let deployed = self.deploy(&["order.bpmn"]).await.json(200);
        text(&deployed["deployments"][0]["processDefinition"]["processDefinitionKey"])
    }

    /// Starts an instance of `order`; returns its key.
    pub(crate) async fn start_order(&self, variables: Value) -> String {
        let body = json!({"processDefinitionId": "order", "variables": variables});
        text(&self.post("/v2/process-instances", body).await.json(200)["processInstanceKey"])
    }

    /// Takes a job without waiting for it.
    pub(crate) async fn activate(&self, job_type: &str) -> Value {
        self.activate_within(job_type, -1).await
    }

    /// Waits for a job.
    pub(crate) async fn activate_in_time(&self, job_type: &str) -> Value {
        self.activate_within(job_type, 60_000).await
    }

    async fn activate_within(&self, job_type: &str, request_timeout: i64) -> Value {
        let body = json!({
            "type": job_type, "worker": "ann", "timeout": 60_000, "maxJobsToActivate": 1,
            "requestTimeout": request_timeout
        });
        self.post("/v2/jobs/activation", body).await.json(200)["jobs"][0].clone()
    }

    /// Starts an instance of `order` and brings it to its user task; returns both keys.
    pub(crate) async fn order_to_approve(&self, variables: Value) -> (String, String) {
        let instance = self.start_order(variables).await;
        let job = text(&self.activate("charge").await["jobKey"]);
        self.post(&format!("/v2/jobs/{job}/completion"), json!({})).await.is_done();
        let filter = json!({"filter": {"processInstanceKey": instance}});
        let tasks = self.post("/v2/user-tasks/search", filter).await.items();
        (instance, text(&tasks[0]["userTaskKey"]))
    }
}

pub(crate) async fn answer(router: &Router, request: Request<Body>) -> Answer {
    let path = request.uri().to_string();
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer { path, status: parts.status, headers: parts.headers, body }
}

/// A multipart form with files and, if wanted, a tenant: its content type and body.
pub(crate) fn multipart(files: &[(&str, Vec<u8>)], tenant: Option<&str>) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    for (name, content) in files {
        let head = format!(
            "--boundary\r\ncontent-disposition: form-data; name=\"resources\"; filename=\"{name}\"\r\n\r\n"
        );
        body.extend(head.into_bytes());
        body.extend(content);
        body.extend(b"\r\n");
    }
    if let Some(tenant) = tenant {
        let part =
            format!("--boundary\r\ncontent-disposition: form-data; name=\"tenantId\"\r\n\r\n{tenant}\r\n");
        body.extend(part.into_bytes());
    }
    body.extend(b"--boundary--\r\n");
    ("multipart/form-data; boundary=boundary".to_owned(), body)
}

/// A JSON text.
#[track_caller]
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
