//! Humans that complete every user task that they find.

use std::sync::Arc;

use futures_util::StreamExt as _;
use harness::{Api, Reply};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::sleep;
use types::UserTaskKey;

use super::ledger::Ledger;
use super::{AFTER_TROUBLE, REST, ask, some_host};

/// Tasks that are looked for at a time, and worked on.
const TASKS: usize = 100;
const AT_ONCE: usize = 8;

/// Completes user tasks until the load has ended.
pub(super) async fn work(ledger: Arc<Ledger>, mut host: watch::Receiver<Option<Api>>) {
    while let Some(api) = some_host(&mut host).await {
        let search = json!({ "filter": { "state": "CREATED" }, "page": { "limit": TASKS } });
        let found = ask(&ledger, &api, &mut host, "/v2/user-tasks/search", &search).await;
        let tasks = match &found {
            Some(reply) => tasks(reply).unwrap_or_else(|| {
                ledger.not_done("a search", reply);
                Vec::new()
            }),
            None => Vec::new(),
        };
        if tasks.is_empty() {
            sleep(if found.is_some() { REST } else { AFTER_TROUBLE }).await;
            continue;
        }
        let (api, ledger, host) = (&api, &ledger, &host);
        futures_util::stream::iter(tasks)
            .for_each_concurrent(AT_ONCE, |task| complete(api, host.clone(), ledger, task))
            .await;
    }
}

/// The keys in the answer to a search that succeeded.
fn tasks(reply: &Reply) -> Option<Vec<UserTaskKey>> {
    if reply.status != 200 {
        return None;
    }
    let items = reply.body["items"].as_array()?;
    items.iter().map(|item| item["userTaskKey"].as_str()?.parse().ok()).collect()
}

async fn complete(api: &Api, mut host: watch::Receiver<Option<Api>>, ledger: &Ledger, task: UserTaskKey) {
    let request = ledger.begin_completion(task);
    let path = format!("/v2/user-tasks/{task}/completion");
    let reply = ask(ledger, api, &mut host, &path, &json!({ "variables": { "approved": true } })).await;
    drop(request);
    match reply {
        Some(reply) if reply.status == 204 => ledger.completed(task),
        // It is done already, by a request whose answer was lost, or its instance was cancelled.
        Some(reply) if matches!(reply.status, 404 | 409) => {}
        Some(reply) => ledger.not_done("a completion", &reply),
        None => {}
    }
}
