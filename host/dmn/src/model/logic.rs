//! Boxed expressions.

use std::sync::Arc;

use feel::Expression;

use super::{DecisionKind, Table};
use crate::types::Type;

/// Logic with the type that it promises.
#[derive(Debug)]
pub(crate) struct Boxed {
    pub(crate) logic: Logic,
    pub(crate) of: Type,
}

/// A boxed expression.
#[derive(Debug)]
pub(crate) enum Logic {
    Literal(Expression),
    Table(Box<Table>),
    Context(Vec<ContextEntry>),
    Invocation(Box<Invocation>),
    Relation {
        columns: Box<[Arc<str>]>,
        rows: Vec<Vec<Boxed>>,
    },
    List(Vec<Boxed>),
    Function(Box<FunctionDefinition>),
    Conditional(Box<[Boxed; 3]>),
    Loop(Box<Loop>),
    Filter(Box<[Boxed; 2]>),
    /// Nothing: an earlier release accepted a decision that does not say how it is made, which is null.
    Missing,
    /// What is wrong with logic that an earlier release accepted.
    Unreadable(Box<str>),
}

impl Logic {
    pub(super) fn kind(&self) -> DecisionKind {
        match self {
            Logic::Literal(_) => DecisionKind::LiteralExpression,
            Logic::Table(_) => DecisionKind::DecisionTable,
            Logic::Context(_) => DecisionKind::Context,
            Logic::Invocation(_) => DecisionKind::Invocation,
            Logic::Relation { .. } => DecisionKind::Relation,
            Logic::List(_) => DecisionKind::List,
            Logic::Function(_) => DecisionKind::Function,
            Logic::Conditional(_) => DecisionKind::Conditional,
            Logic::Loop(_) => DecisionKind::Iterator,
            Logic::Filter(_) => DecisionKind::Filter,
            Logic::Missing | Logic::Unreadable(_) => DecisionKind::Unknown,
        }
    }
}

/// An entry of a boxed context; one without a name is the context's result.
#[derive(Debug)]
pub(crate) struct ContextEntry {
    pub(crate) variable: Option<(Arc<str>, Type)>,
    pub(crate) value: Boxed,
}

/// A call with arguments by name.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) callee: Boxed,
    pub(crate) arguments: Vec<Argument>,
    /// The call itself, of [`Invocation::CALLEE`] with the places of the arguments.
    pub(crate) call: Expression,
}

impl Invocation {
    /// The name of the function in [`Invocation::call`].
    pub(crate) const CALLEE: &str = "callee";
}

/// An argument of an invocation.
#[derive(Debug)]
pub(crate) struct Argument {
    /// The name of the parameter.
    pub(crate) name: Box<str>,
    /// The name of the parameter at this place in [`Invocation::call`].
    pub(crate) place: Box<str>,
    pub(crate) value: Boxed,
}

/// A function whose body is a boxed expression.
#[derive(Debug)]
pub(crate) struct FunctionDefinition {
    pub(crate) parameters: Box<[Box<str>]>,
    pub(crate) types: Vec<Type>,
    pub(crate) body: Boxed,
}

/// `for`, `some` or `every`.
#[derive(Debug)]
pub(crate) struct Loop {
    pub(crate) kind: LoopKind,
    pub(crate) variable: Arc<str>,
    /// Whether the body may read the results so far.
    pub(crate) partial: bool,
    pub(crate) over: Boxed,
    pub(crate) body: Boxed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoopKind {
    For,
    Some,
    Every,
}
