//! A host of the history: a runtime on the store, until it crashes or another one takes over.

use std::sync::Arc;

use runtime::{Config, Handle, Runtime, SecretTokens};

use crate::clock::{HostClock, SimClock};
use crate::components::{Components, Executor};
use crate::disk::Disk;
use crate::faults::Plan;
use crate::session::Session;
use crate::tamper::Tamper;
use crate::witness::Witness;

/// Starts that may fail one after the other before the history gives up.
const STARTS_MAX: usize = 100;

/// What all hosts of a history stand on.
pub(crate) struct Ground {
    pub(crate) clock: Arc<SimClock>,
    pub(crate) disk: Arc<Disk>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) witness: Arc<Witness>,
    pub(crate) components: Arc<Components>,
    pub(crate) tamper: Arc<dyn Tamper>,
    pub(crate) config: Config,
    /// Hosts so far.
    pub(crate) hosts: u32,
}

/// One host.
pub(crate) struct Host {
    handle: Handle,
    /// Empty once it has ended.
    runtime: Option<Runtime>,
    session: Arc<Session>,
}

struct NoSecrets;

impl SecretTokens for NoSecrets {
    fn token(&self, name: &str) -> String {
        format!("token-of-{name}")
    }
}

impl Ground {
    /// Starts a host, again and again until it comes up.
    async fn start(&mut self) -> anyhow::Result<Host> {
        for _ in 0..STARTS_MAX {
            self.hosts += 1;
            let number = self.hosts;
            let session = Session::new(
                Arc::clone(&self.disk),
                Arc::clone(&self.plan),
                Arc::clone(&self.witness),
                Arc::clone(&self.tamper),
            );
            let executor = Executor {
                host: number,
                components: Arc::clone(&self.components),
                witness: Arc::clone(&self.witness),
                tamper: Arc::clone(&self.tamper),
            };
            let clock = HostClock { clock: Arc::clone(&self.clock), tamper: Arc::clone(&self.tamper) };
            let start = Runtime::start(
                Arc::clone(&session) as _,
                Arc::new(clock),
                Arc::new(executor),
                Arc::new(NoSecrets),
                self.config.clone(),
            );
            let started = tokio::select! {
                biased;
                started = start => started.map_err(|error| error.to_string()),
                () = session.died() => Err("it crashed".to_owned()),
            };
            match started {
                Ok(runtime) => {
                    self.witness.note(|| format!("host {number} runs"));
                    let handle = runtime.handle.clone();
                    return Ok(Host { handle, runtime: Some(runtime), session });
                }
                Err(reason) => {
                    self.witness.note(|| format!("host {number} does not start: {reason}"));
                    if session.is_dead() {
                        self.lost()?;
                    }
                    session.kill();
                }
            }
        }
        anyhow::bail!("{STARTS_MAX} hosts did not start")
    }

    /// A host has died.
    fn lost(&self) -> anyhow::Result<()> {
        self.witness.count(|counts| counts.crashes += 1);
        self.disk.crash()
    }
}

/// The place where a history happens: the ground, and the host that runs on it.
pub(crate) struct Site {
    pub(crate) ground: Ground,
    host: Host,
}

impl Site {
    pub(crate) async fn open(mut ground: Ground) -> anyhow::Result<Self> {
        let host = ground.start().await?;
        Ok(Self { ground, host })
    }

    /// The way to ask the host. Another one is started first if it has died.
    pub(crate) async fn handle(&mut self) -> anyhow::Result<Handle> {
        if self.is_dead() {
            self.crash().await?;
        }
        Ok(self.host.handle().clone())
    }

    /// Whether the host of the moment has died, and nobody has noticed.
    pub(crate) fn is_dead(&self) -> bool {
        self.host.is_dead()
    }

    /// Ends the host as `kill -9` would, and starts another one on what is on the disk.
    pub(crate) async fn crash(&mut self) -> anyhow::Result<()> {
        self.ground.witness.note(|| "crash".to_owned());
        self.host.end().await;
        self.ground.lost()?;
        self.host = self.ground.start().await?;
        Ok(())
    }

    /// Another host takes over from this one, which stands still meanwhile. It goes on afterwards and knows of nothing.
    pub(crate) async fn take_over(&mut self) -> anyhow::Result<Host> {
        self.ground.witness.note(|| "another host takes over".to_owned());
        self.host.session.suspend();
        let next = self.ground.start().await?;
        self.host.session.resume();
        Ok(std::mem::replace(&mut self.host, next))
    }

    /// The host ends for good.
    pub(crate) async fn close(mut self) -> Ground {
        self.host.end().await;
        self.ground
    }
}

impl Host {
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    pub(crate) fn is_dead(&self) -> bool {
        self.session.is_dead()
    }

    /// Ends it as `kill -9` would.
    pub(crate) async fn end(&mut self) {
        self.session.kill();
        if let Some(runtime) = self.runtime.take() {
            runtime.abort().await;
        }
    }
}
