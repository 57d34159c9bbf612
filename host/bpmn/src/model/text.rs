//! What a model gives as text or as expression.

use std::sync::Arc;

use feel::Expression;

/// An attribute that is either plain text or, with a leading `=`, a FEEL expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// Stands for itself.
    Static(Arc<str>),
    /// Evaluated against the variables.
    Expression(Expression),
}

/// One variable mapping.
#[derive(Debug)]
pub struct Mapping {
    /// What is evaluated: an expression, or text that stands for itself.
    pub source: Text,
    /// The variable written, as path: `order.total` is `["order", "total"]`. Never empty.
    pub target: Vec<Arc<str>>,
}
