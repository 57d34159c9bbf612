//! `GET /metrics`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use fermata_api::{AttemptEnd, AttemptFigures, OTHERS, VersionFigures};
use http_body_util::BodyExt as _;
use runtime::Histogram;
use serde_json::json;
use tower::ServiceExt as _;
use types::TenantId;

use crate::support::Host;

const OPEN_METRICS: &str = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";

/// A page of figures: its lines, and the kind of each metric.
struct Page {
    content_type: String,
    text: String,
}

impl Page {
    async fn of(host: &Host, accept: &str) -> Self {
        let request = Request::get("/metrics").header("accept", accept).body(Body::empty()).unwrap();
        let response = host.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        let content_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Self { content_type, text: String::from_utf8(body.into()).unwrap() }
    }

    /// The value of a series, as it is written.
    #[track_caller]
    fn value(&self, series: &str) -> &str {
        let found = self.text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        found.unwrap_or_else(|| panic!("no {series} in\n{}", self.text))
    }

    /// Names and kinds, as the lines `# TYPE` say.
    fn kinds(&self) -> BTreeMap<String, String> {
        let kinds = self.text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
        kinds.map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect()
    }

    /// The labels of each metric's lines.
    fn labels(&self, metric: &str) -> BTreeSet<String> {
        let of_metric = self.text.lines().filter_map(|line| {
            let rest = line.strip_prefix(metric)?;
            let rest =
                ["_bucket", "_sum", "_count"].iter().find_map(|end| rest.strip_prefix(end)).unwrap_or(rest);
            let labels = rest.strip_prefix('{')?.rsplit_once('}')?.0;
            Some(labels.split(',').filter_map(|label| label.split_once('=')).map(|(name, _)| name.to_owned()))
        });
        of_metric.flatten().filter(|name| name != "le").collect()
    }
}

fn figures(component: &str, version: &str, millis: &[u64]) -> VersionFigures {
    let times = Histogram::default();
    millis.iter().for_each(|time| times.record(Duration::from_millis(*time)));
    let mut ended = [0; AttemptEnd::ALL.len()];
    ended[AttemptEnd::Completed as usize] = millis.len() as u64;
    ended[AttemptEnd::HostFailure as usize] = 2;
    let figures = AttemptFigures {
        running: 1,
        ended,
        times: times.so_far(),
        cpu: Duration::from_micros(1_500),
        memory_peak_bytes: 65_536,
    };
    VersionFigures {
        tenant: TenantId::new("a\"b"),
        component: component.into(),
        version: version.into(),
        figures,
    }
}

/// A host with something to tell of everything.
async fn busy_host() -> Host {
    let host = Host::start().await;
    *host.platform.figures.lock().unwrap() =
        vec![figures("pay", "1.1.0", &[2, 3, 400]), figures(OTHERS, OTHERS, &[1])];
    host
}

#[tokio::test]
async fn attempts_are_told_by_version_outcome_and_time() {
    let host = busy_host().await;
    let page = Page::of(&host, "*/*").await;
    assert_eq!(page.content_type, "text/plain; version=0.0.4; charset=utf-8");
    let version = r#"tenant="a\"b",component="pay",version="1.1.0""#;
    let expect = |name: &str, more: &str, value: &str| {
        assert_eq!(page.value(&format!("fermata_job_{name}{{{more}}}")), value, "{name}");
    };
    expect("attempts_total", &format!("{version},outcome=\"completed\""), "3");
    expect("attempts_total", &format!("{version},outcome=\"host_failure\""), "2");
    expect("attempts_total", &format!("{version},outcome=\"failed\""), "0");
    expect("cpu_seconds_total", version, "0.0015");
    expect("memory_peak_bytes", version, "65536");
    expect("duration_seconds_count", version, "3");
    expect("duration_seconds_sum", version, "0.405");
    for (bound, count) in [("0.001", "0"), ("0.0025", "1"), ("0.005", "2"), ("0.5", "3"), ("+Inf", "3")] {
        expect("duration_seconds_bucket", &format!("{version},le=\"{bound}\""), count);
    }
    let others = format!(r#"tenant="a\"b",component="{OTHERS}",version="{OTHERS}",outcome="completed""#);
    expect("attempts_total", &others, "1");
    assert_eq!(page.value(&format!("fermata_jobs_running{{{version}}}")), "1");
}

#[tokio::test]
async fn the_engine_tells_what_it_has_done() {
    let host = Host::start().await;
    host.deploy_order().await;
    host.post("/v2/process-instances", json!({"processDefinitionId": "order"})).await.json(200);
    let activation = json!({"type": "charge", "maxJobsToActivate": 1, "timeout": 60_000, "worker": "w"});
    let jobs = host.post("/v2/jobs/activation", activation).await.json(200);
    assert_eq!(jobs["jobs"].as_array().map(Vec::len), Some(1));
    host.get("/v2/nothing").await.problem(404);
    let page = Page::of(&host, OPEN_METRICS).await;
    assert_eq!(page.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(page.text.ends_with("\n# EOF\n"), "{}", page.text);
    assert_eq!(page.value("fermata_build_info{version=\"1.2.3\"}"), "1");
    assert_eq!(page.value("fermata_instances_started_total"), "1");
    assert_eq!(page.value("fermata_jobs_activated_total{job_type=\"charge\"}"), "1");
    assert_eq!(page.value("fermata_http_responses_total{status=\"4xx\"}"), "1");
    assert_eq!(page.value("fermata_inbox_commands{from=\"clients\"}"), "0");
    assert_ne!(page.value("fermata_commits_total{result=\"written\"}"), "0");
    assert_eq!(page.value("fermata_commits_total{result=\"failed\"}"), "0");
}

/// The metrics in the table of METRICS.md: name, kind and labels.
fn documented() -> Vec<(String, String, BTreeSet<String>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("METRICS.md");
    let page = fs::read_to_string(path).unwrap();
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().replace('`', "")).collect::<Vec<_>>();
    let rows = page.lines().filter(|line| line.starts_with("| `")).map(cells);
    rows.map(|row| {
        let labels = row[3].split(", ").filter(|label| !label.is_empty()).map(str::to_owned).collect();
        (row[1].clone(), row[2].clone(), labels)
    })
    .collect()
}

#[tokio::test]
async fn the_page_has_what_the_table_names_and_nothing_else() {
    /// The in-memory store has no connections.
    const NOT_HERE: &str = "fermata_database_connections";
    let host = busy_host().await;
    let page = Page::of(&host, "text/plain").await;
    let mut kinds = page.kinds();
    for (name, kind, labels) in documented() {
        if name == NOT_HERE {
            continue;
        }
        // That format has no kind of its own for what is known of a host.
        let expected = if kind == "info" { "gauge" } else { &kind };
        assert_eq!(kinds.remove(&name).as_deref(), Some(expected), "{name}");
        // What nobody has done has no lines.
        if !["fermata_jobs_queued", "fermata_jobs_activated_total"].contains(&name.as_str()) {
            assert_eq!(page.labels(&name), labels, "{name}");
        }
    }
    assert!(kinds.is_empty(), "not in METRICS.md: {kinds:?}");
}

#[tokio::test]
async fn a_web_page_of_others_reads_no_figures() {
    let host = Host::start().await;
    for (name, value) in [("sec-fetch-site", "cross-site"), ("host", "evil.example")] {
        let request = Request::get("/metrics").header(name, value).body(Body::empty()).unwrap();
        let response = host.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 403, "{name}");
    }
    host.post("/metrics", json!({})).await.problem(405);
}
