//! What is prepared before an element acts.

use bpmn::model::{ElementIndex, FlowIndex};
use types::{Json, SharedStr};

use super::ad_hoc;
use super::call::Call;
use super::catch::Wait;
use super::job::NewJob;
use super::looping::Items;
use super::throw::Throwing;
use super::user_task_properties::UserTaskProperties;
use crate::outgoing::{EvaluateDecision, WantedFile};

/// What an element does, with all that it needs for it.
pub(super) enum Action<'a> {
    /// Nothing to wait for.
    Pass,
    /// It waits for what was prepared besides.
    Wait,
    /// A gateway's choice.
    Choose(Vec<FlowIndex>),
    CreateJob(NewJob),
    CreateUserTask(Box<UserTaskProperties>),
    SetResult {
        name: SharedStr,
        value: Json,
    },
    EnterScope {
        start: ElementIndex,
    },
    Throw(Vec<Throwing>),
    Call(Box<Call>),
    Decide(Box<EvaluateDecision>),
    /// Files are to be found first.
    FindFiles(Vec<WantedFile>),
    Loop(Items),
    AdHoc(ad_hoc::Entry<'a>),
}

/// All that an element needs to act, evaluated before anything of it is recorded.
pub(super) struct Prepared<'a> {
    pub(super) action: Action<'a>,
    /// What it waits for besides, or as its action: its boundary events, its event sub-processes, its own triggers.
    pub(super) waits: Vec<Wait>,
}
