//! Attempts at jobs that are kept.

use axum::http::Method;
use engine::{Change, journal};
use serde_json::{Value, json};
use store::{
    AttemptOutcome, AttemptReport, Batch, InstanceBatch, InstanceIdentity, JobAttempt, LogLevel, LogRecord,
    LogSource, RequestAnswer, RequestMade, Store as _,
};
use types::{Key, PartitionId, TenantId, Timestamp};

use crate::support::{Host, START, text};

fn key(text: &str) -> Key {
    Key::from_i64(text.parse().unwrap())
}

fn request(answer: RequestAnswer) -> RequestMade {
    let (method, endpoint) = ("GET".to_owned(), "crm.example".to_owned());
    RequestMade { method, endpoint, answer, duration_us: 1_500 }
}

/// Keeps so many attempts at one job of an instance, each with a log of so many bytes.
async fn keep(host: &Host, definition: &str, instance: &str, job: i64, attempts: u32, bytes: usize) {
    let record = LogRecord {
        at: Timestamp::from_millis(1_767_225_600_000),
        level: LogLevel::Warn,
        source: LogSource::Stderr,
        message: "x".repeat(bytes),
        fields: vec![("customer".to_owned(), "Ada".to_owned())],
    };
    let report = AttemptReport {
        wall_us: 2_000,
        cpu_us: 900,
        memory_peak_bytes: 65_536,
        requests: vec![
            request(RequestAnswer::Status(404)),
            request(RequestAnswer::Failed("reset".to_owned())),
        ],
        log: vec![record],
        log_dropped: 3,
    };
    let attempt = |number: u32| JobAttempt {
        key: Key::new(PartitionId::FIRST, 90_000 + u64::from(number)).into(),
        instance: key(instance).into(),
        job: Key::from_i64(job).into(),
        number,
        element_instance: key(instance).into(),
        element: "charge".into(),
        job_type: "charge".into(),
        worker: "pay@1.2.0".into(),
        outcome: AttemptOutcome::Failed,
        message: Some("no such customer".into()),
        ended_at: Timestamp::from_millis(1_767_225_600_000),
        report: report.encode().unwrap(),
    };
    let part = InstanceBatch {
        identity: InstanceIdentity {
            key: key(instance).into(),
            definition: key(definition).into(),
            bpmn_process_id: "order".into(),
            version: 1,
            tenant: TenantId::default(),
        },
        journal: journal::encode(&[]),
        changes: engine::Changes::default(),
        is_migrated: false,
        decision_evaluations: vec![],
        attempts: (1..=attempts).map(|number| Change::Put(attempt(number))).collect(),
        correlations: vec![],
    };
    let batch = Batch {
        partition: PartitionId::FIRST,
        next_key_counter: 1,
        instances: vec![part],
        exchange: Default::default(),
    };
    host.store.commit(batch).await.unwrap();
}

#[tokio::test]
async fn an_attempt_tells_what_it_said_and_sent() {
    let host = Host::start().await;
    let definition = host.deploy_order().await;
    let instance = host.start_order(json!({})).await;
    keep(&host, &definition, &instance, 77, 1, 5).await;
    let answer = host.get("/fermata/v1/jobs/77/attempts").await.json(200);
    assert_eq!(answer["next"], Value::Null);
    let attempt = &answer["items"][0];
    let expected = json!({
        "attemptKey": text(&attempt["attemptKey"]),
        "jobKey": "77",
        "attempt": 1,
        "jobType": "charge",
        "processInstanceKey": instance,
        "elementInstanceKey": instance,
        "elementId": "charge",
        "worker": "pay@1.2.0",
        "outcome": "FAILED",
        "message": "no such customer",
        "endedAt": START,
        "wallMicros": 2_000,
        "cpuMicros": 900,
        "memoryPeakBytes": 65_536,
        "requests": [
            { "method": "GET", "endpoint": "crm.example", "status": 404, "problem": null, "durationMicros": 1_500 },
            { "method": "GET", "endpoint": "crm.example", "status": null, "problem": "reset", "durationMicros": 1_500 },
        ],
        "log": [{
            "at": START,
            "level": "WARN",
            "source": "STDERR",
            "message": "xxxxx",
            "fields": { "customer": "Ada" },
        }],
        "logRecordsDropped": 3,
    });
    assert_eq!(*attempt, expected);
    let of_instance = host.get(&format!("/fermata/v1/process-instances/{instance}/attempts")).await;
    assert_eq!(of_instance.json(200), answer);
    assert_eq!(host.get("/fermata/v1/jobs/78/attempts").await.items(), [Value::Null; 0]);
    host.get("/fermata/v1/process-instances/78/attempts").await.json(404);
}

#[tokio::test]
async fn attempts_come_in_pages() {
    let host = Host::start().await;
    let definition = host.deploy_order().await;
    let instance = host.start_order(json!({})).await;
    keep(&host, &definition, &instance, 77, 20, 600_000).await;
    let path = format!("/fermata/v1/process-instances/{instance}/attempts");
    let (mut numbers, mut sizes, mut after) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = host.get(&format!("{path}?limit=9{after}")).await.json(200);
        let items = page["items"].as_array().unwrap();
        sizes.push(items.len());
        numbers.extend(items.iter().map(|item| item["attempt"].as_u64().unwrap()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert!(numbers.iter().copied().eq(1..=20), "{numbers:?}");
    assert_eq!(sizes, [6, 6, 6, 2], "4 MiB end a page");
    for limit in ["0", "1001"] {
        host.get(&format!("{path}?limit={limit}")).await.json(400);
    }
}

#[tokio::test]
async fn open_jobs_tell_how_they_stand() {
    let host = Host::start().await;
    host.deploy_order().await;
    let instance = host.start_order(json!({})).await;
    let path = format!("/fermata/v1/process-instances/{instance}/jobs");
    let jobs = host.get(&path).await.json(200);
    let job = &jobs["items"][0];
    let key = text(&job["jobKey"]);
    assert_eq!((&job["standing"], &job["attempts"]), (&json!("WAITING"), &json!(0)));
    assert_eq!((&job["at"], &job["worker"], &jobs["truncated"]), (&Value::Null, &Value::Null, &json!(false)));
    let job_type = text(&job["jobType"]);
    let activation = json!({ "type": job_type, "worker": "mine", "timeout": 60_000, "maxJobsToActivate": 1 });
    assert_eq!(host.post("/v2/jobs/activation", activation).await.json(200)["jobs"][0]["jobKey"], key);
    let job = host.get(&format!("/fermata/v1/jobs/{key}")).await.json(200);
    assert_eq!((&job["standing"], &job["worker"]), (&json!("HELD"), &json!("mine")));
    assert_eq!((&job["attempts"], job["at"].is_string()), (&json!(1), true));
    host.get("/fermata/v1/jobs/78").await.json(404);
    host.get("/fermata/v1/process-instances/78/jobs").await.json(404);
}

/// A worker outside may call itself what it likes.
#[tokio::test]
async fn a_worker_outside_that_is_called_as_a_component_holds_its_job_all_the_same() {
    let host = Host::start().await;
    let component = b"pay@1.2.0".to_vec();
    let uploaded =
        host.send(Method::POST, "/fermata/v1/components", Some("application/wasm"), component).await;
    uploaded.json(201);
    host.deploy_order().await;
    let instance = host.start_order(json!({})).await;
    let path = format!("/fermata/v1/process-instances/{instance}/jobs");
    let job_type = text(&host.get(&path).await.json(200)["items"][0]["jobType"]);
    let activation =
        json!({ "type": job_type, "worker": "pay@1.2.0", "timeout": 60_000, "maxJobsToActivate": 1 });
    host.post("/v2/jobs/activation", activation).await.json(200);
    let job = &host.get(&path).await.json(200)["items"][0];
    assert_eq!((&job["standing"], &job["worker"]), (&json!("HELD"), &json!("pay@1.2.0")));
}
