//! No timer fires early, none twice, and none is lost.

use std::collections::{BTreeMap, BTreeSet};

use engine::Event;
use engine::state::Timer;
use types::{ElementInstanceKey, TimerKey, Timestamp};

use super::{Checker, Findings, Written, events};
use crate::evidence::Evidence;

#[derive(Default)]
struct Timers {
    /// Those that run, with what they run for and when they are due.
    armed: BTreeMap<TimerKey, (ElementInstanceKey, Timestamp)>,
    fired: BTreeSet<TimerKey>,
}

pub(super) fn check(evidence: &Evidence, found: &mut Findings) {
    for (key, instance) in &evidence.instances {
        let mut timers = Timers::default();
        for written in events(instance) {
            if let Some(wrong) = timers.follow(&written) {
                let Written { event, at, latest } = written;
                let when =
                    format!("at {} ms, the clock never past {} ms", at.as_millis(), latest.as_millis());
                found.add(Checker::Timers, Some(*key), format!("{wrong} ({event:?} {when})"));
            }
        }
        for (timer, (_, due)) in &timers.armed {
            if *due <= evidence.now {
                let what = format!("timer {timer} was due at {} ms and has never fired", due.as_millis());
                found.add(Checker::Timers, Some(*key), what);
            }
        }
    }
}

impl Timers {
    /// What is wrong with an event, after all those before it.
    fn follow(&mut self, written: &Written<'_>) -> Option<&'static str> {
        match written.event {
            Event::TimerCreated { key, element_instance, due, .. } => {
                let before = self.armed.insert(*key, (*element_instance, *due));
                let is_held = before.is_some_and(|(_, due)| due == Timer::HELD);
                let is_known = self.fired.contains(key) || before.is_some();
                (is_known && !is_held).then_some("a timer is armed twice")
            }
            Event::TimerTriggered { key } => {
                let Some((_, due)) = self.armed.remove(key) else {
                    return Some("a timer fires that has fired before, or was never armed");
                };
                self.fired.insert(*key);
                // A timer that an incident held has nothing left to fire for.
                let is_early = due > written.at || due > written.latest;
                (is_early && due != Timer::HELD).then_some("a timer fires early")
            }
            Event::ElementCompleted { key, .. } | Event::ElementTerminated { key, .. } => {
                self.armed.retain(|_, (element_instance, _)| element_instance != key);
                None
            }
            Event::InstanceCompleted { .. } | Event::InstanceTerminated { .. } => {
                self.armed.clear();
                None
            }
            _ => None,
        }
    }
}
