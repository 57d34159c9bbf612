//! What has happened in an instance has happened once, in order, and not before its time.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;

use engine::Event;
use engine::journal::Entry;
use types::{ProcessInstanceKey, SharedStr, Timestamp};

use super::Violation;
use super::database::Instance;

/// Keys of all instances that were looked at: each is given out once.
#[derive(Debug, Default)]
pub struct Keys(BTreeMap<i64, u64>);

impl Keys {
    /// Keys that were given out several times.
    pub fn check(&self) -> impl Iterator<Item = Violation> {
        let twice = self.0.iter().filter(|(_, times)| **times > 1);
        twice.map(|(key, times)| Violation::KeyTwice { key: *key, times: *times })
    }

    fn add(&mut self, key: i64) {
        *self.0.entry(key).or_default() += 1;
    }
}

/// Checks an instance's history. Elements of the process are entered once, because it has no way back.
pub fn check(instance: &Instance, keys: &mut Keys) -> Vec<Violation> {
    let key = instance.record.key;
    let Ok(history) = &instance.history else { return Vec::new() };
    let mut seen = Seen { instance: key, lives: BTreeMap::new(), violations: Vec::new() };
    let mut ends = 0;
    let mut created = 0;
    let mut elements = BTreeMap::<&SharedStr, u64>::new();
    let mut timers = BTreeMap::<i64, (&SharedStr, Timestamp)>::new();
    let mut attempts = BTreeMap::<(i64, u32), u64>::new();
    for (entry, event) in events(history) {
        match event {
            Event::InstanceCreated { key, .. } => {
                created += 1;
                keys.add(key.get());
            }
            Event::InstanceCompleted { .. } | Event::InstanceTerminated { .. } => ends += 1,
            Event::ElementEntered { key, element, .. } => {
                *elements.entry(element).or_default() += 1;
                keys.add(key.get());
                seen.created("element instance", key.get(), None);
            }
            Event::ElementCompleted { key, .. } => {
                seen.ended("element instance", key.get());
                seen.owner_completed(key.get());
            }
            Event::ElementTerminated { key, .. } => {
                seen.ended("element instance", key.get());
                // What belongs to it goes with it.
                seen.open_of(key.get()).for_each(|(_, life)| life.is_open = false);
            }
            Event::JobCreated { key, element_instance, .. } => {
                keys.add(key.get());
                seen.created("job", key.get(), Some(element_instance.get()));
            }
            Event::JobStarted { job, attempt, .. } | Event::JobActivated { job, attempt, .. } => {
                *attempts.entry((job.get(), *attempt)).or_default() += 1;
            }
            Event::JobCompleted { job } | Event::JobErrorThrown { job, .. } => seen.ended("job", job.get()),
            Event::TimerCreated { key, element_instance, element, due, .. } => {
                // A timer that an incident held is created again under its key.
                if timers.insert(key.get(), (element, *due)).is_none() {
                    keys.add(key.get());
                }
                seen.created("timer", key.get(), Some(element_instance.get()));
            }
            Event::TimerTriggered { key: timer } => {
                seen.ended("timer", timer.get());
                if let Some((element, due)) = timers.get(&timer.get()).filter(|(_, due)| *due > entry.at) {
                    seen.violations.push(Violation::TimerEarly {
                        instance: key,
                        timer: timer.to_string(),
                        element: (*element).clone(),
                        early_ms: due.as_millis() - entry.at.as_millis(),
                    });
                }
            }
            Event::UserTaskCreated { key, element_instance, .. } => {
                keys.add(key.get());
                seen.created("user task", key.get(), Some(element_instance.get()));
            }
            Event::UserTaskCompleted { key, .. } => seen.ended("user task", key.get()),
            _ => {}
        }
    }
    let mut violations = seen.violations;
    let mut at_most_once = |what, subject: String, times| {
        if times > 1 {
            violations.push(Violation::TooOften { instance: key, what, subject, times, allowed: 1 });
        }
    };
    at_most_once("start", key.to_string(), created);
    at_most_once("end", key.to_string(), ends);
    for (element, times) in elements {
        at_most_once("entering of", format!("`{element}`"), times);
    }
    for ((job, attempt), times) in attempts {
        at_most_once("attempt", format!("{attempt} of job {job}"), times);
    }
    if created == 0 {
        violations.push(Violation::OutOfNothing { instance: key, what: "history", subject: String::new() });
    }
    if ends > 0 {
        let open = seen.lives.into_iter().filter(|(_, life)| life.is_open);
        violations.extend(open.map(|((what, subject), _)| Violation::LeftOpen {
            instance: key,
            what,
            subject: subject.to_string(),
        }));
    }
    violations
}

/// All events, each with the command that led to it.
pub fn events(history: &[Entry]) -> impl Iterator<Item = (&Entry, &Event)> {
    history.iter().flat_map(|entry| entry.events.iter().map(move |event| (entry, event)))
}

/// Begin and end of all that has a key.
struct Seen {
    instance: ProcessInstanceKey,
    lives: BTreeMap<(&'static str, i64), Life>,
    violations: Vec<Violation>,
}

struct Life {
    is_open: bool,
    begun: u64,
    ended: u64,
    owner: Option<i64>,
}

impl Seen {
    fn created(&mut self, what: &'static str, key: i64, owner: Option<i64>) {
        match self.lives.entry((what, key)) {
            Slot::Vacant(slot) => drop(slot.insert(Life { is_open: true, begun: 1, ended: 0, owner })),
            Slot::Occupied(mut slot) => {
                let life = slot.get_mut();
                life.is_open = true;
                life.begun += 1;
            }
        }
    }

    fn ended(&mut self, what: &'static str, key: i64) {
        let instance = self.instance;
        let subject = key.to_string();
        let Some(life) = self.lives.get_mut(&(what, key)) else {
            // The process scope is entered by the start of its instance.
            if what != "element instance" || key != instance.root_scope().get() {
                self.violations.push(Violation::OutOfNothing { instance, what, subject });
            }
            return;
        };
        life.ended += 1;
        let (times, allowed) = (life.ended, life.begun);
        let what_ended = match what {
            "job" => "completion of job",
            "timer" => "firing of timer",
            "user task" => "completion of user task",
            _ => "end of element instance",
        };
        if !life.is_open {
            self.violations.push(Violation::TooOften { instance, what: what_ended, subject, times, allowed });
        }
        life.is_open = false;
    }

    /// What is open of an element instance.
    fn open_of(&mut self, owner: i64) -> impl Iterator<Item = (&(&'static str, i64), &mut Life)> {
        self.lives.iter_mut().filter(move |(_, life)| life.is_open && life.owner == Some(owner))
    }

    /// An element is left on its normal way when its job or user task is done; only timers of its boundary are still open.
    fn owner_completed(&mut self, owner: i64) {
        let instance = self.instance;
        let mut violations = Vec::new();
        for (&(what, key), life) in self.open_of(owner) {
            life.is_open = false;
            if what != "timer" {
                let subject = key.to_string();
                violations.push(Violation::CompletedOver { instance, element: owner, what, subject });
            }
        }
        self.violations.extend(violations);
    }
}
