//! Everything comes to its end once there are no more faults: nothing is forgotten, and every caller is answered.

use engine::state::InstanceStatus;

use super::{Checker, Findings};
use crate::evidence::Evidence;

pub(super) fn check(evidence: &Evidence, found: &mut Findings) {
    for (key, instance) in &evidence.instances {
        let Some(rows) = &instance.rows else { continue };
        if rows.instance.state == InstanceStatus::Active {
            let what = format!(
                "it never ends: elements {:?}, jobs {:?}, timers {:?}, tokens {:?}, incidents {:?}",
                rows.elements, rows.jobs, rows.timers, rows.tokens, rows.incidents
            );
            found.add(Checker::Endings, Some(*key), what);
        }
    }
    if evidence.unanswered > 0 {
        found.add(Checker::Endings, None, format!("{} callers wait for ever", evidence.unanswered));
    }
    if evidence.overdue > 0 {
        found.add(Checker::Endings, None, format!("{} due timers and deadlines are left", evidence.overdue));
    }
}
