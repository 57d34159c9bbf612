//! How long an activation waits. Time is tokio's own, which moves on when nothing else does.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::support::Host;

fn activation(request_timeout: i64) -> serde_json::Value {
    json!({
        "type": "charge", "timeout": 1000, "maxJobsToActivate": 1, "requestTimeout": request_timeout
    })
}

#[tokio::test(start_paused = true)]
async fn a_new_job_wakes_a_waiting_worker() {
    let host = Host::start().await;
    host.deploy_order().await;
    let begin = Instant::now();
    let poll = host.post("/v2/jobs/activation", activation(3_600_000));
    let start = async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        host.start_order(json!({"amount": 3})).await
    };
    let (answer, instance) = tokio::join!(poll, start);
    assert_eq!(answer.json(200)["jobs"][0]["processInstanceKey"], instance);
    assert_eq!(begin.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn an_activation_waits_as_long_as_it_says() {
    let host = Host::start().await;
    for (request_timeout, seconds) in [(0, 10), (25_000, 25), (-1, 0), (i64::MAX, 3_600)] {
        let begin = Instant::now();
        let answer = host.post("/v2/jobs/activation", activation(request_timeout)).await;
        assert_eq!(answer.json(200), json!({"jobs": []}));
        assert_eq!(begin.elapsed().as_secs(), seconds, "{request_timeout}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_waiting_workers_one_gets_the_job() {
    let host = Host::start().await;
    host.deploy_order().await;
    let start = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        host.start_order(json!({})).await
    };
    let (one, other, _) = tokio::join!(
        host.post("/v2/jobs/activation", activation(5_000)),
        host.post("/v2/jobs/activation", activation(5_000)),
        start
    );
    let count = |answer: &crate::support::Answer| answer.json(200)["jobs"].as_array().unwrap().len();
    assert_eq!(count(&one) + count(&other), 1);
}
