//! No answer comes before its commit: what it says is on the disk at the moment when the caller hears of it.

use super::{Checker, Findings};
use crate::evidence::Evidence;

pub(super) fn check(evidence: &Evidence, found: &mut Findings) {
    for reply in &evidence.notes.replies {
        if let Some(promise) = &reply.missing {
            let what = format!("{} {}: answered before it was written: {promise:?}", reply.actor, reply.what);
            found.add(Checker::CommitFirst, None, what);
        }
    }
}
