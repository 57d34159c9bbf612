//! Refusals of what would change what happens.

use crate::findings::Reported;
use crate::reading::Reading;
use crate::rule;
use crate::xml::{Node, NodeExt};

/// Refuses an element that would change what happens.
pub(super) fn unsupported(reading: &mut Reading<'_>, node: Node<'_>, what: &str, instead: &str) -> Reported {
    let message = format!("{what} is not supported: {instead}");
    reading.findings.error(rule::UNSUPPORTED_ELEMENT, node.place(), message)
}

/// Refuses a part of an element that would change what the element does. Without the part the element can be run.
pub(crate) fn unsupported_part(reading: &mut Reading<'_>, part: Node<'_>, what: &str, instead: &str) {
    let message = format!("{what} is not supported: {instead}");
    let _ = reading.findings.refuse(rule::UNSUPPORTED_ELEMENT, part.place(), message);
}
