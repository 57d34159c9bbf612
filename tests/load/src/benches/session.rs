//! What the benches of one run share.

use std::time::Duration;

use harness::Server;

use crate::generator::{Connection, Load, Pace, Request, block_on};
use crate::host::{Api, Home, Host, component};
use crate::report::Measurement;
use crate::scenario::Scenario;
use crate::seed;

/// Instances that wait in the home of [`Session::waiting`].
const WAITING: u64 = 1_000_000;

/// What the benches of one run share.
pub(super) struct Session {
    scale: f64,
    pub(super) overload_time: Duration,
    /// Where hosts keep their state; without one, in their folders.
    server: Option<Server>,
    waiting: Option<Home>,
}

impl Session {
    pub(super) fn new(scale: f64, overload_time: Duration, server: Option<Server>) -> Self {
        Self { scale, overload_time, server, waiting: None }
    }

    /// A new home for a host.
    pub(super) fn home(&self) -> anyhow::Result<Home> {
        block_on(Home::new(self.server.as_ref()))
    }

    /// So many instances, or fewer in a try.
    pub(super) fn scaled(&self, count: u64) -> u64 {
        ((count as f64 * self.scale).round() as u64).max(1)
    }

    /// Says of a measurement with how many instances it was made.
    pub(super) fn told(&self, measurement: Measurement, instances: u64) -> Measurement {
        let measurement = measurement.with("instances", instances as f64);
        if self.scale == 1.0 {
            return measurement;
        }
        let note = format!("A TRY at scale {}: only {instances} instances", self.scale);
        measurement.with("scale", self.scale).noting(note)
    }

    /// The home with a million waiting instances; several benches use it.
    pub(super) fn waiting(&mut self) -> anyhow::Result<(&Home, u64)> {
        let count = self.scaled(WAITING);
        let home = match self.waiting.take() {
            Some(home) => home,
            None => {
                let home = self.home()?;
                seed::fill(&home, Scenario::Waiting, count)?;
                home
            }
        };
        Ok((self.waiting.insert(home), count))
    }
}

/// A host in which a scenario is deployed, ready for load.
pub(super) struct Prepared {
    pub(super) host: Host,
    pub(super) api: Api,
    /// A start that is answered when the instance has ended, if it ends by itself.
    pub(super) start: Request,
    scenario: Scenario,
}

impl Prepared {
    /// Starts a host and deploys the scenario.
    pub(super) async fn start(home: &Home, scenario: Scenario) -> anyhow::Result<Self> {
        let host = home.start_host()?;
        let api = Api::new(&host.url)?;
        let start = Request::start(host.address, scenario.start()?)?;
        let prepared = Self { host, api, start, scenario };
        prepared.deploy(scenario).await?;
        Ok(prepared)
    }

    /// Deploys a scenario, with a component for its jobs.
    pub(super) async fn deploy(&self, scenario: Scenario) -> anyhow::Result<()> {
        self.api.deploy(scenario, component("echo.wasm")?).await
    }

    /// As many starts as the host answers, by as many clients as keep it busy.
    pub(super) fn closed_loop(&self) -> Load<'_> {
        Load::closed(self.host.address, &self.start, self.scenario.clients())
    }

    /// So many starts a second, whether the host keeps up or not.
    pub(super) fn open_loop(&self, per_second: f64) -> Load<'_> {
        let clients = self.scenario.clients_at(per_second);
        Load { clients, pace: Pace::PerSecond(per_second), ..self.closed_loop() }
    }

    /// A connection to the host.
    pub(super) async fn connect(&self) -> anyhow::Result<Connection> {
        Connection::open(self.host.address).await
    }
}
