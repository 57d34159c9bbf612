//! The load generator: starts over HTTP, in a closed or an open loop, with as little work per request as possible,
//! because it shares the machine with the host.
//!
//! One thread does it all. Each simulated client has a connection of its own and one request under way at most.

mod connection;
mod load;
mod schedule;
mod tally;

pub(crate) use connection::{Answer, Connection, Request};
pub(crate) use load::{Load, Span, Window};
pub(crate) use schedule::Pace;
pub(crate) use tally::Tally;

/// Runs `work` on this thread.
pub(crate) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}
