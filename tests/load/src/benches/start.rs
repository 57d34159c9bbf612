//! Starting a host, and what an idle one takes.

use std::time::{Duration, Instant};

use super::session::Session;
use crate::host::Home;
use crate::report::Measurement;

const RUNS: usize = 9;

/// Whatever a host does after its start is done by then.
pub(super) const SETTLED: Duration = Duration::from_secs(2);

/// Milliseconds from starting the process to being ready.
pub(super) fn start_ready(session: &mut Session) -> anyhow::Result<Measurement> {
    let home = session.home()?;
    drop(home.start_host()?);
    let seconds = seconds_to_ready(&home, RUNS)?;
    Ok(Measurement::median(seconds.iter().map(|seconds| seconds * 1_000.0).collect(), "ms"))
}

/// Seconds from starting the process to being ready, several times. The hosts are killed.
pub(super) fn seconds_to_ready(home: &Home, runs: usize) -> anyhow::Result<Vec<f64>> {
    let mut seconds = Vec::with_capacity(runs);
    for _ in 0..runs {
        let began = Instant::now();
        let host = home.start_host()?;
        seconds.push(began.elapsed().as_secs_f64());
        drop(host);
    }
    Ok(seconds)
}

/// Resident megabytes of a host that has nothing to do.
pub(super) fn idle_rss(session: &mut Session) -> anyhow::Result<Measurement> {
    let home = session.home()?;
    let host = home.start_host()?;
    std::thread::sleep(SETTLED);
    Ok(Measurement::new(
        megabytes(host.resident_bytes()?),
        "MB",
        "2 s after the start, empty folder".to_owned(),
    ))
}

/// As people count memory: a million bytes.
pub(super) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}
