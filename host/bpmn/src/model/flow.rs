//! Sequence flows.

use std::sync::Arc;

use feel::Expression;

use super::ElementIndex;

/// A sequence flow.
#[derive(Debug)]
pub struct SequenceFlow {
    /// The id in the model.
    pub id: Arc<str>,
    /// The name in the model.
    pub name: Option<Arc<str>>,
    /// Where it begins.
    pub source: ElementIndex,
    /// Where it ends.
    pub target: ElementIndex,
    /// The condition, on flows that leave an exclusive, inclusive or complex gateway, or an activity. A flow without
    /// one that leaves a complex gateway or an activity, and is not the default, is always taken.
    pub condition: Option<Expression>,
}
