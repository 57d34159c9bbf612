//! What the whole-host tests share.

#![allow(dead_code, unused_imports, reason = "each test binary uses its part")]

use anyhow::Context as _;

pub(crate) use ::harness::{Api, Host, Options, Schema, Server, binary, component, root, text};

/// A model of these tests.
pub(crate) fn model(name: &str) -> anyhow::Result<String> {
    let path = root().join("tests/e2e/models").join(name);
    std::fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))
}
