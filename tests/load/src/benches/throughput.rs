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
pub(super) fn one_task(_: &mut Session) -> anyhow::Result<Measurement> {
    instances(Scenario::OneTask, "instances/s", 1.0)
}

/// Jobs of instances with ten tasks, per second.
pub(super) fn ten_tasks(_: &mut Session) -> anyhow::Result<Measurement> {
    instances(Scenario::TenTasks, "jobs/s", 10.0)
}

/// Typical instances per second.
pub(super) fn typical(_: &mut Session) -> anyhow::Result<Measurement> {
    instances(Scenario::Typical, "instances/s", 1.0)
}

/// Realistic instances per second.
pub(super) fn realistic(_: &mut Session) -> anyhow::Result<Measurement> {
    instances(Scenario::Realistic, "instances/s", 1.0)
}

fn instances(scenario: Scenario, unit: &'static str, per_instance: f64) -> anyhow::Result<Measurement> {
    block_on(async {
        let folder = tempfile::tempdir()?;
        let prepared = Prepared::start(folder.path(), scenario).await?;
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
