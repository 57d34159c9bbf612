//! The binary `fermata` as its users run it.

mod support;

mod backup;
mod models;
mod operators;
mod refusals;
mod repair;
mod retention;
mod secrets;
mod start_up;
mod workers;
