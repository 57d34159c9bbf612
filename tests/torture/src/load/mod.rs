//! The load on a host: clients that start instances and cancel some of them, humans that complete user tasks, and the
//! ledger of what was asked and answered.

mod clients;
mod humans;
mod ledger;

use std::sync::Arc;
use std::time::Duration;

use harness::Api;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use types::ProcessInstanceKey;

pub(crate) use ledger::Ledger;

/// Clients that start instances at the same time.
const CLIENTS: u64 = 8;
/// How long a client rests between two instances.
const REST: Duration = Duration::from_millis(10);
/// How long a client leaves a host alone that did not do what it was asked.
const AFTER_TROUBLE: Duration = Duration::from_millis(10);

/// The load on a host, which may be another one from time to time. Ends when dropped.
pub(crate) struct Load {
    pub(crate) ledger: Arc<Ledger>,
    host: watch::Sender<Option<Api>>,
    starting: watch::Sender<bool>,
    clients: Vec<JoinHandle<()>>,
    humans: JoinHandle<()>,
}

impl Load {
    /// Begins; there is no host yet.
    pub(crate) fn begin(seed: u64) -> Self {
        let ledger = Arc::new(Ledger::default());
        let host = watch::Sender::new(None);
        let starting = watch::Sender::new(true);
        let clients = (0..CLIENTS)
            .map(|client| {
                let (ledger, host, starting) = (Arc::clone(&ledger), host.subscribe(), starting.subscribe());
                tokio::spawn(clients::work(client, seed, ledger, host, starting))
            })
            .collect();
        let humans = tokio::spawn(humans::work(Arc::clone(&ledger), host.subscribe()));
        Self { ledger, host, starting, clients, humans }
    }

    /// Sends everybody to a host, which must be there from now on, or home. Requests to the one before are given up.
    pub(crate) fn go_to(&self, host: Option<&harness::Host>) {
        match host {
            Some(_) => self.ledger.host_is_back(),
            None => self.ledger.host_goes_away(),
        }
        self.host.send_replace(host.map(|host| host.api()));
    }

    /// Lets clients end. Humans go on with what is left.
    pub(crate) async fn stop_starting(&mut self) {
        self.starting.send_replace(false);
        for client in self.clients.drain(..) {
            if let Err(error) = client.await {
                self.ledger.panicked(&error);
            }
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.humans.abort();
        self.clients.iter().for_each(JoinHandle::abort);
    }
}

/// Waits for a host. `None` when the load has ended.
async fn some_host(host: &mut watch::Receiver<Option<Api>>) -> Option<Api> {
    let found = host.wait_for(Option::is_some).await.ok()?;
    found.clone()
}

/// A request, given up when everybody goes to another host. Without an answer from a host that is there, that is noted.
async fn ask(
    ledger: &Ledger,
    api: &Api,
    host: &mut watch::Receiver<Option<Api>>,
    path: &str,
    body: &serde_json::Value,
) -> Option<harness::Reply> {
    let turn = ledger.turn();
    let reply = tokio::select! {
        // An answer that is there is never thrown away.
        biased;
        reply = api.request("POST", path, Some(body)) => reply,
        _ = host.changed() => return None,
    };
    reply.inspect_err(|error| ledger.no_answer(turn, path, error)).ok()
}

/// Where an instance is cancelled.
pub(crate) fn cancellation(key: ProcessInstanceKey) -> String {
    format!("/v2/process-instances/{key}/cancellation")
}
