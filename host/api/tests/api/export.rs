//! The histories of instances that have ended, as NDJSON.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use store::{Batch, InstanceBatch, InstanceIdentity, Store as _};
use tower::ServiceExt as _;
use types::{Key, PartitionId, TenantId};

use crate::support::{Answer, Host, START};

const PATH: &str = "/fermata/v1/history";

#[track_caller]
fn lines(answer: &Answer) -> Vec<Value> {
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/x-ndjson"));
    answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Starts an instance and cancels it.
async fn ended(host: &Host, variables: Value) -> String {
    let instance = host.start_order(variables).await;
    host.post(&format!("/v2/process-instances/{instance}/cancellation"), json!({})).await.is_done();
    instance
}

#[tokio::test]
async fn an_export_has_the_history_of_what_has_ended() {
    let host = Host::start().await;
    let definition = host.deploy_order().await;
    let (first, _) = host.order_to_approve(json!({"note": "two\nlines"})).await;
    host.post(&format!("/v2/process-instances/{first}/cancellation"), json!({})).await.is_done();
    let active = host.start_order(json!({})).await;
    host.advance(Duration::from_secs(1));
    let second = ended(&host, json!({})).await;

    let mut expected = Vec::new();
    for instance in [&first, &second] {
        let history = host.get(&format!("/fermata/v1/process-instances/{instance}/history")).await;
        let mut last = (Value::Null, 0);
        for mut entry in history.items() {
            last = if last.0 == entry["position"] {
                (last.0, last.1 + 1)
            } else {
                (entry["position"].clone(), 0)
            };
            entry["entry"] = last.1.into();
            entry["processInstanceKey"] = json!(instance);
            entry["processDefinitionKey"] = json!(definition);
            entry["processDefinitionId"] = json!("order");
            entry["tenantId"] = json!("<default>");
            expected.push(entry);
        }
    }
    let all = lines(&host.get(PATH).await);
    assert_eq!(all, expected);
    assert!(!all.iter().any(|line| line["processInstanceKey"] == active.as_str()));
    assert!(all.iter().any(|line| line["events"].to_string().contains(r"two\nlines")));

    assert_eq!(lines(&host.get(&format!("{PATH}?processDefinitionId=order")).await), all);
    let earlier = lines(&host.get(&format!("{PATH}?endedBefore=2026-01-01T00:00:00.001Z")).await);
    assert!(!earlier.is_empty() && earlier.iter().all(|line| line["processInstanceKey"] == first.as_str()));
    assert_eq!(lines(&host.get(&format!("{PATH}?endedBefore={START}")).await), Vec::<Value>::new());
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused() {
    let host = Host::start().await;
    assert!(lines(&host.get(PATH).await).is_empty());
    host.get(&format!("{PATH}?processDefinitionId=nothing")).await.is_problem(
        404,
        "NOT_FOUND",
        "no process with id `nothing` is deployed",
    );
    for query in ["endedBefore=yesterday", "endedBefore=", "ended=1", "endedBefore=a&endedBefore=b"] {
        host.get(&format!("{PATH}?{query}")).await.problem(400);
    }
    host.post(PATH, json!({})).await.problem(405);
    let hostile = "%27%3B%20DROP%20TABLE%20journal%3B--";
    host.get(&format!("{PATH}?processDefinitionId={hostile}")).await.problem(404);
}

/// Begins an export; gives the status and the body, of which nothing was read.
async fn begin(host: &Host) -> (u16, Body) {
    let request = Request::get(PATH).body(Body::empty()).unwrap();
    let (parts, body) = host.router.clone().oneshot(request).await.unwrap().into_parts();
    (parts.status.as_u16(), body)
}

#[tokio::test(start_paused = true)]
async fn exports_are_few_at_a_time_and_end_with_their_clients() {
    let host = Host::start().await;
    host.deploy_order().await;
    for _ in 0..6 {
        ended(&host, json!({"large": "x".repeat(100_000)})).await;
    }
    // More than is made before the client takes any of it.
    let (first, second) = (begin(&host).await, begin(&host).await);
    assert_eq!((first.0, second.0), (200, 200));
    assert_eq!(begin(&host).await.0, 503);
    let mut body = first.1;
    let piece = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!((64 << 10..300 << 10).contains(&piece.len()), "{} bytes", piece.len());
    // This client goes away.
    drop(body);
    let third = loop {
        let (status, body) = begin(&host).await;
        if status == 200 {
            break body;
        }
        tokio::task::yield_now().await;
    };
    // These two take nothing, and lose their places after a while; what they had is no whole answer.
    let fourth = loop {
        let (status, body) = begin(&host).await;
        if status == 200 {
            break body;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    };
    assert!(second.1.collect().await.is_err() && third.collect().await.is_err());
    let whole = fourth.collect().await.unwrap().to_bytes();
    assert!(whole.len() > 600_000 && whole.ends_with(b"}\n"), "{} bytes", whole.len());
}

#[tokio::test]
async fn a_history_that_cannot_be_read_breaks_the_answer_off() {
    let host = Host::start().await;
    let definition = host.deploy_order().await;
    let instance = ended(&host, json!({})).await;
    let key = |text: &str| Key::from_i64(text.parse().unwrap());
    let identity = InstanceIdentity {
        key: key(&instance).into(),
        definition: key(&definition).into(),
        bpmn_process_id: "order".into(),
        version: 1,
        tenant: TenantId::default(),
    };
    let damaged = InstanceBatch {
        identity,
        journal: vec![99],
        changes: engine::Changes::default(),
        is_migrated: false,
        decision_evaluations: vec![],
        attempts: vec![],
        correlations: vec![],
    };
    let batch = Batch {
        partition: PartitionId::FIRST,
        next_key_counter: 1,
        instances: vec![damaged],
        exchange: Default::default(),
    };
    host.store.commit(batch).await.unwrap();
    let (status, body) = begin(&host).await;
    assert!(status == 200 && body.collect().await.is_err());
}
