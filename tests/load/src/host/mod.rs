//! The host that is measured, in a process of its own, and what it is asked beside the load.

mod api;
mod home;

pub(crate) use api::Api;
pub(crate) use harness::{Host, component};
pub(crate) use home::Home;
