//! The probe of a language: a component that does what a test asks for.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context as _;
use scaffold::Language;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::harness::{binary, root};

/// The probe of one language, and the service that it calls.
pub(crate) struct Probe {
    language: Language,
    address: SocketAddr,
    folder: tempfile::TempDir,
}

impl Probe {
    /// The probe of a language, with a service at an address that it is granted.
    pub(crate) fn new(language: Language, address: SocketAddr) -> anyhow::Result<Self> {
        Ok(Self { language, address, folder: tempfile::tempdir()? })
    }

    /// Where a test keeps what belongs to its jobs.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// One job in the sandbox, as `fermata worker run` tells it.
    pub(crate) async fn run(&self, variables: &Value, options: &[String]) -> anyhow::Result<Value> {
        let mut command = Command::new(binary("fermata")?);
        command.args(["worker", "run", "--json", "--host", &format!("http://{}", self.address)]);
        command.args(options).args(["--job", &json!({ "variables": variables }).to_string()]);
        let wasm = format!("target/guests/components/probe-{}.wasm", self.language);
        command.arg(root().join(wasm)).env("XDG_CACHE_HOME", self.folder.path());
        let output = command.output().await?;
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("{}", String::from_utf8_lossy(&output.stderr)))
    }
}
