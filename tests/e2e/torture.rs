//! A short torture of the real host: a few of each of the scenarios of `tests/torture`. `cargo xtask torture` is the long one.

use std::io::Write as _;

use anyhow::ensure;
use futures_util::{StreamExt as _, stream};
use torture::{Effort, SCENARIOS};

#[tokio::test(flavor = "multi_thread")]
async fn a_short_torture_finds_nothing() -> anyhow::Result<()> {
    if !cfg!(target_os = "linux") {
        return say("NOT TORTURED: only Linux has what the torture stands on");
    }
    let seed = match std::env::var("FERMATA_SEED") {
        Ok(seed) => seed.parse()?,
        Err(_) => u64::from(std::process::id()),
    };
    println!("seed {seed}; run again with FERMATA_SEED={seed}");
    let (mut violations, mut failed) = (0, 0);
    // Two at a time, the last one first: it waits for leases most of its time.
    let running = SCENARIOS.iter().rev().map(|scenario| tokio::spawn(scenario.run(Effort::short(seed))));
    let mut reports = stream::iter(running).buffered(2).zip(stream::iter(SCENARIOS.iter().rev()));
    while let Some((report, scenario)) = reports.next().await {
        // The others may find something all the same.
        let report = match report? {
            Ok(report) => report,
            Err(error) => {
                println!("{}: FAILED: {error:#}", scenario.name);
                failed += 1;
                continue;
            }
        };
        println!("{}: {report}", scenario.name);
        violations += report.violations.len();
        if let Some(reason) = &report.skipped {
            say(&format!("NOT TORTURED IN FULL BY {}: {reason}", scenario.name))?;
        }
    }
    ensure!(
        violations + failed == 0,
        "{violations} violations, {failed} scenarios could not be carried out; seed {seed}"
    );
    Ok(())
}

/// Not by a macro, whose output tests keep to themselves when they pass.
fn say(message: &str) -> anyhow::Result<()> {
    Ok(std::io::stderr().write_all(format!("\n*** {message} ***\n\n").as_bytes())?)
}
