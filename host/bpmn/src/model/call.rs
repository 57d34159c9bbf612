//! What calls other definitions.

use std::sync::Arc;

use super::{Binding, Text};

/// A call activity's process.
#[derive(Debug)]
pub struct CalledProcess {
    /// `processId`.
    pub process_id: Text,
    /// Which version of the process.
    pub binding: Binding,
    /// `propagateAllParentVariables`: the called process begins with all variables that the call activity sees, not
    /// only with those of its input mappings. Camunda's default is true.
    pub propagates_parent_variables: bool,
    /// `propagateAllChildVariables`: all variables of the called process become results, not only those that output
    /// mappings pick. Camunda's default is true.
    pub propagates_child_variables: bool,
    /// `businessId` of the called instance.
    pub business_id: Option<Text>,
}

/// A business rule task that evaluates a DMN decision.
#[derive(Debug)]
pub struct CalledDecision {
    /// `decisionId`.
    pub decision_id: Text,
    /// `resultVariable`: takes the result.
    pub result_variable: Arc<str>,
    /// Which version of the decision.
    pub binding: Binding,
}
