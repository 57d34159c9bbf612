//! The cheapest worker: it returns its variables and adds `workerVersion`.
//!
//! Benches measure the host with it; tests see in `workerVersion` which of two versions answered.

mod echo;

fermata_sdk::worker!(echo::echo);
