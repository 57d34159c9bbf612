//! A component against `fermata:worker@0.1.0` as the WIT files alone define it.
//!
//! It is built against that version for ever: where it no longer builds, or no longer runs, the contract was broken.

#[cfg(target_family = "wasm")]
mod component;
