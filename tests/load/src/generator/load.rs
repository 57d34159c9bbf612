//! Clients that send the same request, and what comes of it.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;
use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio::time::{Instant, sleep, sleep_until};

use super::connection::{Answer, Connection, Request};
use super::schedule::{Pace, Schedule};
use super::tally::Tally;

/// Connections that are opened at the same time: a listener's queue is short.
const OPENING_MAX: usize = 64;
/// How long a client leaves a host alone that does not take its connection.
const RECONNECT_AFTER: Duration = Duration::from_millis(50);

/// Clients that send the same request.
#[derive(Clone, Copy)]
pub(crate) struct Load<'a> {
    pub(crate) host: SocketAddr,
    pub(crate) request: &'a Request,
    /// Most requests under way at the same time.
    pub(crate) clients: usize,
    pub(crate) pace: Pace,
    /// Sees every answer.
    pub(crate) on_answer: Option<&'a dyn Fn(&Answer)>,
}

/// For how long, and how it is divided up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    /// What comes in this time does not count.
    pub(crate) warm_up: Duration,
    pub(crate) window: Duration,
    pub(crate) windows: u32,
}

/// What came in one stretch of time.
#[derive(Debug)]
pub(crate) struct Window {
    pub(crate) tally: Tally,
    pub(crate) lasted: Duration,
}

/// What a load has come to.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) windows: Vec<Window>,
    /// Of requests that were under way when the last window ended.
    pub(crate) rest: Tally,
    /// Requests of an open loop that were due, and that no client was free to send.
    pub(crate) missed: u64,
}

impl Window {
    /// Successes per second.
    pub(crate) fn rate(&self) -> f64 {
        self.tally.succeeded() as f64 / self.lasted.as_secs_f64()
    }
}

impl Measured {
    /// All windows together.
    pub(crate) fn in_windows(&self) -> Tally {
        let mut whole = Tally::default();
        self.windows.iter().for_each(|window| whole.add(&window.tally));
        whole
    }

    /// All windows together, and what came after them: of an open loop, slow answers must not be left out.
    pub(crate) fn with_rest(&self) -> Tally {
        let mut whole = self.in_windows();
        whole.add(&self.rest);
        whole
    }
}

impl<'a> Load<'a> {
    /// A closed loop.
    pub(crate) fn closed(host: SocketAddr, request: &'a Request, clients: usize) -> Self {
        Self { host, request, clients, pace: Pace::Answers, on_answer: None }
    }

    /// Connects, and keeps the load up for `span`.
    pub(crate) async fn measure(&self, span: Span, each: impl FnMut(&Window)) -> anyhow::Result<Measured> {
        Ok(self.measure_on(self.connect().await?, span, each).await)
    }

    /// Keeps the load up for `span`, with one client for each connection, without a pause between its windows:
    /// what counts for a window is what came while it lasted. Returns when all requests are answered.
    pub(crate) async fn measure_on(
        &self,
        connections: Vec<Connection>,
        span: Span,
        mut each: impl FnMut(&Window),
    ) -> Measured {
        let tally = RefCell::new(Tally::default());
        let schedule = Schedule::lasting(self.pace, span.warm_up + span.window * span.windows);
        let windows = async {
            let mut ends = Instant::now() + span.warm_up;
            sleep_until(ends).await;
            tally.take();
            let mut windows = Vec::new();
            for _ in 0..span.windows {
                let began = Instant::now();
                ends += span.window;
                sleep_until(ends).await;
                let window = Window { tally: tally.take(), lasted: began.elapsed() };
                each(&window);
                windows.push(window);
            }
            windows
        };
        let (windows, ()) = tokio::join!(windows, self.clients(connections, &schedule, &tally));
        Measured { windows, rest: tally.into_inner(), missed: schedule.missed() }
    }

    /// Sends exactly so many requests.
    pub(crate) async fn exactly(&self, requests: u64) -> anyhow::Result<Tally> {
        let connections = self.connect().await?;
        let tally = RefCell::new(Tally::default());
        let schedule = Schedule::counting(self.pace, requests);
        self.clients(connections, &schedule, &tally).await;
        Ok(tally.into_inner())
    }

    /// Connections for as many of the clients as the host lets in: it may have a limit.
    pub(crate) async fn connect_as_far_as_possible(&self) -> anyhow::Result<Vec<Connection>> {
        let mut connections = Vec::with_capacity(self.clients);
        while connections.len() < self.clients {
            let opening = OPENING_MAX.min(self.clients - connections.len());
            for opened in join_all((0..opening).map(|_| Connection::open(self.host))).await {
                match opened {
                    Ok(connection) => connections.push(connection),
                    Err(error) if connections.is_empty() => return Err(error),
                    Err(_) => return Ok(connections),
                }
            }
        }
        Ok(connections)
    }

    /// A connection for each client.
    async fn connect(&self) -> anyhow::Result<Vec<Connection>> {
        futures_util::stream::iter(0..self.clients)
            .map(|_| Connection::open(self.host))
            .buffer_unordered(OPENING_MAX)
            .try_collect()
            .await
    }

    async fn clients(&self, connections: Vec<Connection>, schedule: &Schedule, tally: &RefCell<Tally>) {
        let mut clients: FuturesUnordered<_> = connections
            .into_iter()
            .map(|connection| self.client(Some(connection), schedule, tally))
            .collect();
        while clients.next().await.is_some() {}
    }

    async fn client(&self, mut connection: Option<Connection>, schedule: &Schedule, tally: &RefCell<Tally>) {
        while let Some(meant) = schedule.next() {
            if meant > Instant::now() {
                sleep_until(meant).await;
            }
            let result = self.send(&mut connection).await;
            tally.borrow_mut().record(meant.elapsed(), &result);
            match (&result, self.on_answer) {
                (Ok(answer), Some(on_answer)) => on_answer(answer),
                (Ok(_), None) => {}
                (Err(_), _) => {
                    connection = None;
                    sleep(RECONNECT_AFTER).await;
                }
            }
        }
    }

    async fn send(&self, connection: &mut Option<Connection>) -> anyhow::Result<Answer> {
        let connection = match connection {
            Some(connection) if !connection.is_closed() => connection,
            // There is none, or the host has closed it because it was idle for long.
            _ => connection.insert(Connection::open(self.host).await?),
        };
        connection.send(self.request).await
    }
}
