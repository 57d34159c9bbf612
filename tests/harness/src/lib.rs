//! What tests, benches and torture share: a host in a process of its own, a client for it, and a PostgreSQL in a
//! temporary folder.
//!
//! Must never depend on: anything of the host. It sees the binary, and the interfaces that everybody sees.

mod api;
mod host;
mod postgres;
mod workspace;

pub use api::{Api, Reply, text};
pub use host::{Host, Options};
pub use postgres::{Schema, Server};
pub use workspace::{binary, component, root};
