//! `fermata serve`: runs a host until it is told to end.

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};

use crate::config::{self, Overrides};
use crate::failure::Failure;
use crate::host::Host;
use crate::logging;

const EXAMPLES: &str = "\
Examples:
  fermata serve
  fermata serve --listen 0.0.0.0:8080 --data /var/lib/fermata
  fermata serve --database-url postgres://user:password@localhost/fermata
  fermata serve --host-name fermata.example     behind a proxy that calls it so
  fermata serve --config fermata.toml --log-format json

A configuration file, all of it optional:
  listen = \"127.0.0.1:8080\"
  host_names = [\"fermata.example\"]       # beside localhost and the address
  data = \"fermata-data\"
  database_url = \"postgres://user:password@localhost/fermata\"
  partitions = 4                         # of a new PostgreSQL database, which keeps them
  connectors = \"connectors\"              # *.wasm that every model may use
  concurrency = 64                       # jobs that run at the same time
  component_bytes_max = 67108864         # an uploaded component
  root_certificates = [\"company-ca.pem\"] # trusted beside the public ones
  [components]                           # what compiling an uploaded one may take
  compile_seconds = 540
  compile_cpu_seconds = 600
  compile_memory_bytes = 2147483648
  signatures = \"required\"                # or \"optional\"; connectors of this host are its own
  trusted_keys = [\"ed25519:…\"]           # as `fermata worker keygen` prints them
  loaded_bytes = 536870912               # compiled code kept in memory; the rest is loaded when jobs come
  [limits]                               # of one job, unless granted otherwise
  memory_bytes = 67108864
  wall_time_ms = 30000
  cpu_time_ms = 5000
  [dispatch.tenants]                     # how many jobs they get in proportion to each other; 1 otherwise
  gold = 3
  [retention]                            # of finished instances; without it they stay for ever
  default = \"P90D\"                       # an ISO 8601 duration, or \"never\"
  export = \"history\"                     # their history goes to NDJSON files here before they are removed
  [retention.processes]                  # by the process's id, in all versions
  order = \"P10Y\"
  audit = \"never\"

Secrets are sealed with a key in the data folder, or with the one in FERMATA_SECRET_KEY (32 random bytes in
Base64: `head -c 32 /dev/urandom | base64`). Hosts that share a database need the same one there.
The host asks for no authentication yet: whoever reaches it may do anything. Web pages of others are refused, and on the
loopback interface so is every name but localhost, the address, and those of --host-name.
RUST_LOG chooses what is logged: `RUST_LOG=fermata=debug`.";

/// Run a host.
///
/// It prints one line when it is ready, `fermata is ready at URL`, and ends on SIGINT or SIGTERM.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Address and port to listen on [default: 127.0.0.1:8080]; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// A name by which callers may know the host, beside `localhost` and its address; repeatable
    #[arg(long, value_name = "NAME")]
    host_name: Vec<String>,
    /// The folder for all data, or without the state when that is in PostgreSQL; made when it is missing
    /// [default: ./fermata-data]
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// A PostgreSQL database for the state; the folder then keeps only what is this host's alone
    ///
    /// One host works on it at a time. A second one waits, and takes over when the first is gone.
    #[arg(long, value_name = "URL", env = "FERMATA_DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// How many partitions a new PostgreSQL database gets, which it keeps; one is work for about one processor
    /// [default: one for each processor, at most 8]
    #[arg(long, value_name = "NUMBER")]
    partitions: Option<u16>,
    /// Settings from a file; the command line goes before it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder with the connectors to offer [default: `connectors` beside the executable, or
    /// those of a build in a checkout]
    #[arg(long, value_name = "FOLDER", env = "FERMATA_CONNECTORS")]
    connectors: Option<PathBuf>,
    /// How the log on standard error is written
    #[arg(long, value_enum, default_value_t)]
    log_format: logging::Format,
}

/// Runs the command.
pub(crate) async fn run(arguments: Arguments) -> Result<(), Failure> {
    logging::start(arguments.log_format).map_err(Failure::unusable)?;
    raise_open_files_limit();
    let Arguments {
        listen, host_name: host_names, data, database_url, partitions, config, connectors, ..
    } = arguments;
    let overrides = Overrides { listen, host_names, data, database_url, partitions, config, connectors };
    let options = config::options(overrides).map_err(Failure::unusable)?;
    let mut signals = Signals::listen().map_err(Failure::unusable)?;
    let data = options.data.clone();
    let mut host = tokio::select! {
        host = Host::start(options) => host.map_err(Failure::unusable)?,
        signal = signals.next() => {
            tracing::info!("{signal}: ending before the host is ready");
            return Ok(());
        }
    };

    let mut stdout = std::io::stdout();
    // Whoever started the host may not care to read.
    let _ = writeln!(stdout, "fermata is ready at http://{}", host.address).and_then(|()| stdout.flush());
    tracing::info!(address = %host.address, data = %data.display(), "ready");

    let stopped = tokio::select! {
        signal = signals.next() => {
            tracing::info!("{signal}: shutting down");
            Ok(())
        }
        () = host.failed() => Err(anyhow!("the host has stopped: see its log; what is stored is safe to start on").into()),
    };
    // Also after a failure: what it still holds is free for others then.
    tokio::select! {
        () = host.shut_down() => {}
        signal = signals.next() => tracing::warn!("{signal} again: ending at once"),
    }
    stopped
}

/// Each connection is a file to the system, whose usual limit is far below what it allows on demand.
#[cfg(unix)]
fn raise_open_files_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "the limit of open files cannot be raised: many connections may find no room");
    }
}

#[cfg(not(unix))]
fn raise_open_files_limit() {}

/// What tells the host to end.
#[cfg(unix)]
pub(super) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    pub(super) fn listen() -> anyhow::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        let listen = |kind| signal(kind).context("failed to listen for signals");
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    pub(super) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}

/// What tells the host to end.
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(super) fn listen() -> anyhow::Result<Self> {
        Ok(Self)
    }

    pub(super) async fn next(&mut self) -> &'static str {
        let _ = tokio::signal::ctrl_c().await;
        "Ctrl-C"
    }
}
