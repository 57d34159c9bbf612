//! What stops an element.

use types::SharedStr;

use crate::state::IncidentKind;

/// Why an element cannot go on: becomes an incident.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) kind: IncidentKind,
    pub(super) message: SharedStr,
}

impl Trouble {
    pub(super) fn new(kind: IncidentKind, message: impl Into<SharedStr>) -> Self {
        Self { kind, message: message.into() }
    }
}
