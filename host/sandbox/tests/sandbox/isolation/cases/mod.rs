//! The cases, by what they attack.

mod answer;
mod compute;
mod request;
mod response;
mod secret;
mod surroundings;
mod upload;
mod writing;

use super::case::Case;

/// Cases that attack the same.
pub(super) struct Group {
    pub(super) title: &'static str,
    pub(super) about: &'static str,
    pub(super) cases: &'static [Case],
}

pub(super) const GROUPS: &[Group] = &[
    compute::GROUP,
    answer::GROUP,
    writing::GROUP,
    surroundings::GROUP,
    request::GROUP,
    response::GROUP,
    secret::GROUP,
    secret::NOT_FOUND,
    upload::GROUP,
];
