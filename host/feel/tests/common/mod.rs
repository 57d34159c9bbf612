//! Variables kept as JSON text, as the host keeps them.

#![allow(dead_code, unreachable_pub, reason = "every test file uses another part")]
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeMap;

use fermata_feel::{EvaluationContext, Expression, Scope, Value, check_json};
use serde_json::value::RawValue;

/// Variables by name, each as JSON text.
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// The members of a JSON object.
    pub fn read(json: &str) -> Variables {
        let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(json).unwrap();
        let texts = members.into_iter().map(|(name, value)| (name, value.get().to_owned()));
        Variables(texts.inspect(|(_, text)| check_json(text).unwrap()).collect())
    }

    /// A single variable.
    pub fn value(&self, name: &str) -> Option<Value<'_>> {
        self.get(name)
    }
}

impl Scope for Variables {
    fn get<'s>(&'s self, name: &str) -> Option<Value<'s>> {
        self.0.get(name).map(|text| Value::from_json(text).unwrap())
    }
}

/// Time and seed of all cases: a Sunday morning in UTC.
pub fn context() -> EvaluationContext {
    EvaluationContext::new("2026-11-22T09:30:00Z".parse().unwrap(), 42)
}

/// The JSON that an expression without variables comes to.
pub fn evaluate(text: &str) -> String {
    let expression = Expression::parse(text).unwrap();
    let variables = Variables::read("{}");
    let evaluation = expression.evaluate(&variables, &context()).unwrap();
    evaluation.value.to_json().unwrap()
}
