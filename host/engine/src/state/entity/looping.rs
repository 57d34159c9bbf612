//! Loops, and paths of ad-hoc sub-processes.

use types::{ElementInstanceKey, Json};

/// How far a loop is, or an ad-hoc sub-process, whose items are its paths. Items and results of a loop are [`LoopValue`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoopProgress {
    /// The loop, or the ad-hoc sub-process.
    pub element_instance: ElementInstanceKey,
    /// How many items there are; `None` when a condition decides, or when more paths may begin.
    pub total: Option<u32>,
    /// How many were entered.
    pub entered: u32,
    /// How many were completed.
    pub completed: u32,
    /// How many were ended from outside.
    pub terminated: u32,
}

/// A value that a loop keeps: its items, or the result of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopValue {
    /// The loop.
    pub element_instance: ElementInstanceKey,
    /// 0 for the list of all items, otherwise the `loopCounter` whose result it is.
    pub counter: u32,
    /// The value.
    pub value: Json,
}
