//! A service that answers when it is told to: what waits for it, and in which order it came, does not depend on time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// A web server that answers nobody before it is told to. It listens until its runtime ends.
pub(crate) struct Gate {
    /// Its URL, without a path. The path of a request names who asks.
    pub(crate) url: String,
    seen: Seen,
    places: Arc<Semaphore>,
}

/// Those who have come.
type Seen = Arc<Mutex<Visits>>;

#[derive(Default)]
struct Visits {
    arrived: Vec<String>,
    waiting: usize,
    most: usize,
}

impl Gate {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (seen, places) = (Seen::default(), Arc::new(Semaphore::new(0)));
        let router =
            Router::new().route("/{name}", get(wait)).with_state((Arc::clone(&seen), Arc::clone(&places)));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, seen, places })
    }

    /// Lets so many go.
    pub(crate) fn let_go(&self, count: usize) {
        self.places.add_permits(count);
    }

    /// Lets all go, and all who come.
    pub(crate) fn open(&self) {
        self.places.close();
    }

    /// The names of those who have come, in their order.
    pub(crate) fn arrived(&self) -> Vec<String> {
        lock(&self.seen).arrived.clone()
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        lock(&self.seen).waiting
    }

    /// How many have waited at the same time at most since this was asked last.
    pub(crate) fn most(&self) -> usize {
        let mut seen = lock(&self.seen);
        let waiting = seen.waiting;
        std::mem::replace(&mut seen.most, waiting)
    }
}

/// Somebody who waits, until the answer or the end of the connection.
struct Waiting(Seen);

impl Drop for Waiting {
    fn drop(&mut self) {
        lock(&self.0).waiting -= 1;
    }
}

async fn wait(
    State((seen, places)): State<(Seen, Arc<Semaphore>)>,
    Path(name): Path<String>,
) -> &'static str {
    let _waiting = {
        let mut visits = lock(&seen);
        visits.arrived.push(name);
        visits.waiting += 1;
        visits.most = visits.most.max(visits.waiting);
        Waiting(Arc::clone(&seen))
    };
    if let Ok(place) = places.acquire().await {
        place.forget();
    }
    "let go"
}

fn lock(seen: &Seen) -> MutexGuard<'_, Visits> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
