//! Runs the binary, and hosts of it.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use anyhow::{Context as _, bail, ensure};

/// What a command said, and how it ended.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    /// The command must have ended with this code.
    pub(crate) fn expect(self, code: i32) -> anyhow::Result<Self> {
        ensure!(self.code == Some(code), "expected exit code {code}: {self:#?}");
        Ok(self)
    }

    /// The command must have been refused with one line that contains all of this.
    pub(crate) fn expect_line(self, code: i32, parts: &[&str]) -> anyhow::Result<()> {
        let output = self.expect(code)?;
        let lines: Vec<&str> = output.stderr.lines().collect();
        ensure!(lines.len() == 1 && lines[0].starts_with("error: "), "expected one line: {output:#?}");
        for part in parts {
            ensure!(lines[0].contains(part), "`{part}` is missing: {output:#?}");
        }
        Ok(())
    }
}

/// The binary with the environment of a fresh machine.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fermata"));
    for name in ["FERMATA_URL", "FERMATA_SECRET_KEY", "FERMATA_CONNECTORS", "RUST_LOG"] {
        command.env_remove(name);
    }
    // A proxy that is not there: whoever asks it on the way to this machine fails.
    command
        .env("HTTP_PROXY", "http://127.0.0.1:9")
        .env("http_proxy", "http://127.0.0.1:9")
        .env_remove("NO_PROXY");
    command
}

/// Runs the binary to its end.
pub(crate) fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> anyhow::Result<Output> {
    run_with(arguments, &[], "")
}

/// The same with variables of the environment and standard input.
pub(crate) fn run_with<A: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = A>,
    environment: &[(&str, &str)],
    input: &str,
) -> anyhow::Result<Output> {
    let mut child = command()
        .args(arguments)
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().context("standard input")?;
    // A command that reads nothing may have ended already.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output()?;
    Ok(Output {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout)?,
        stderr: String::from_utf8(output.stderr)?,
    })
}

/// A running host on a folder of its own. Killed when dropped.
pub(crate) struct Host {
    child: Child,
    pub(crate) url: String,
    stdout: Option<JoinHandle<String>>,
    stderr: Option<JoinHandle<String>>,
}

impl Host {
    /// Starts a host that offers no connectors.
    pub(crate) fn start(data: &Path) -> anyhow::Result<Self> {
        Self::start_with(data, &[], &[])
    }

    /// Starts a host that offers the connectors of a folder.
    pub(crate) fn start_with_connectors(data: &Path, connectors: &Path) -> anyhow::Result<Self> {
        Self::start_with(data, &["--connectors".as_ref(), connectors.as_os_str()], &[])
    }

    /// The same with further arguments and variables.
    pub(crate) fn start_with(
        data: &Path,
        arguments: &[&OsStr],
        environment: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let none = data.join("no-connectors");
        std::fs::create_dir_all(&none)?;
        let mut child = command()
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .env("FERMATA_CONNECTORS", &none)
            .args(arguments)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut stderr = child.stderr.take().context("standard error")?;
        let stderr = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            text
        });
        let mut stdout = BufReader::new(child.stdout.take().context("standard output")?);
        let mut first = String::new();
        stdout.read_line(&mut first)?;
        let Some(url) = first.strip_prefix("fermata is ready at ") else {
            let status = child.wait()?;
            bail!("the host ended with {status}: {first}{}", stderr.join().unwrap_or_default());
        };
        let url = url.trim().to_owned();
        let stdout = std::thread::spawn(move || {
            let mut text = first;
            let _ = stdout.read_to_string(&mut text);
            text
        });
        Ok(Self { child, url, stdout: Some(stdout), stderr: Some(stderr) })
    }

    /// A client for requests that no command makes. A proxy of the environment has no part in them.
    pub(crate) fn client(&self) -> anyhow::Result<reqwest::Client> {
        // Talking to a host on this machine takes no certificates; the client wants a provider all the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(reqwest::Client::builder().no_proxy().build()?)
    }

    /// Asks again until an instance has ended. Fails after a minute: only a broken host is that slow.
    pub(crate) fn wait_for_end(&self, instance: &str) -> anyhow::Result<()> {
        for _ in 0..600 {
            let output = self.run(["instances", "--state", "completed", "--json"])?.expect(0)?;
            if output.stdout.contains(instance) {
                return Ok(());
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        bail!("instance {instance} has not ended within a minute")
    }

    /// Runs a command that talks to this host.
    pub(crate) fn run<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> anyhow::Result<Output> {
        run_with(arguments, &[("FERMATA_URL", &self.url)], "")
    }

    /// The same with standard input.
    pub(crate) fn run_with_input<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
        input: &str,
    ) -> anyhow::Result<Output> {
        run_with(arguments, &[("FERMATA_URL", &self.url)], input)
    }

    /// Sends a signal to this very process, waits for its end, and gives all that it said.
    #[cfg(unix)]
    pub(crate) fn end(mut self, signal: &str) -> anyhow::Result<Output> {
        let sent =
            Command::new("kill").arg(format!("-{signal}")).arg(self.child.id().to_string()).status()?;
        ensure!(sent.success(), "kill: {sent}");
        let code = self.child.wait()?.code();
        let text = |thread: &mut Option<JoinHandle<String>>| {
            thread.take().and_then(|thread| thread.join().ok()).unwrap_or_default()
        };
        Ok(Output { code, stdout: text(&mut self.stdout), stderr: text(&mut self.stderr) })
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A component that `cargo xtask guests` has built.
pub(crate) fn component(name: &str) -> anyhow::Result<PathBuf> {
    let path = components().join(name);
    ensure!(path.exists(), "{} is missing: run `cargo xtask guests` first", path.display());
    Ok(path)
}

/// The folder of the components.
pub(crate) fn components() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/guests/components")
}

/// A model of the tests.
pub(crate) fn model(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/e2e/models").join(name)
}

/// Arguments of any kind in one list.
macro_rules! line {
    ($($argument:expr),* $(,)?) => { [$(::std::ffi::OsString::from($argument)),*] };
}
pub(crate) use line;
