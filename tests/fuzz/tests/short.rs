//! Some thousand cases of each target; `cargo xtask fuzz` runs many more.

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::ensure;
use fermata_fuzz::target::{Outcome, Target};
use fermata_fuzz::{corpus, mutate};

#[test]
fn expressions() -> anyhow::Result<()> {
    survives(Target::Feel, 5_000)
}

#[test]
fn unary_tests() -> anyhow::Result<()> {
    survives(Target::UnaryTests, 5_000)
}

#[test]
fn decision_models() -> anyhow::Result<()> {
    survives(Target::Dmn, 1_000)
}

#[test]
fn process_models() -> anyhow::Result<()> {
    survives(Target::Bpmn, 1_000)
}

fn survives(target: Target, cases: u64) -> anyhow::Result<()> {
    let corpus = corpus::read(target)?;
    let (mut accepted, mut refused) = (0, 0);
    for case in 0..cases {
        let text = mutate::mutate(&corpus, &mut fastrand::Rng::with_seed(case));
        match catch_unwind(AssertUnwindSafe(|| target.run(&text))) {
            Ok(Outcome::Accepted) => accepted += 1,
            Ok(Outcome::Refused) => refused += 1,
            Err(_) => {
                anyhow::bail!("{} panics at the text of `--seed 0 --case {case}`:\n{text}", target.name())
            }
        }
    }
    ensure!(
        accepted > cases / 100,
        "only {accepted} of {cases} texts are accepted: nothing behind the reader is tested"
    );
    ensure!(
        refused > cases / 100,
        "only {refused} of {cases} texts are refused: the changes change too little"
    );
    Ok(())
}
