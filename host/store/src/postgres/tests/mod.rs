//! What only the inside of the store can show.

mod plans;
#[path = "../../../tests/contract/postgres/server.rs"]
#[expect(dead_code, reason = "the contract suite needs more of it")]
mod server;
