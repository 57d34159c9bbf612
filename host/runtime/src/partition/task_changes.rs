//! Callers that wait for what task listeners make of a change of a user task.
//!
//! The change itself is durable and waits with its task, whoever goes away meanwhile; only the answer is kept here.

use std::collections::BTreeMap;

use engine::state::{InstanceState, TaskChangeKind};
use engine::{Command, Event};
use tokio::sync::oneshot;
use types::{ElementInstanceKey, ProcessInstanceKey, UserTaskKey};

use crate::error::Error;

/// Callers that went away are looked for when so many wait, and then at every doubling.
const SWEPT_FROM: usize = 1_024;

/// Told what has become of a change.
pub(crate) type Decision = oneshot::Receiver<Result<(), Error>>;

/// What a command asks for of a user task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    task: Subject,
    kind: TaskChangeKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Task(UserTaskKey),
    /// The one user task of an element instance, whose variables change.
    TaskOf(ElementInstanceKey),
}

/// Callers by the instance of the user task.
pub(super) struct TaskChanges {
    callers: BTreeMap<ProcessInstanceKey, Vec<Caller>>,
    count: usize,
    sweep_at: usize,
}

struct Caller {
    task: UserTaskKey,
    kind: TaskChangeKind,
    reply: oneshot::Sender<Result<(), Error>>,
}

/// A caller, and what it is told once that is durable.
pub(super) type Decided = (oneshot::Sender<Result<(), Error>>, Result<(), Error>);

impl Wanted {
    /// What a command changes of a user task, if it does.
    pub(super) fn of(command: &Command) -> Option<Self> {
        let (task, kind) = match command {
            Command::AssignUserTask(assign) => (Subject::Task(assign.task), TaskChangeKind::Assign),
            Command::UnassignUserTask { task } => (Subject::Task(*task), TaskChangeKind::Assign),
            Command::UpdateUserTask(update) => (Subject::Task(update.task), TaskChangeKind::Update),
            Command::CompleteUserTask { task, .. } => (Subject::Task(*task), TaskChangeKind::Complete),
            Command::SetVariables { scope, .. } => (Subject::TaskOf(*scope), TaskChangeKind::Update),
            _ => return None,
        };
        Some(Self { task, kind })
    }

    /// The task whose listeners are asked about the change now. The command was carried out, so the task waited for nobody
    /// before: what it waits for is this.
    fn undecided(self, state: &InstanceState) -> Option<UserTaskKey> {
        let task = match self.task {
            Subject::Task(task) => state.user_task(task)?,
            Subject::TaskOf(scope) => state.user_tasks_of(scope).next()?,
        };
        waits_for(state, task.key, self.kind).then_some(task.key)
    }
}

impl Default for TaskChanges {
    fn default() -> Self {
        Self { callers: BTreeMap::new(), count: 0, sweep_at: SWEPT_FROM }
    }
}

impl TaskChanges {
    /// A change was asked for. What its listeners decide, if they are asked, can be heard of.
    pub(super) fn add(
        &mut self,
        instance: ProcessInstanceKey,
        state: &InstanceState,
        wanted: Wanted,
    ) -> Option<Decision> {
        let task = wanted.undecided(state)?;
        self.sweep();
        let (reply, decision) = oneshot::channel();
        self.callers.entry(instance).or_default().push(Caller { task, kind: wanted.kind, reply });
        self.count += 1;
        Some(decision)
    }

    fn sweep(&mut self) {
        if self.count < self.sweep_at {
            return;
        }
        self.callers.retain(|_, callers| {
            callers.retain(|caller| !caller.reply.is_closed());
            !callers.is_empty()
        });
        self.count = self.callers.values().map(Vec::len).sum();
        self.sweep_at = SWEPT_FROM.max(2 * self.count);
    }

    pub(super) fn are_awaited_of(&self, instance: ProcessInstanceKey) -> bool {
        self.callers.contains_key(&instance)
    }

    /// Something has happened to an instance: the callers whose changes are decided, each with its answer.
    pub(super) fn decided(
        &mut self,
        instance: ProcessInstanceKey,
        events: &[Event],
        state: &InstanceState,
    ) -> Vec<Decided> {
        let Some(callers) = self.callers.get_mut(&instance) else { return Vec::new() };
        let mut decided = Vec::new();
        for event in events {
            let Event::UserTaskChangeDecided { key, corrections, denied_reason } = event else { continue };
            for caller in callers.extract_if(.., |caller| caller.task == *key) {
                let answer = match corrections {
                    Some(_) => Ok(()),
                    None => Err(Error::ChangeDenied {
                        task: *key,
                        change: name(caller.kind),
                        reason: denied_reason.clone(),
                    }),
                };
                decided.push((caller.reply, answer));
            }
        }
        // What ends a task lets nothing else happen to it.
        for caller in callers.extract_if(.., |caller| !waits_for(state, caller.task, caller.kind)) {
            let error = Error::ChangeOvertaken { task: caller.task, change: name(caller.kind) };
            decided.push((caller.reply, Err(error)));
        }
        self.count -= decided.len();
        if callers.is_empty() {
            self.callers.remove(&instance);
        }
        decided
    }
}

fn waits_for(state: &InstanceState, task: UserTaskKey, kind: TaskChangeKind) -> bool {
    let task = state.user_task(task);
    task.and_then(|task| task.pending.as_ref()).is_some_and(|change| change.kind == kind)
}

fn name(kind: TaskChangeKind) -> &'static str {
    match kind {
        TaskChangeKind::Create => "creation",
        TaskChangeKind::Assign => "assignment",
        TaskChangeKind::Update => "update",
        TaskChangeKind::Complete => "completion",
        TaskChangeKind::Cancel => "cancellation",
    }
}
