//! Calls of functions.

use super::{Evaluator, Interrupt, Outcome};
use crate::error::{EvaluationError, WarningKind};
use crate::functions::{Builtin, Call};
use crate::parse::{Kind, Node, Span};
use crate::value::{Function, Value};

impl<'a> Evaluator<'a> {
    pub(super) fn call_builtin(
        &mut self,
        builtin: &'static Builtin,
        nodes: &'a [Node],
        span: Span,
    ) -> Outcome<Value<'a>> {
        let mut arguments = Vec::with_capacity(nodes.len());
        for node in nodes {
            arguments.push(self.evaluate(node)?);
        }
        (builtin.call)(&mut Call { evaluator: self, builtin, arguments: &arguments, span })
    }

    pub(super) fn call(&mut self, callee: &'a Node, nodes: &'a [Node], span: Span) -> Outcome<Value<'a>> {
        let function = self.callee(callee, nodes.len())?;
        let mut arguments = Vec::with_capacity(nodes.len());
        for node in nodes {
            arguments.push(self.evaluate(node)?);
        }
        if function.parameters().len() != arguments.len() {
            let message = format_args!("{function} was called with {} arguments", arguments.len());
            return self.null(WarningKind::NoFunctionFound, span, message);
        }
        Ok(self.invoke(&function, arguments)?)
    }

    pub(super) fn call_named(
        &mut self,
        callee: &'a Node,
        nodes: &'a [(Box<str>, Node)],
        span: Span,
    ) -> Outcome<Value<'a>> {
        let function = self.callee(callee, nodes.len())?;
        let mut arguments = vec![Value::Null; function.parameters().len()];
        for (name, node) in nodes {
            let value = self.evaluate(node)?;
            match function.parameters().position(|parameter| parameter == &**name) {
                Some(place) => arguments[place] = value,
                None => {
                    let message = format_args!("{function} has no parameter called '{name}'");
                    return self.null(WarningKind::NoFunctionFound, span, message);
                }
            }
        }
        Ok(self.invoke(&function, arguments)?)
    }

    /// Calls a function that an expression defines, with as many arguments as it has parameters.
    pub(crate) fn invoke(
        &mut self,
        function: &Function<'a>,
        arguments: Vec<Value<'a>>,
    ) -> Result<Value<'a>, EvaluationError> {
        let closure = function.closure();
        let mut locals = Vec::with_capacity(closure.locals.len() + arguments.len());
        self.budget.step_by(closure.locals.len() as u64)?;
        locals.extend(closure.locals.iter().cloned());
        locals.extend(arguments);
        let outer = std::mem::replace(&mut self.locals, locals);
        let value = self.evaluate(closure.body);
        self.locals = outer;
        value
    }

    fn callee(&mut self, node: &'a Node, arguments: usize) -> Outcome<Function<'a>> {
        if let Kind::Variable(name) = &node.kind {
            if let Some(Value::Function(function)) = self.find_variable(name)? {
                return Ok(function);
            }
            let message =
                format_args!("there is no function '{name}' with {arguments} arguments of these names");
            return self.null(WarningKind::NoFunctionFound, node.span, message);
        }
        match self.evaluate(node)? {
            Value::Function(function) => Ok(function),
            Value::Null => Err(Interrupt::Null),
            other => {
                let message = format_args!("{other} is no function and cannot be called");
                self.null(WarningKind::NoFunctionFound, node.span, message)
            }
        }
    }
}
