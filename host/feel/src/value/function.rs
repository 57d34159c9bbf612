//! Functions as values.

use std::fmt;
use std::sync::Arc;

use super::Value;
use crate::parse::Node;

/// A function that an expression defines. It reads variables from the scope of whoever calls it.
#[derive(Clone)]
pub struct Function<'a>(Arc<Closure<'a>>);

/// A function literal with the local names that it can see.
pub(crate) struct Closure<'a> {
    pub(crate) parameters: &'a [Box<str>],
    pub(crate) body: &'a Node,
    pub(crate) locals: Vec<Value<'a>>,
}

impl<'a> Function<'a> {
    pub(crate) fn new(closure: Closure<'a>) -> Function<'a> {
        Function(Arc::new(closure))
    }

    pub(crate) fn closure(&self) -> &Closure<'a> {
        &self.0
    }

    /// The names of the parameters in order.
    pub fn parameters(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.parameters.iter().map(|name| &**name)
    }

    pub(crate) fn depth(&self) -> u32 {
        1 + self.0.locals.iter().map(Value::depth).max().unwrap_or(0)
    }
}

impl fmt::Debug for Function<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for Function<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "function({})", self.0.parameters.join(", "))
    }
}
