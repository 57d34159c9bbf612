//! Clients that start instances, and cancel one in five.

use std::sync::Arc;

use harness::{Api, Reply};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::sleep;
use types::ProcessInstanceKey;

use super::ledger::Ledger;
use super::{AFTER_TROUBLE, REST, ask, cancellation, some_host};
use crate::random::Random;

/// Instances of a hundred that are cancelled.
const CANCELLED_SHARE: u64 = 20;
/// How long such an instance may live, in milliseconds: longer than its timer waits.
const LIFE_MS_MAX: u64 = 1_500;

/// Starts instances until `starting` is false.
pub(super) async fn work(
    client: u64,
    seed: u64,
    ledger: Arc<Ledger>,
    mut host: watch::Receiver<Option<Api>>,
    mut starting: watch::Receiver<bool>,
) {
    let mut random = Random::new(seed.wrapping_add(client), "client");
    let mut number = 0_u64;
    while *starting.borrow_and_update() {
        let api = tokio::select! {
            api = some_host(&mut host) => api,
            _ = starting.changed() => continue,
        };
        let Some(api) = api else { return };
        number += 1;
        let business_id = format!("client-{client}-{number}");
        let started = start(&api, &mut host, &ledger, &business_id).await;
        let (Some(key), true) = (started, random.per_cent(CANCELLED_SHARE)) else {
            sleep(if started.is_some() { REST } else { AFTER_TROUBLE }).await;
            continue;
        };
        let life = random.millis(0, LIFE_MS_MAX);
        let (ledger, host) = (Arc::clone(&ledger), host.clone());
        tokio::spawn(async move {
            sleep(life).await;
            cancel(&ledger, host, key).await;
        });
        sleep(REST).await;
    }
}

/// One start: its business id is its own, and it is never repeated.
async fn start(
    api: &Api,
    host: &mut watch::Receiver<Option<Api>>,
    ledger: &Ledger,
    business_id: &str,
) -> Option<ProcessInstanceKey> {
    let body = json!({
        "processDefinitionId": "torture",
        "businessId": business_id,
        "tags": ["torture"],
        "variables": { "text": business_id },
    });
    let request = ledger.begin_start(business_id);
    let reply = ask(ledger, api, host, "/v2/process-instances", &body).await;
    drop(request);
    let reply = reply?;
    let key = started(&reply);
    match key {
        Some(key) => ledger.started(business_id, key),
        None => ledger.not_done("a start", &reply),
    }
    key
}

/// The key in the answer to a start that succeeded.
fn started(reply: &Reply) -> Option<ProcessInstanceKey> {
    if reply.status != 200 {
        return None;
    }
    reply.body["processInstanceKey"].as_str()?.parse().ok()
}

async fn cancel(ledger: &Ledger, mut host: watch::Receiver<Option<Api>>, key: ProcessInstanceKey) {
    let Some(api) = some_host(&mut host).await else { return };
    let request = ledger.begin_cancel(key);
    let reply = ask(ledger, &api, &mut host, &cancellation(key), &json!({})).await;
    drop(request);
    match reply {
        Some(reply) if reply.status == 204 => ledger.cancelled(key),
        // It has ended before.
        Some(reply) if matches!(reply.status, 404 | 409) => {}
        Some(reply) => ledger.not_done("a cancellation", &reply),
        None => {}
    }
}
