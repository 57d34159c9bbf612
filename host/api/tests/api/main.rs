//! The API as clients see it: requests to the router, on a runtime with the in-memory store.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

mod topology;

mod conditionals;
mod decisions;
mod deployments;
mod incidents;
mod jobs;
mod linked;
mod listeners;
mod long_polling;
mod messages;
mod operators;
mod process_definitions;
mod process_instances;
mod resources;
mod user_tasks;
mod variables;

mod async_processes;
mod attempts;
mod components;
mod export;
mod history;
mod metrics;
mod restoration;
mod rollouts;
mod secrets;

mod bad_input;
mod bodies;
mod callers;
mod searching;
mod serving;
mod unavailable;
