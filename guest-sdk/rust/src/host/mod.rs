//! The one seam between this crate and what runs it: the host's imports on wasm, the test double natively.
//!
//! Both sides offer the same functions.

#[cfg(target_family = "wasm")]
mod wasm;
#[cfg(target_family = "wasm")]
pub use wasm::bindings;
#[cfg(target_family = "wasm")]
pub(crate) use wasm::*;

#[cfg(not(target_family = "wasm"))]
pub(crate) use crate::testing::double::*;
