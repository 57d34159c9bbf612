//! One case: inputs, and what decisions must come to.

use std::collections::BTreeMap;

use dmn::Model;
use feel::{EvaluationContext, Scope, Value};
use jiff::Timestamp;
use roxmltree::Node;

use super::value;

/// A case of the kit.
pub(super) struct Case {
    pub(super) id: String,
    /// The decision service that is called instead of the decisions.
    service: Option<String>,
    inputs: Inputs,
    results: Vec<Expectation>,
}

struct Expectation {
    name: String,
    /// Whether an error will do where null is expected.
    may_fail: bool,
    value: Result<Value<'static>, String>,
}

/// What came of a case.
pub(super) enum Outcome {
    Passed,
    Failed(String),
}

/// Values that are unclear are told when the case runs.
struct Inputs(BTreeMap<String, Result<Value<'static>, String>>);

impl Scope for Inputs {
    fn get<'s>(&'s self, name: &str) -> Option<Value<'s>> {
        self.0.get(name)?.clone().ok()
    }
}

impl Case {
    pub(super) fn read(node: Node<'_, '_>) -> Self {
        let children = |name| node.children().filter(move |child| child.tag_name().name() == name);
        let named = |child: Node<'_, '_>| words(child.attribute("name").unwrap_or_default());
        let inputs = children("inputNode").map(|child| (named(child), value::read(child))).collect();
        let results = children("resultNode").map(|child| Expectation {
            name: named(child),
            may_fail: child.attribute("errorResult") == Some("true"),
            value: match child.children().find(|child| child.tag_name().name() == "expected") {
                Some(expected) => value::read(expected),
                None => Ok(Value::Null),
            },
        });
        let service =
            node.attribute("invocableName").filter(|_| node.attribute("type") == Some("decisionService"));
        Self {
            id: node.attribute("id").unwrap_or_default().to_owned(),
            service: service.map(words),
            inputs: Inputs(inputs),
            results: results.collect(),
        }
    }

    /// Whether the model gives every expected result.
    pub(super) fn run(&self, model: &Model) -> Outcome {
        if let Some((name, Err(why))) = self.inputs.0.iter().find(|(_, value)| value.is_err()) {
            return Outcome::Failed(format!("the input '{name}' is unclear: {why}"));
        }
        let context = EvaluationContext::new(Timestamp::now(), 1);
        for expectation in &self.results {
            if let Err(how) = self.check(model, expectation, &context) {
                return Outcome::Failed(format!("{}: {how}", expectation.name));
            }
        }
        Outcome::Passed
    }

    fn check(
        &self,
        model: &Model,
        expectation: &Expectation,
        context: &EvaluationContext,
    ) -> Result<(), String> {
        let expected =
            expectation.value.as_ref().map_err(|why| format!("the expected value is unclear: {why}"))?;
        let found = match &self.service {
            Some(name) => {
                let service = model.services().find(|service| service.name() == *name);
                let service = service.ok_or_else(|| format!("there is no decision service '{name}'"))?;
                model.service_value(service.id(), &self.inputs, context)
            }
            None => {
                let decision = model.decisions().find(|decision| decision.name() == expectation.name);
                let decision = decision.ok_or("there is no such decision")?;
                model.value(decision.id(), &self.inputs, context)
            }
        };
        let found = match found {
            Ok(found) => found,
            Err(_) if expectation.may_fail && expected.is_null() => return Ok(()),
            Err(error) => {
                return Err(format!("expected {}, found the error: {error}", value::shown(expected)));
            }
        };
        // A service with several outputs gives them by name.
        let output = found.as_context().filter(|_| self.service.is_some());
        let found = output.and_then(|outputs| outputs.get(&expectation.name)).unwrap_or(found);
        if value::same(expected, &found) {
            return Ok(());
        }
        Err(format!("expected {}, found {}", value::shown(expected), value::shown(&found)))
    }
}

/// A name with single spaces between its words, as models have it.
fn words(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}
