//! Whether a host gets slower by what it has done.

use std::time::Duration;

use super::session::{Prepared, Session};
use crate::generator::{Span, block_on};
use crate::host::Home;
use crate::report::{Measurement, median};
use crate::scenario::Scenario;
use crate::seed;

/// Finished instances in the database.
const FINISHED: u64 = 10_000_000;
/// How often each of the two hosts has its turn.
const TURNS: usize = 7;
/// The first second of a turn wakes what the other's turn has pushed out of the processor's caches.
const TURN: Span = Span { warm_up: Duration::from_secs(1), window: Duration::from_secs(5), windows: 1 };

/// Instances per second with 10 million finished ones, and next to it on an empty folder: both in turns,
/// so that neighbours on the machine slow down both.
pub(super) fn bench(session: &mut Session) -> anyhow::Result<Measurement> {
    let home = session.home()?;
    let count = session.scaled(FINISHED);
    seed::fill(&home, Scenario::OneTask, count)?;
    let (full, empty) = block_on(turns(&home, &session.home()?))?;
    let ratios = full.iter().zip(&empty).map(|(full, empty)| full / empty).collect();
    let (ratio, empty) = (median(ratios), median(empty));
    let measurement = Measurement::median(full, "instances/s")
        .noting(format_args!("turn by turn {ratio:.3} of an empty folder, which has {empty:.0}"))
        .with("empty_instances_per_s", empty)
        .with("ratio", ratio);
    Ok(session.told(measurement, count))
}

async fn turns(full: &Home, empty: &Home) -> anyhow::Result<(Vec<f64>, Vec<f64>)> {
    let full = Prepared::start(full, Scenario::OneTask).await?;
    let empty = Prepared::start(empty, Scenario::OneTask).await?;
    let (mut full_rates, mut empty_rates) = (Vec::new(), Vec::new());
    // The first turns warm up both.
    for turn in 0..=TURNS {
        for (prepared, rates) in [(&full, &mut full_rates), (&empty, &mut empty_rates)] {
            let measured = prepared.closed_loop().measure(TURN, |_| {}).await?;
            measured.with_rest().all_succeeded()?;
            if turn > 0 {
                rates.extend(measured.windows.iter().map(|window| window.rate()));
            }
        }
    }
    Ok((full_rates, empty_rates))
}
