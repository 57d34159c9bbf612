//! Decision tables.

use std::sync::Arc;

use feel::{Expression, UnaryTests};

use crate::types::Type;

/// A decision table.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) inputs: Vec<TableInput>,
    pub(crate) outputs: Vec<TableOutput>,
    pub(crate) rules: Vec<TableRule>,
    pub(crate) hit_policy: HitPolicy,
}

#[derive(Debug)]
pub(crate) struct TableInput {
    pub(crate) id: Option<Box<str>>,
    pub(crate) label: Box<str>,
    pub(crate) expression: Expression,
    pub(crate) of: Type,
    /// The values that the input may have.
    pub(crate) allowed: Option<UnaryTests>,
}

#[derive(Debug)]
pub(crate) struct TableOutput {
    pub(crate) id: Option<Box<str>>,
    pub(crate) name: Option<Arc<str>>,
    pub(crate) label: Box<str>,
    pub(crate) of: Type,
    /// The list of the output's values by priority, the highest first.
    pub(crate) priorities: Option<Expression>,
    pub(crate) default: Option<Expression>,
}

#[derive(Debug)]
pub(crate) struct TableRule {
    pub(crate) id: Option<Box<str>>,
    /// `None` where any input will do.
    pub(crate) tests: Vec<Option<UnaryTests>>,
    /// `None` for an empty cell, which is null.
    pub(crate) outputs: Vec<Option<Expression>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HitPolicy {
    Unique,
    Any,
    Priority,
    First,
    RuleOrder,
    OutputOrder,
    Collect(Option<Aggregation>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aggregation {
    Sum,
    Count,
    Min,
    Max,
}
