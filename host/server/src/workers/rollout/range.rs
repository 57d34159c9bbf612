//! Which versions an attempt may run on: what its process version is pinned to, or else what its task asks for.

use std::borrow::Cow;
use std::fmt;

use bpmn::WORKER_VERSION;
use runtime::Assignment;
use semver::{Version, VersionReq};

use super::plan::Pin;

/// The versions that an attempt may run on.
pub(super) enum Range<'a> {
    /// All.
    Any,
    /// Those in a range, with where it stands.
    In(Cow<'a, VersionReq>, Source),
    /// The task's header is no range. A deployment refuses it; a model of an earlier release may have it.
    Unreadable(&'a str),
}

/// Where a range stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// In the roll-out.
    Pin,
    /// In the model.
    Header,
}

impl<'a> Range<'a> {
    /// The range of an attempt. The operator's word, `pins`, counts more than the model's.
    ///
    /// Only a task that asks for versions costs more than a look at its headers: its range is parsed.
    pub(super) fn of(assignment: &Assignment<'a>, pins: &'a [Pin]) -> Self {
        if let Some(pin) = pin_of(assignment, pins) {
            return Self::In(Cow::Borrowed(&pin.worker_version), Source::Pin);
        }
        let header = assignment.headers.iter().find(|(name, _)| **name == *WORKER_VERSION);
        match header.map(|(_, text)| (text, VersionReq::parse(text.trim()))) {
            None => Self::Any,
            Some((_, Ok(range))) => Self::In(Cow::Owned(range), Source::Header),
            Some((text, Err(_))) => Self::Unreadable(text),
        }
    }

    /// Whether an attempt may run on a version.
    pub(super) fn allows(&self, version: &Version) -> bool {
        match self {
            Self::Any => true,
            Self::In(range, _) => range.matches(version),
            Self::Unreadable(_) => false,
        }
    }
}

/// The pin of the process version itself, or else that of all its versions.
fn pin_of<'a>(assignment: &Assignment<'_>, pins: &'a [Pin]) -> Option<&'a Pin> {
    let of_process = || pins.iter().filter(|pin| pin.process_definition_id == assignment.bpmn_process_id);
    of_process()
        .find(|pin| pin.process_definition_version == Some(assignment.process_version))
        .or_else(|| of_process().find(|pin| pin.process_definition_version.is_none()))
}

impl fmt::Display for Range<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any version"),
            Self::In(range, Source::Pin) => write!(f, "`{range}`, to which the roll-out pins the process"),
            Self::In(range, Source::Header) => {
                write!(f, "`{range}`, which the task's header `{WORKER_VERSION}` asks for")
            }
            Self::Unreadable(text) => {
                write!(
                    f,
                    "`{text}`: the task's header `{WORKER_VERSION}` is no range of versions such as `^1.2`"
                )
            }
        }
    }
}
