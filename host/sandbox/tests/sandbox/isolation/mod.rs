//! The isolation suite: every attack in a table with its guard, what is said, and what the attack does without it.
//!
//! `ISOLATION.md` shows the table. `UPDATE_DOCUMENTS=1` writes it.

mod case;
mod cases;
mod made;
mod page;
mod play;
mod site;

use std::collections::BTreeSet;

use case::{Case, Open, Shown};
use fermata_sandbox::limits::Limit;

fn cases() -> impl Iterator<Item = &'static Case> {
    cases::GROUPS.iter().flat_map(|group| group.cases)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_attack_is_contained_and_comes_through_without_its_guard() {
    let stage = play::Stage::new().await;
    let mut broken = Vec::new();
    let mut played = 0;
    for case in cases() {
        let Shown::Here(run) = &case.shown else { continue };
        played += 1;
        let wrong = stage.play(run).await;
        if !wrong.is_empty() {
            broken.push(format!("{}:\n    {}", case.name, wrong.join("\n    ")));
        }
    }
    assert!(
        broken.is_empty(),
        "{} of {played} cases are not as they say:\n{}",
        broken.len(),
        broken.join("\n")
    );
}

/// What cannot be let through is not counted.
#[test]
fn there_are_far_more_than_forty_cases_and_each_is_another() {
    let real = |case: &&Case| match case.shown {
        Shown::Here(run) => !matches!(run.open, Open::Told),
        Shown::Elsewhere { open, .. } => !matches!(open, Open::Told),
    };
    assert!(cases().filter(real).count() >= 80);
    let names: BTreeSet<_> = cases().map(|case| case.name).collect();
    assert_eq!(names.len(), cases().count(), "two cases share a name");
}

#[test]
fn tests_that_cases_name_are_there_and_say_the_same() {
    let sources = page::sources();
    let holds = |test: &str| sources.iter().find(|source| source.contains(&format!("fn {test}(")));
    for case in cases() {
        let open = match case.shown {
            Shown::Here(run) => run.open,
            Shown::Elsewhere { test, says, open } => {
                let source = holds(test).unwrap_or_else(|| panic!("{}: no test `{test}`", case.name));
                for piece in says.split('…') {
                    assert!(source.contains(piece), "{}: `{test}` does not say `{piece}`", case.name);
                }
                open
            }
        };
        if let Open::Test(test) = open {
            assert!(holds(test).is_some(), "{}: no test `{test}`", case.name);
        }
    }
}

/// Who meets a limit is told its name and the command that raises it: a new limit needs a case.
#[test]
fn every_limit_has_a_case_that_says_how_it_is_raised() {
    // Jobs and requests that are too many wait; a log says of the first of its two limits that is met.
    let told_elsewhere = [Limit::Concurrency, Limit::RequestsPerSecond, Limit::LogBytes];
    let page = page::markdown();
    for limit in Limit::ALL.into_iter().filter(|limit| !told_elsewhere.contains(limit)) {
        assert!(page.contains(&format!(": raise `{limit}` with `fermata worker grant ")), "{limit}");
    }
}
