//! What was acknowledged is there, and nothing is there that was not asked for.

use std::collections::{BTreeMap, BTreeSet};

use engine::Event;
use engine::state::InstanceStatus;
use types::{ProcessInstanceKey, UserTaskKey};

use super::Violation;
use super::database::Instance;
use super::history::events;

/// What has become of a request, as its sender knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate<T> {
    /// There was no answer, or one that leaves it open.
    Unknown,
    /// It was accepted.
    Acknowledged(T),
}

/// What was asked of a host, and what it said.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Starts by their business ids, which no two of them share.
    pub starts: BTreeMap<String, Fate<ProcessInstanceKey>>,
    /// Instances that were cancelled, or may have been.
    pub cancels: BTreeMap<ProcessInstanceKey, Fate<()>>,
    /// How often the completion of a user task was acknowledged: 0 when it may or may not have been carried out.
    pub tasks: BTreeMap<UserTaskKey, u64>,
}

/// What is there.
#[derive(Debug, Default)]
pub struct Found {
    instances: BTreeMap<String, Vec<ProcessInstanceKey>>,
    active: BTreeSet<ProcessInstanceKey>,
    terminated: BTreeSet<ProcessInstanceKey>,
    tasks: BTreeSet<UserTaskKey>,
}

impl Found {
    /// Notes an instance.
    pub fn add(&mut self, instance: &Instance) {
        let record = &instance.record;
        let business_id = record.business_id.as_deref().unwrap_or_default().to_owned();
        self.instances.entry(business_id).or_default().push(record.key);
        match record.state {
            InstanceStatus::Active => drop(self.active.insert(record.key)),
            InstanceStatus::Terminated => drop(self.terminated.insert(record.key)),
            InstanceStatus::Completed => {}
        }
        for (_, event) in instance.history.iter().flat_map(|history| events(history)) {
            if let Event::UserTaskCompleted { key, .. } = event {
                self.tasks.insert(*key);
            }
        }
    }

    /// How many instances there are.
    pub fn instances(&self) -> usize {
        self.instances.values().map(Vec::len).sum()
    }

    /// Whether an instance has this business id.
    pub fn has(&self, business_id: &str) -> bool {
        self.instances.contains_key(business_id)
    }

    /// Compares with what was asked for. All instances had time to come to their ends.
    pub fn check(&self, asked: &Asked) -> Vec<Violation> {
        let mut violations = Vec::new();
        for (business_id, keys) in &self.instances {
            let business_id = business_id.clone();
            match asked.starts.get(&business_id) {
                None => violations.push(Violation::NeverStarted { business_id, key: keys[0] }),
                Some(_) if keys.len() > 1 => {
                    violations.push(Violation::StartedTwice { business_id, times: keys.len() });
                }
                Some(_) => {
                    let open = keys.iter().filter(|key| self.active.contains(key));
                    violations.extend(
                        open.map(|key| Violation::NotEnded { business_id: business_id.clone(), key: *key }),
                    );
                }
            }
        }
        for (business_id, fate) in &asked.starts {
            if let Fate::Acknowledged(key) = fate
                && !self.instances.get(business_id).is_some_and(|keys| keys.contains(key))
            {
                violations.push(Violation::StartLost { business_id: business_id.clone(), key: *key });
            }
        }
        for (key, fate) in &asked.cancels {
            if *fate == Fate::Acknowledged(()) && !self.terminated.contains(key) {
                violations.push(Violation::CommandLost { what: "the cancellation", key: key.to_string() });
            }
        }
        let uninvited = self.terminated.iter().filter(|key| !asked.cancels.contains_key(key));
        violations.extend(uninvited.map(|key| Violation::NeverCancelled { key: *key }));
        let unasked = self.tasks.iter().filter(|task| !asked.tasks.contains_key(task));
        violations.extend(unasked.map(|task| Violation::NeverCompleted { task: *task }));
        for (task, times) in &asked.tasks {
            let (what, key) = ("the completion", task.to_string());
            if *times > 1 {
                violations.push(Violation::AcknowledgedTwice { what, key, times: *times });
            } else if *times == 1 && !self.tasks.contains(task) {
                violations.push(Violation::CommandLost { what, key });
            }
        }
        violations
    }
}
