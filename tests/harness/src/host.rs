//! The host: the binary of the same build, in a process of its own.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::api::Api;
use crate::workspace::binary;

/// How long a host may take to be ready, and to end: only a broken one is that slow.
const START_TIMEOUT: Duration = Duration::from_secs(120);
const END_TIMEOUT: Duration = Duration::from_secs(120);
/// How often is looked whether a host has ended.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(5);
/// What a host says when it is ready, before its URL.
const READY: &str = "fermata is ready at ";

/// How a host is started.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The PostgreSQL database that keeps the state; the data folder without.
    pub database_url: Option<String>,
    /// The configuration file.
    pub config: Option<PathBuf>,
    /// Added to the environment.
    pub environment: Vec<(&'static str, OsString)>,
    /// What is logged, as `RUST_LOG` says it.
    pub log: Option<&'static str>,
    /// The file that the log is added to; standard error without.
    pub log_file: Option<PathBuf>,
}

/// A running host, and a client of its API. Killed when dropped.
pub struct Host {
    child: Child,
    api: Api,
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Host {
    /// Starts a host on a data folder and returns when it is ready.
    ///
    /// # Errors
    /// There is no host, it ended before it was ready, or it is neither after a long time.
    pub fn start(data: &Path) -> anyhow::Result<Self> {
        Self::start_with(data, &Options::default())
    }

    /// The same with options.
    ///
    /// # Errors
    /// There is no host, it ended before it was ready, or it is neither after a long time.
    pub fn start_with(data: &Path, options: &Options) -> anyhow::Result<Self> {
        let mut command = command(data, options)?;
        let mut child = Ending(Some(command.spawn().context("failed to run the host")?));
        let stdout = child.0.as_mut().and_then(|child| child.stdout.take()).context("the host's output")?;
        let url = match ready(stdout).recv_timeout(START_TIMEOUT) {
            Ok(url) => url,
            Err(RecvTimeoutError::Disconnected) => {
                let status = child.wait()?;
                bail!("the host ended before it was ready: {status}");
            }
            Err(RecvTimeoutError::Timeout) => {
                bail!("the host was not ready after {} s and was killed", START_TIMEOUT.as_secs());
            }
        };
        let address = url.trim_start_matches("http://").parse()?;
        let api = Api::new(&url)?;
        Ok(Self { child: child.running()?, api, url, address })
    }

    /// Starts a host and kills it after a time, ready or not.
    ///
    /// # Errors
    /// There is no host.
    pub fn start_and_kill(data: &Path, options: &Options, after: Duration) -> anyhow::Result<()> {
        // Nobody reads what it says.
        let child =
            command(data, options)?.stdout(Stdio::null()).spawn().context("failed to run the host")?;
        let _ending = Ending(Some(child));
        std::thread::sleep(after);
        Ok(())
    }

    /// Its API, for others.
    pub fn api(&self) -> Api {
        self.api.clone()
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`. Returns when the process is gone.
    ///
    /// # Errors
    /// The system does not let it.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks the host to end, and waits until it has.
    ///
    /// # Errors
    /// It failed while it ended, or has not ended after a long time.
    pub fn terminate(mut self) -> anyhow::Result<()> {
        self.signal(Signal::TERM)?;
        let Some(status) = wait(&mut self.child, END_TIMEOUT)? else {
            self.kill()?;
            bail!("the host had not ended {} s after it was asked to, and was killed", END_TIMEOUT.as_secs());
        };
        ensure!(status.success(), "the host ended with {status}");
        Ok(())
    }

    /// Stops the process where it is, until [`go_on`](Self::go_on).
    ///
    /// # Errors
    /// The process is gone.
    pub fn pause(&self) -> anyhow::Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets a paused process go on.
    ///
    /// # Errors
    /// The process is gone.
    pub fn go_on(&self) -> anyhow::Result<()> {
        self.signal(Signal::CONT)
    }

    /// Whether the process runs.
    ///
    /// # Errors
    /// The system does not say.
    pub fn is_running(&mut self) -> anyhow::Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Resident memory in bytes.
    ///
    /// # Errors
    /// The system does not say.
    pub fn resident_bytes(&self) -> anyhow::Result<u64> {
        self.status_bytes("VmRSS:")
    }

    /// The most that resident memory has ever been, in bytes.
    ///
    /// # Errors
    /// The system does not say.
    pub fn peak_resident_bytes(&self) -> anyhow::Result<u64> {
        self.status_bytes("VmHWM:")
    }

    /// CPU time that its threads have used; those that have ended are not counted.
    ///
    /// # Errors
    /// The system does not say.
    pub fn cpu_time(&self) -> anyhow::Result<Duration> {
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

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), signal)?)
    }
}

/// Reads what a host prints to its end, so that it never fills the pipe. Sends the URL when it comes.
fn ready(stdout: ChildStdout) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        if let Some(url) = lines.find_map(|line| Some(line.strip_prefix(READY)?.trim().to_owned())) {
            // Who has given up waiting does not want it any more.
            let _ = sender.send(url);
        }
        lines.for_each(drop);
    });
    receiver
}

/// Waits for the end of a process. `None` when that does not come in time.
fn wait(child: &mut Child, timeout: Duration) -> anyhow::Result<Option<ExitStatus>> {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if began.elapsed() > timeout {
            return Ok(None);
        }
        std::thread::sleep(LOOK_AGAIN_AFTER);
    }
}

/// The command that runs a host.
fn command(data: &Path, options: &Options) -> anyhow::Result<Command> {
    // Connectors of a build would cost time at each start.
    let empty = data.join("no-connectors");
    std::fs::create_dir_all(&empty)?;
    let mut command = Command::new(binary("fermata")?);
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    command.arg("--connectors").arg(&empty).stdout(Stdio::piped());
    if let Some(url) = &options.database_url {
        command.env("FERMATA_DATABASE_URL", url);
    }
    if let Some(config) = &options.config {
        command.arg("--config").arg(config);
    }
    if let Some(log) = options.log {
        command.env("RUST_LOG", log);
    }
    if let Some(path) = &options.log_file {
        command.stderr(File::options().create(true).append(true).open(path)?);
    }
    command.envs(options.environment.iter().map(|(name, value)| (name, value)));
    Ok(command)
}

/// A host answers as its API does.
impl Deref for Host {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process that is killed when it does not become a host.
struct Ending(Option<Child>);

impl Ending {
    /// The status of a process that has closed its output.
    fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        let child = self.0.as_mut().context("the process")?;
        wait(child, END_TIMEOUT)?.context("it has closed its output and runs on")
    }

    fn running(mut self) -> anyhow::Result<Child> {
        self.0.take().context("the process")
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
