//! Backups, and hosts on what was made of them.

use std::sync::Arc;

use engine::mailbox::EntryKey;
use engine::state::MailboxAddress;
use runtime::Config;
use serde_json::json;
use store::memory::MemoryStore;
use store::{CrossingRow, Store as _};
use types::{Key, PartitionId, TenantId, Timestamp};

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
            "startTimers": 0,
            "startTimersDue": 0,
            "messagesExpired": 0,
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
async fn rows_that_were_set_aside_are_listed() {
    let host = Host::start().await;
    let publish = json!({"name": "paid", "correlationKey": "order-1", "timeToLive": 60_000});
    let published = host.post("/v2/messages/publication", publish).await.json(200);
    let list = async |query: &str| host.get(&format!("/fermata/v1/rows-set-aside{query}")).await;
    assert_eq!(list("").await.json(200), json!({"items": [], "next": null}));

    let key: i64 = published["messageKey"].as_str().unwrap().parse().unwrap();
    let mailbox = MailboxAddress {
        tenant: TenantId::default(),
        name: "paid".into(),
        correlation_key: "order-1".into(),
    };
    let row = CrossingRow::Entry { mailbox, key: EntryKey::Message(Key::from_i64(key).into()) };
    host.store.set_aside(PartitionId::FIRST, &row, "it is odd", Timestamp::from_millis(7)).await.unwrap();
    let listed = list("?limit=1").await.json(200);
    let mut item = listed["items"][0].clone();
    assert!(item["contentBytes"].take().as_u64().unwrap() > 0, "{listed}");
    let expected = json!({
        "number": 1,
        "partitionId": 1,
        "kind": "MESSAGE",
        "key": published["messageKey"],
        "mailbox": {"tenantId": "<default>", "messageName": "paid", "correlationKey": "order-1"},
        "contentBytes": null,
        "reason": "it is odd",
        "setAsideAt": "1970-01-01T00:00:00.007Z",
    });
    assert_eq!(item, expected);
    assert_eq!(listed["next"], 1);
    assert_eq!(list("?after=1").await.json(200), json!({"items": [], "next": null}));
    list("?limit=0").await.problem(400);
}

#[tokio::test]
async fn a_store_without_snapshots_says_so() {
    let host = Host::start().await;
    let answer = host.get("/fermata/v1/backup").await;
    answer.is_problem(409, "INVALID_STATE", "a store in memory has no file that could be copied");
}
