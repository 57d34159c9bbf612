//! How long one instance takes, on a host with a steady load and on an idle one.

use std::time::Duration;

use super::session::{Prepared, Session};
use crate::generator::{Load, Span, block_on};
use crate::report::Measurement;
use crate::scenario::Scenario;

/// Starts per second of the steady load.
const STEADY_PER_SECOND: f64 = 1_000.0;
const STEADY: Span = Span { warm_up: Duration::from_secs(3), window: Duration::from_secs(20), windows: 1 };

const IDLE: Span = Span { warm_up: Duration::from_secs(1), window: Duration::from_secs(5), windows: 1 };

/// Milliseconds from the time at which an instance was meant to start to its end, p99 at 1,000 starts a second.
pub(super) fn one_task_p99(session: &mut Session) -> anyhow::Result<Measurement> {
    let home = session.home()?;
    block_on(async {
        let prepared = Prepared::start(&home, Scenario::OneTask).await?;
        let measured = prepared.open_loop(STEADY_PER_SECOND).measure(STEADY, |_| {}).await?;
        let tally = measured.with_rest();
        tally.all_succeeded()?;
        let rate = measured.windows.iter().map(|window| window.rate()).sum::<f64>();
        let mut measurement =
            Measurement::new(tally.percentile_ms(99.0), "ms", tally.latencies().to_string())
                .noting(format_args!("{rate:.0} instances/s"))
                .with("instances_per_s", rate)
                .with("p50_ms", tally.percentile_ms(50.0))
                .with("p999_ms", tally.percentile_ms(99.9))
                .with("max_ms", tally.max_ms())
                .with("missed", measured.missed as f64);
        if measured.missed > 0 {
            measurement = measurement.noting(format_args!(
                "the host did not keep up: {} starts were due and could not be sent",
                measured.missed
            ));
        }
        Ok(measurement)
    })
}

/// Milliseconds from start to end of an instance with one task, one at a time.
pub(super) fn one_task_idle(session: &mut Session) -> anyhow::Result<Measurement> {
    idle(session, Scenario::OneTask)
}

/// The same with ten tasks.
pub(super) fn ten_tasks_idle(session: &mut Session) -> anyhow::Result<Measurement> {
    idle(session, Scenario::TenTasks)
}

fn idle(session: &Session, scenario: Scenario) -> anyhow::Result<Measurement> {
    let home = session.home()?;
    block_on(async {
        let prepared = Prepared::start(&home, scenario).await?;
        let one_client = Load::closed(prepared.host.address, &prepared.start, 1);
        let tally = one_client.measure(IDLE, |_| {}).await?.in_windows();
        tally.all_succeeded()?;
        Ok(Measurement::new(tally.percentile_ms(50.0), "ms", tally.latencies().to_string())
            .noting(format_args!("{} instances, one at a time", tally.succeeded()))
            .with("p99_ms", tally.percentile_ms(99.0)))
    })
}
