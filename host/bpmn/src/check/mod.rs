//! Checks that look at more than one element.

mod boundary;
mod condition;
mod identity;
mod reachability;
mod start;

pub use identity::ID_BYTES_MAX;
pub(crate) use identity::identity;

use crate::model::Element;
use crate::read::Outline;
use crate::reading::Reading;

/// Checks how the elements of a process are connected. Some of them may have errors.
pub(crate) fn graph(reading: &mut Reading<'_>, outline: &Outline<'_>) {
    start::check(reading, outline);
    boundary::check(reading, outline);
    condition::check(reading, outline);
}

/// Checks the elements of a process, each of which has been read without error.
pub(crate) fn elements(reading: &mut Reading<'_>, outline: &Outline<'_>, elements: &[Element]) {
    boundary::check_elements(reading, outline, elements);
    reachability::check(reading, outline);
}
