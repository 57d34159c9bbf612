//! How soon a host that was killed under load completes new work.

use std::time::{Duration, Instant};

use anyhow::bail;

use super::session::{Prepared, Session};
use crate::generator::{Connection, Load, Request, Span, block_on};
use crate::report::{Measurement, median};
use crate::scenario::Scenario;

const RUNS: usize = 5;
/// How long the load lasts before the kill.
const UNDER_LOAD: Duration = Duration::from_secs(3);
/// Longer than that.
const LOAD: Span = Span { warm_up: Duration::ZERO, window: Duration::from_secs(60), windows: 1 };

/// Seconds from the start after a `kill -9` to the end of the first instance that is started then.
pub(super) fn bench(session: &mut Session) -> anyhow::Result<Measurement> {
    let home = session.home()?;
    block_on(async {
        let (mut completed, mut ready) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let mut prepared = Prepared::start(&home, Scenario::OneTask).await?;
            let (host, start) = (&mut prepared.host, &prepared.start);
            let load = Load::closed(host.address, start, Scenario::OneTask.clients());
            let killed = async {
                tokio::time::sleep(UNDER_LOAD).await;
                host.kill()
            };
            tokio::select! {
                measured = load.measure(LOAD, |_| {}) => {
                    bail!("the load ended before the kill: {}", measured?.with_rest().troubles())
                }
                killed = killed => killed?,
            }

            let began = Instant::now();
            let host = home.start_host()?;
            ready.push(began.elapsed().as_secs_f64());
            let start = Request::start(host.address, Scenario::OneTask.start()?)?;
            Connection::open(host.address).await?.send(&start).await?.into_success()?;
            completed.push(began.elapsed().as_secs_f64());
        }
        let (ready, clients) = (median(ready), Scenario::OneTask.clients());
        Ok(Measurement::median(completed, "s")
            .noting(format_args!("ready after {ready:.2} s; one-task, {clients} at a time"))
            .with("ready_s", ready))
    })
}
