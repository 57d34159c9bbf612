//! What was completed and can be undone.

use types::{CompensationKey, ElementInstanceKey, SharedStr, Variables};

/// A completed activity that can be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compensable {
    /// Its key; a later one was completed later.
    pub key: CompensationKey,
    /// The scope in which it can be undone.
    pub scope: ElementInstanceKey,
    /// The activity's id in the model.
    pub activity: SharedStr,
    /// The completed sub-process that it was done in, where that was in turn done in `scope`.
    pub within: Option<CompensationKey>,
    /// The local variables that the activity had.
    pub variables: Variables,
    /// The throw event that is undoing it.
    pub undone_by: Option<ElementInstanceKey>,
    /// The instance of its handler, while that is active.
    pub handler: Option<ElementInstanceKey>,
}
