//! Functions as values.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use super::{Bindings, Value};
use crate::environment::{EvaluationContext, Scope};
use crate::error::EvaluationError;
use crate::evaluation::Evaluation;
use crate::parse::FunctionNode;

/// A function that an expression or a model defines. It reads variables from the scope of whoever calls it.
#[derive(Clone)]
pub struct Function<'a>(Body<'a>);

#[derive(Clone)]
pub(crate) enum Body<'a> {
    Expression(Arc<Closure<'a>>),
    Model(Arc<ModelFunction<'a>>),
}

/// A function literal with the names that it can see.
pub(crate) struct Closure<'a> {
    pub(crate) literal: &'a FunctionNode,
    pub(crate) locals: Vec<Value<'a>>,
    pub(crate) bindings: Bindings<'a>,
    /// Kept, since functions that see each other would be gone through again for every one of them.
    depth: u32,
}

impl<'a> Closure<'a> {
    pub(crate) fn new(literal: &'a FunctionNode, locals: Vec<Value<'a>>, bindings: Bindings<'a>) -> Self {
        let locals_depth = locals.iter().map(Value::depth).max().unwrap_or(0);
        let depth = 1 + locals_depth.max(bindings.depth());
        Closure { literal, locals, bindings, depth }
    }
}

/// A function whose body is no expression but a part of a model, such as a decision table.
#[derive(Clone)]
pub struct ModelFunction<'a> {
    /// The names of the parameters in order.
    pub parameters: &'a [Box<str>],
    /// The part of the model.
    pub body: &'a (dyn Any + Send + Sync),
    /// The values that the body can see.
    pub bindings: Bindings<'a>,
    /// Carries the function out.
    pub call: ModelCall,
}

/// Carries out a function of a model with as many arguments as it has parameters.
///
/// The context's limits are what the calling evaluation has left; what the call takes of them is charged to it.
pub type ModelCall = for<'v> fn(
    &ModelFunction<'v>,
    Vec<Value<'v>>,
    &'v dyn Scope,
    &EvaluationContext,
) -> Result<Evaluation<'v>, EvaluationError>;

impl<'a> Function<'a> {
    pub(crate) fn new(closure: Closure<'a>) -> Function<'a> {
        Function(Body::Expression(Arc::new(closure)))
    }

    pub(crate) fn body(&self) -> &Body<'a> {
        &self.0
    }

    /// The names of the parameters in order.
    pub fn parameters(&self) -> impl ExactSizeIterator<Item = &str> {
        let count = match &self.0 {
            Body::Expression(closure) => closure.literal.parameters.len(),
            Body::Model(function) => function.parameters.len(),
        };
        (0..count).map(|at| match &self.0 {
            Body::Expression(closure) => &*closure.literal.parameters[at].name,
            Body::Model(function) => &*function.parameters[at],
        })
    }

    pub(crate) fn depth(&self) -> u32 {
        match &self.0 {
            Body::Expression(closure) => closure.depth,
            Body::Model(function) => 1 + function.bindings.depth(),
        }
    }
}

impl<'a> From<ModelFunction<'a>> for Function<'a> {
    fn from(function: ModelFunction<'a>) -> Function<'a> {
        Function(Body::Model(Arc::new(function)))
    }
}

impl fmt::Debug for Function<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for Function<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("function(")?;
        for (at, name) in self.parameters().enumerate() {
            write!(formatter, "{}{name}", if at > 0 { ", " } else { "" })?;
        }
        formatter.write_str(")")
    }
}
