//! Backups, and hosts on what was made of them.

use std::sync::Arc;

use runtime::Config;
use serde_json::json;
use store::Store as _;
use store::memory::MemoryStore;
use types::Timestamp;

use crate::support::Host;

#[tokio::test]
async fn a_restored_host_shows_what_waits_and_is_told_to_go_on() {
    let store = Arc::new(MemoryStore::new());
    store.mark_restored("copy", Some(Timestamp::from_millis(7))).await.unwrap();
    let host = Host::start_on(store, Config::default()).await;
    host.deploy_order().await;
    host.start_order(json!({})).await;
    assert!(host.activate("charge").await.is_null(), "nothing is handed out");

    let waits = |suspended| {
        json!({
            "suspended": suspended,
            "activeInstances": 1,
            "jobs": [{"type": "charge", "waiting": 1, "held": 0, "running": 0}],
            "timers": 0,
            "timersDue": 0,
        })
    };
    assert_eq!(host.get("/fermata/v1/restoration").await.json(200), waits(true));
    let resume = async || host.post("/fermata/v1/resumption", json!({})).await.json(200);
    assert_eq!(resume().await, json!({"resumed": true}));
    assert_eq!(host.get("/fermata/v1/restoration").await.json(200), waits(false));
    assert_eq!(resume().await, json!({"resumed": false}));
    assert!(host.activate("charge").await["jobKey"].is_string());
}

#[tokio::test]
async fn a_store_without_snapshots_says_so() {
    let host = Host::start().await;
    let answer = host.get("/fermata/v1/backup").await;
    answer.is_problem(409, "INVALID_STATE", "a store in memory has no file that could be copied");
}
