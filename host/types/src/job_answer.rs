//! What the workers of task listeners and ad-hoc sub-processes answer beside variables.

use minicbor::{Decode, Encode};

use crate::{SharedStr, Timestamp, Variables};

/// What a task listener says of the change that it was asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListenerVerdict {
    /// Whether it refuses the change.
    pub denied: bool,
    /// Why it does.
    pub denied_reason: Option<SharedStr>,
    /// What it corrects.
    pub corrections: TaskCorrections,
}

/// Properties of a user task that are to change. `None` stays as it is, an empty text or an inner `None` clears.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TaskCorrections {
    /// Who has it; empty for nobody.
    #[n(0)]
    pub assignee: Option<SharedStr>,
    /// Groups whose members may take it.
    #[n(1)]
    pub candidate_groups: Option<Vec<SharedStr>>,
    /// Users who may take it.
    #[n(2)]
    pub candidate_users: Option<Vec<SharedStr>>,
    /// When it should be done; [`Timestamp::MAX`] clears.
    #[n(3)]
    pub due_date: Option<Timestamp>,
    /// When to look at it again; [`Timestamp::MAX`] clears.
    #[n(4)]
    pub follow_up_date: Option<Timestamp>,
    /// 0 to 100.
    #[n(5)]
    pub priority: Option<u8>,
}

impl TaskCorrections {
    /// Takes over what later corrections say.
    pub fn correct(&mut self, later: Self) {
        let Self { assignee, candidate_groups, candidate_users, due_date, follow_up_date, priority } = later;
        self.assignee = assignee.or(self.assignee.take());
        self.candidate_groups = candidate_groups.or(self.candidate_groups.take());
        self.candidate_users = candidate_users.or(self.candidate_users.take());
        self.due_date = due_date.or(self.due_date);
        self.follow_up_date = follow_up_date.or(self.follow_up_date);
        self.priority = priority.or(self.priority);
    }
}

/// What the worker of an ad-hoc sub-process answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdHocResult {
    /// Variables of the sub-process.
    pub variables: Variables,
    /// Activities to activate.
    pub activities: Vec<AdHocActivity>,
    /// Whether the sub-process is done.
    pub is_done: bool,
    /// Whether what is active in it ends.
    pub cancels_remaining: bool,
}

/// An activity of an ad-hoc sub-process that is to be activated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdHocActivity {
    /// The activity's id in the model.
    pub element: SharedStr,
    /// Its local variables.
    pub variables: Variables,
}
