//! No acknowledged command is lost, none is carried out twice, and none that was refused has changed anything.

use super::{Checker, Findings};
use crate::evidence::Evidence;
use crate::witness::{Answer, Reply};

pub(super) fn check(evidence: &Evidence, found: &mut Findings) {
    let facts = &evidence.facts;
    for Reply { actor, what, answer, is_single, .. } in &evidence.notes.replies {
        let mut report = |wrong: String| {
            found.add(Checker::Acknowledged, None, format!("{actor} {what}: {wrong}"));
        };
        let entries = facts.entries_of(actor);
        match answer {
            Answer::Done(promises) => {
                if let Some(promise) = facts.first_missing(promises) {
                    report(format!("acknowledged and lost: {promise:?}"));
                }
            }
            Answer::Refused if entries > 0 => report("refused and carried out".to_owned()),
            Answer::Refused | Answer::Unknown => {}
        }
        if *is_single && entries > 1 {
            report(format!("carried out {entries} times"));
        }
    }
    if let Some(promise) = facts.first_missing(&evidence.notes.kept) {
        found.add(Checker::Acknowledged, None, format!("a component was promised and lost: {promise:?}"));
    }
}
