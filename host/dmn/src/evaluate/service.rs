//! Decision services.

use std::sync::Arc;

use feel::{EvaluationContext, Scope, Text, Value};

use super::known::{Known, key};
use super::{Run, Stop};
use crate::evaluation::{Error, Failure};
use crate::model::{Element, Model, Service};
use crate::types;

impl Model {
    /// The value of the decision service with this id. Its inputs are variables of the same names.
    pub fn service_value<'a>(
        &'a self,
        id: &str,
        variables: &'a dyn Scope,
        context: &EvaluationContext,
    ) -> Result<Value<'a>, Error> {
        let Some(Element::Service(service)) = self.elements.get(id) else {
            return Err(Error::UnknownDecision { id: id.to_owned() });
        };
        let mut run = Run::new(variables, context);
        let arguments = service.parameters.iter().map(|name| variables.get(name).unwrap_or(Value::Null));
        run.service(service, arguments.collect()).map_err(|reason| {
            let (id, name) = (service.id.to_string(), service.name.to_string());
            let failure = Failure { id, name, reason, decisions: Vec::new(), warnings: Vec::new() };
            Error::Failed(Box::new(failure))
        })
    }
}

impl<'a> Run<'a> {
    /// The outputs of a service. Its arguments stand for the inputs, so that what these would require is not evaluated.
    pub(super) fn service(
        &mut self,
        service: &'a Service,
        arguments: Vec<Value<'a>>,
    ) -> Result<Value<'a>, Stop> {
        self.enter()?;
        let mut known = Known::new();
        for (input, argument) in service.inputs.iter().zip(arguments) {
            let (place, variable) = match input {
                Element::Decision(decision) => (key(&**decision), &decision.result),
                Element::Input(input) => (key(&**input), &input.variable),
                _ => continue,
            };
            let Some(argument) = types::coerce(self, argument, &variable.of)? else {
                self.warn(|| format!("the argument '{}' has another type than the parameter", variable.name));
                self.leave();
                return Ok(Value::Null);
            };
            known.insert(place, argument);
        }
        let outputs: Vec<_> = service.outputs.iter().map(Arc::as_ref).collect();
        let mut values = self.decide(&outputs, &mut known, &mut None)?;
        self.leave();
        let value = match values.len() {
            1 => values.swap_remove(0),
            _ => {
                let names = service.outputs.iter().map(|decision| Text::from(&*decision.result.name));
                self.context(names.zip(values).collect())?
            }
        };
        types::coerce_or_null(self, value, &service.result)
    }
}
