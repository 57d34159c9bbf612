//! Checks that look at more than one element.

mod boundary;
mod condition;
mod duplicate;
mod event_gateway;
mod flow;
mod identity;
mod join;
mod link;
mod reachability;
mod start;
mod sub_process;

pub use identity::ID_BYTES_MAX;
pub(crate) use identity::identity;

use crate::model::{Element, SequenceFlow};
use crate::outline::Outline;
use crate::reading::Reading;

/// Checks how the elements of a process are connected. Some of them may have errors.
pub(crate) fn graph(reading: &mut Reading<'_>, outline: &Outline<'_>) {
    start::check(reading, outline);
    flow::check(reading, outline);
    condition::check(reading, outline);
}

/// Checks the elements of a process, each of which has been read without error.
pub(crate) fn elements(
    reading: &mut Reading<'_>,
    outline: &Outline<'_>,
    elements: &[Element],
    flows: &[SequenceFlow],
) {
    boundary::check(reading, outline, elements);
    duplicate::check(reading, outline, elements);
    event_gateway::check(reading, outline, elements);
    link::check(reading, outline, elements);
    sub_process::check(reading, outline, elements);
    reachability::check(reading, outline, elements);
    join::check(reading, outline, elements, flows);
}
