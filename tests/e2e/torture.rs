//! A short torture of the real host: a few of each of the scenarios of `tests/torture`. `cargo xtask torture` is the long one.

use std::io::Write as _;

use anyhow::ensure;
use futures_util::{StreamExt as _, stream};
use torture::{Effort, SCENARIOS};

#[tokio::test(flavor = "multi_thread")]
async fn a_short_torture_finds_nothing() -> anyhow::Result<()> {
    let seed = match std::env::var("FERMATA_SEED") {
        Ok(seed) => seed.parse()?,
        Err(_) => u64::from(std::process::id()),
    };
    println!("seed {seed}; run again with FERMATA_SEED={seed}");
    let mut violations = 0;
    // Two at a time, the last one first: it waits for leases most of its time.
    let running = SCENARIOS.iter().rev().map(|scenario| tokio::spawn(scenario.run(Effort::short(seed))));
    let mut reports = stream::iter(running).buffered(2).zip(stream::iter(SCENARIOS.iter().rev()));
    while let Some((report, scenario)) = reports.next().await {
        let report = report??;
        println!("{}: {report}", scenario.name);
        violations += report.violations.len();
        if let Some(reason) = &report.skipped {
            // Not by a macro, whose output tests keep to themselves when they pass.
            let message = format!("\n*** NOT TORTURED IN FULL BY {}: {reason} ***\n\n", scenario.name);
            std::io::stderr().write_all(message.as_bytes())?;
        }
    }
    ensure!(violations == 0, "{violations} violations; seed {seed}");
    Ok(())
}
