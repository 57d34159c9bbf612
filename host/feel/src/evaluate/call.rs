//! Calls of functions.

use std::fmt;

use super::{Evaluator, Interrupt, Outcome};
use crate::environment::EvaluationContext;
use crate::error::{EvaluationError, WarningKind};
use crate::functions::{self, Builtin, Call, Form};
use crate::parse::{Kind, Node};
use crate::span::Span;
use crate::value::{Body, Closure, Function, ModelFunction, Value};

impl<'a> Evaluator<'a> {
    pub(super) fn call_builtin(
        &mut self,
        builtin: &'static Builtin,
        form: Option<Form>,
        nodes: &'a [Node],
        span: Span,
    ) -> Outcome<Value<'a>> {
        let mut arguments = Vec::with_capacity(nodes.len());
        for node in nodes {
            arguments.push(self.evaluate(node)?);
        }
        (builtin.call)(&mut Call { evaluator: self, builtin, form, arguments: &arguments, span })
    }

    pub(super) fn call(&mut self, callee: &'a Node, nodes: &'a [Node], span: Span) -> Outcome<Value<'a>> {
        let function = self.callee(callee, format_args!("{} arguments", nodes.len()))?;
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
        let function = self.callee(callee, format_args!("parameters of these names"))?;
        let mut arguments = vec![Value::Null; function.parameters().len()];
        for (name, node) in nodes {
            let value = self.evaluate(node)?;
            self.budget.read(name.len())?;
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

    /// Calls a function that an expression or a model defines, with as many arguments as it has parameters.
    pub(crate) fn invoke(
        &mut self,
        function: &Function<'a>,
        arguments: Vec<Value<'a>>,
    ) -> Result<Value<'a>, EvaluationError> {
        let closure = match function.body() {
            Body::Expression(closure) => closure,
            Body::Model(function) => return self.invoke_model(function, arguments),
        };
        if !closure.bindings.are(&self.bindings) {
            let bindings = std::mem::replace(&mut self.bindings, closure.bindings.clone());
            let known_variables = std::mem::take(&mut self.known_variables);
            let value = self.invoke_closure(function, closure, arguments);
            (self.bindings, self.known_variables) = (bindings, known_variables);
            return value;
        }
        self.invoke_closure(function, closure, arguments)
    }

    /// Calls a function that a model defines, within what is left of the limits.
    fn invoke_model(
        &mut self,
        function: &ModelFunction<'a>,
        arguments: Vec<Value<'a>>,
    ) -> Result<Value<'a>, EvaluationError> {
        let context = EvaluationContext {
            now: self.now,
            time_zone: self.time_zone.clone(),
            seed: self.random,
            limits: self.budget.limits_left(),
        };
        let evaluation = (function.call)(function, arguments, self.scope, &context)?;
        self.budget.step_by(evaluation.steps)?;
        self.budget.allocate_bytes(evaluation.memory_bytes)?;
        let room = self.warnings_max.saturating_sub(self.warnings.len());
        self.warnings.extend(evaluation.warnings.into_iter().take(room));
        Ok(evaluation.value)
    }

    /// Calls a function that an expression defines, where what it is bound to is known.
    fn invoke_closure(
        &mut self,
        function: &Function<'a>,
        closure: &Closure<'a>,
        arguments: Vec<Value<'a>>,
    ) -> Result<Value<'a>, EvaluationError> {
        let literal = closure.literal;
        let mut locals = Vec::with_capacity(closure.locals.len() + 1 + arguments.len());
        self.budget.step_by(closure.locals.len() as u64)?;
        locals.extend(closure.locals.iter().cloned());
        if literal.knows_itself {
            locals.push(Value::Function(function.clone()));
        }
        for (argument, parameter) in arguments.into_iter().zip(&literal.parameters) {
            locals.push(self.argument(argument, parameter, &literal.body)?);
        }
        let outer = std::mem::replace(&mut self.locals, locals);
        let value = self.evaluate(&literal.body);
        self.locals = outer;
        value
    }

    /// The function that a call means. `called_with` says for a message what it should take.
    fn callee(&mut self, node: &'a Node, called_with: fmt::Arguments<'_>) -> Outcome<Function<'a>> {
        if let Kind::Variable(name) = &node.kind {
            if let Some(Value::Function(function)) = self.find_variable(name)? {
                return Ok(function);
            }
            let forms = functions::find(name);
            self.warn(WarningKind::NoFunctionFound, node.span, || match forms {
                Some(builtin) => format!("there is no function '{name}' with {called_with}, only {builtin}"),
                None => format!("there is no function '{name}'"),
            });
            return Err(Interrupt::Null);
        }
        let warnings_count = self.warnings_count;
        match self.evaluate(node)? {
            Value::Function(function) => Ok(function),
            Value::Null => {
                self.explain(warnings_count, node.span, format_args!("null cannot be called"));
                Err(Interrupt::Null)
            }
            other => {
                let message = format_args!("{other} is no function and cannot be called");
                self.null(WarningKind::NoFunctionFound, node.span, message)
            }
        }
    }
}
