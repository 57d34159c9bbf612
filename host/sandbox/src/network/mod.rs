//! The only way out of a component: HTTP requests, each checked against the grants.
//!
//! A request passes these gates in order: the number of requests, its form, the grant for its endpoint and method,
//! the grants for the secrets in its headers, the component's pace, and for a new connection the address that its host resolves to.
//! A response passes one gate: secrets that it repeats are masked.
//! Nothing follows redirects: a guest that does so sends a new request, which passes all gates again.

pub(crate) mod address;
mod body;
mod client;
mod connector;
mod credentials;
mod failure;
mod gate;
mod masked;
mod outgoing;
mod pace;
mod patience;
mod traffic;

pub(crate) use client::Client;
pub use connector::{Resolve, SystemResolver};
pub(crate) use outgoing::Outgoing;
pub use pace::Pace;
pub(crate) use pace::TooFast;
pub(crate) use traffic::Traffic;
