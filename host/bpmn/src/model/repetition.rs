//! Activities that are done several times.

use std::sync::Arc;

use feel::Expression;

/// How an activity is done several times.
#[derive(Debug)]
pub enum Loop {
    /// `bpmn:multiInstanceLoopCharacteristics`.
    MultiInstance(MultiInstance),
    /// `bpmn:standardLoopCharacteristics`.
    Standard(StandardLoop),
}

/// Once for each item of a collection.
#[derive(Debug)]
pub struct MultiInstance {
    /// `isSequential`: one after the other.
    pub is_sequential: bool,
    /// `zeebe:loopCharacteristics inputCollection`.
    pub input_collection: Expression,
    /// `inputElement`: the variable that takes the item.
    pub input_element: Option<Arc<str>>,
    /// `outputCollection`: the variable that takes the results, in the order of the items.
    pub output_collection: Option<Arc<str>>,
    /// `outputElement`: the result of one item.
    pub output_element: Option<Expression>,
    /// `completionCondition`: ends it before all items are done.
    pub completion_condition: Option<Expression>,
}

/// As long as a condition holds.
#[derive(Debug)]
pub struct StandardLoop {
    /// `testBefore`: whether the condition is looked at before the first time as well.
    pub tests_before: bool,
    /// `loopCondition`. Without one it ends at `maximum`.
    pub condition: Option<Expression>,
    /// `loopMaximum`: how often at most.
    pub maximum: Option<u32>,
}
