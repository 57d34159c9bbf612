//! Instances per second, in a closed loop.

use std::time::Duration;

use super::session::{Prepared, Session};
use crate::generator::{Span, block_on};
use crate::report::Measurement;
use crate::scenario::Scenario;

/// How long hosts are measured: also for benches that compare with these.
pub(super) const SPAN: Span =
    Span { warm_up: Duration::from_secs(3), window: Duration::from_secs(5), windows: 5 };

/// Instances with one task, per second.
pub(super) fn one_task(session: &mut Session) -> anyhow::Result<Measurement> {
    instances(session, Scenario::OneTask, "instances/s", 1.0)
}

/// Jobs of instances with ten tasks, per second.
pub(super) fn ten_tasks(session: &mut Session) -> anyhow::Result<Measurement> {
    instances(session, Scenario::TenTasks, "jobs/s", 10.0)
}

/// Typical instances per second.
pub(super) fn typical(session: &mut Session) -> anyhow::Result<Measurement> {
    instances(session, Scenario::Typical, "instances/s", 1.0)
}

/// Realistic instances per second.
pub(super) fn realistic(session: &mut Session) -> anyhow::Result<Measurement> {
    instances(session, Scenario::Realistic, "instances/s", 1.0)
}

fn instances(
    session: &Session,
    scenario: Scenario,
    unit: &'static str,
    per_instance: f64,
) -> anyhow::Result<Measurement> {
    let home = session.home()?;
    block_on(async {
        let prepared = Prepared::start(&home, scenario).await?;
        let measured = prepared.closed_loop().measure(SPAN, |_| {}).await?;
        let tally = measured.in_windows();
        tally.all_succeeded()?;
        let rates = measured.windows.iter().map(|window| window.rate() * per_instance).collect();
        let (clients, latencies) = (scenario.clients(), tally.latencies());
        Ok(Measurement::median(rates, unit)
            .noting(format_args!("{clients} at a time; {latencies}"))
            .with("p50_ms", tally.percentile_ms(50.0))
            .with("p99_ms", tally.percentile_ms(99.0)))
    })
}
