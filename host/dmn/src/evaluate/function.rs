//! Functions of models, as FEEL sees and calls them.

use feel::{Bindings, Evaluation, EvaluationContext, EvaluationError, Function, ModelFunction, Scope, Value};

use super::known::Known;
use super::{Run, Stop};
use crate::evaluation::Reason;
use crate::model::{FunctionDefinition, Knowledge, Service};
use crate::types;

/// A knowledge model as a function.
pub(super) fn of_knowledge(knowledge: &Knowledge) -> Value<'_> {
    let parameters = &knowledge.function.parameters;
    function(ModelFunction { parameters, body: knowledge, bindings: Bindings::default(), call })
}

/// A decision service as a function.
pub(super) fn of_service(service: &Service) -> Value<'_> {
    let parameters = &service.parameters;
    function(ModelFunction { parameters, body: service, bindings: Bindings::default(), call })
}

/// A function definition inside of other logic, which sees what is known around it.
pub(super) fn of_definition<'a>(definition: &'a FunctionDefinition, bindings: &Bindings<'a>) -> Value<'a> {
    let parameters = &definition.parameters;
    function(ModelFunction { parameters, body: definition, bindings: bindings.clone(), call })
}

fn function<'a>(function: ModelFunction<'a>) -> Value<'a> {
    Value::Function(Function::from(function))
}

fn call<'v>(
    function: &ModelFunction<'v>,
    arguments: Vec<Value<'v>>,
    scope: &'v dyn Scope,
    context: &EvaluationContext,
) -> Result<Evaluation<'v>, EvaluationError> {
    let mut run = Run::new(scope, context);
    let value = run.call(function, arguments).map_err(|reason| match reason {
        Reason::Stopped(error) => error,
        reason => EvaluationError::CallFailed { message: format!("in a function that was called, {reason}") },
    })?;
    Ok(run.finish(value))
}

impl<'a> Run<'a> {
    fn call(&mut self, function: &ModelFunction<'a>, arguments: Vec<Value<'a>>) -> Result<Value<'a>, Stop> {
        let body = function.body;
        if let Some(knowledge) = body.downcast_ref::<Knowledge>() {
            let mut bindings = self.required(&knowledge.requires, &mut Known::new())?;
            // A knowledge model may call itself.
            self.bind(&mut bindings, &*knowledge.name, of_knowledge(knowledge))?;
            let value = self.apply(&knowledge.function, bindings, arguments)?;
            return types::coerce_or_null(self, value, &knowledge.result);
        }
        if let Some(service) = body.downcast_ref::<Service>() {
            return self.service(service, arguments);
        }
        match body.downcast_ref::<FunctionDefinition>() {
            Some(definition) => self.apply(definition, function.bindings.clone(), arguments),
            None => Ok(Value::Null),
        }
    }

    /// The body with the arguments as variables; null when one of them has another type.
    fn apply(
        &mut self,
        definition: &'a FunctionDefinition,
        mut bindings: Bindings<'a>,
        arguments: Vec<Value<'a>>,
    ) -> Result<Value<'a>, Stop> {
        let parameters = definition.parameters.iter().zip(&definition.types);
        for ((name, of), argument) in parameters.zip(arguments) {
            let Some(argument) = types::coerce(self, argument, of)? else {
                self.warn(|| format!("the argument '{name}' has another type than the parameter"));
                return Ok(Value::Null);
            };
            self.bind(&mut bindings, &**name, argument)?;
        }
        self.boxed(&definition.body, &bindings)
    }
}
