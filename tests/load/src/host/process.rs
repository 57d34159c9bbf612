//! The process: the binary that stands beside this program.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process};

/// The folder of the binaries, where this program is as well.
fn binaries() -> anyhow::Result<PathBuf> {
    let this = std::env::current_exe()?;
    Ok(this.parent().context("the folder of this program")?.to_owned())
}

/// A component that `cargo xtask guests` has built.
pub(crate) fn component(name: &str) -> anyhow::Result<Vec<u8>> {
    let path = Path::new("target/guests/components").join(name);
    std::fs::read(&path).with_context(|| {
        format!("{} is missing: run `cargo xtask guests` in the workspace's root folder", path.display())
    })
}

/// A running host. Killed when dropped.
pub(crate) struct Host {
    child: Child,
    pub(crate) url: String,
    pub(crate) address: SocketAddr,
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
                let address = url.trim_start_matches("http://").parse()?;
                // Whatever else it prints must not fill the pipe.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(Self { child, url, address });
            }
        }
    }

    /// `kill -9`. Returns when the process is gone.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks the host to end, and waits until it has.
    pub(crate) fn terminate(mut self) -> anyhow::Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let status = self.child.wait()?;
        anyhow::ensure!(status.success(), "the host ended with {status}");
        Ok(())
    }

    /// Resident memory in bytes.
    pub(crate) fn resident_bytes(&self) -> anyhow::Result<u64> {
        self.status_bytes("VmRSS:")
    }

    /// The most that resident memory has ever been, in bytes.
    pub(crate) fn peak_resident_bytes(&self) -> anyhow::Result<u64> {
        self.status_bytes("VmHWM:")
    }

    /// CPU time that its threads have used; those that have ended are not counted.
    pub(crate) fn cpu_time(&self) -> anyhow::Result<Duration> {
        let mut nanos = 0;
        for thread in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            // A thread may end between the two looks.
            let Ok(text) = std::fs::read_to_string(thread?.path().join("schedstat")) else { continue };
            nanos += text.split_whitespace().next().unwrap_or_default().parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanos))
    }

    fn status_bytes(&self, field: &str) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .context("memory is read from /proc, which Linux has")?;
        let line = status.lines().find_map(|line| line.strip_prefix(field)).context(field.to_owned())?;
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").trim().parse()?;
        Ok(kilobytes * 1024)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
