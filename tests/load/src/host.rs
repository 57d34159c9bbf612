//! The host that is measured: the release binary in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail, ensure};

/// The folder of the release binaries, where this program is as well.
fn binaries() -> anyhow::Result<PathBuf> {
    let this = std::env::current_exe()?;
    Ok(this.parent().context("the folder of this program")?.to_owned())
}

/// A component that `cargo xtask guests` has built.
pub(crate) fn component(name: &str) -> anyhow::Result<Vec<u8>> {
    let path = Path::new("target/guests/components").join(name);
    std::fs::read(&path).with_context(|| format!("{} is missing: run `cargo xtask bench`", path.display()))
}

/// A running host. Killed when dropped.
pub(crate) struct Host {
    child: Child,
    pub(crate) url: String,
}

impl Host {
    /// Starts a host on a data folder and returns when it is ready.
    pub(crate) fn start(data: &Path) -> anyhow::Result<Self> {
        let empty = data.join("no-connectors");
        std::fs::create_dir_all(&empty)?;
        let binary = binaries()?.join("fermata");
        let mut child = Command::new(&binary)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .arg("--connectors")
            .arg(&empty)
            .stdout(Stdio::piped())
            .env("RUST_LOG", "error")
            .spawn()
            .with_context(|| format!("failed to run {}", binary.display()))?;
        let mut lines = BufReader::new(child.stdout.take().context("the host's standard output")?).lines();
        loop {
            let Some(line) = lines.next() else { bail!("the host ended: {}", child.wait()?) };
            if let Some(url) = line?.strip_prefix("fermata is ready at ") {
                let url = url.trim().to_owned();
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(Self { child, url });
            }
        }
    }

    /// Resident memory in bytes.
    pub(crate) fn resident_bytes(&self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .context("resident memory is read from /proc, which Linux has")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("VmRSS")?;
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").trim().parse()?;
        Ok(kilobytes * 1024)
    }

    /// Uploads the echo component and deploys a process with one task for it.
    pub(crate) async fn prepare(&self, client: &reqwest::Client) -> anyhow::Result<()> {
        let answer = client
            .post(format!("{}/fermata/v1/components", self.url))
            .header("content-type", "application/wasm")
            .body(component("echo.wasm")?)
            .send()
            .await?;
        ensure!(answer.status().is_success(), "upload: {}", answer.text().await?);
        let model = include_str!("../models/one-task.bpmn");
        let part = reqwest::multipart::Part::text(model).file_name("one-task.bpmn");
        let form = reqwest::multipart::Form::new().part("resources", part);
        let answer = client.post(format!("{}/v2/deployments", self.url)).multipart(form).send().await?;
        ensure!(answer.status().is_success(), "deployment: {}", answer.text().await?);
        Ok(())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
