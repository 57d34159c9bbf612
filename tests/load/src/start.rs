//! Starting a host, and what an idle one takes.

use std::time::{Duration, Instant};

use crate::host::Host;
use crate::report::Measurement;

const RUNS: usize = 9;

/// Milliseconds from starting the process to being ready.
pub(crate) fn start_ready() -> anyhow::Result<Measurement> {
    let folder = tempfile::tempdir()?;
    drop(Host::start(folder.path())?);
    let mut runs = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let started = Instant::now();
        let host = Host::start(folder.path())?;
        runs.push(started.elapsed().as_secs_f64() * 1_000.0);
        drop(host);
    }
    Ok(Measurement::median(runs, "ms"))
}

/// Resident megabytes of a host that has nothing to do.
pub(crate) fn idle_rss() -> anyhow::Result<Measurement> {
    let folder = tempfile::tempdir()?;
    let host = Host::start(folder.path())?;
    // Whatever it does after the start is done by then.
    std::thread::sleep(Duration::from_secs(2));
    let bytes = host.resident_bytes()?;
    Ok(Measurement {
        value: bytes as f64 / 1_000_000.0,
        unit: "MB",
        notes: "2 s after the start, empty folder".to_owned(),
    })
}
