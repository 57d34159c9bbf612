//! A field of a manifest that is not acceptable.

use crate::{Place, place};

/// A field that is not acceptable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the manifest's `{field}`{} {problem}", place::shown(*.place))]
pub struct Invalid {
    /// The field, with its index in a list.
    pub field: String,
    /// What is wrong with it: a verb phrase.
    pub problem: String,
    /// Where it stands in what the author has written.
    pub place: Option<Place>,
}
