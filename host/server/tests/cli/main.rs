//! The binary `fermata` as its users run it.

mod support;

mod backup;
mod models;
mod oci;
mod operators;
mod refusals;
mod repair;
mod retention;
mod scaffold;
mod secrets;
mod signatures;
mod start_up;
#[cfg(unix)]
mod worker_dev;
mod worker_run;
mod workers;
