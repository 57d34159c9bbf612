//! Three-valued logic: true, false, and null where neither can be said.

use super::Evaluator;
use crate::error::EvaluationError;
use crate::parse::Node;
use crate::value::Value;

impl<'a> Evaluator<'a> {
    /// False as soon as one operand is; true if all are.
    pub(super) fn and(&mut self, nodes: &'a [Node]) -> Result<Value<'a>, EvaluationError> {
        self.connected(nodes, false)
    }

    /// True as soon as one operand is; false if all are.
    pub(super) fn or(&mut self, nodes: &'a [Node]) -> Result<Value<'a>, EvaluationError> {
        self.connected(nodes, true)
    }

    fn connected(&mut self, nodes: &'a [Node], decisive: bool) -> Result<Value<'a>, EvaluationError> {
        let warnings_count = self.warnings_count;
        let mut unknown = None;
        for node in nodes {
            match self.evaluate(node)? {
                Value::Boolean(value) if value == decisive => return Ok(Value::Boolean(decisive)),
                Value::Boolean(_) => {}
                value => unknown = unknown.or(Some((value, node.span))),
            }
        }
        let Some((value, span)) = unknown else {
            return Ok(Value::Boolean(!decisive));
        };
        let word = if decisive { "or" } else { "and" };
        self.explain(warnings_count, span, format_args!("expected a boolean beside `{word}`, found {value}"));
        Ok(Value::Null)
    }

    /// The result of the first condition that is true. A condition that is null does not hold.
    pub(super) fn conditional(
        &mut self,
        branches: &'a [(Node, Node)],
        otherwise: &'a Node,
    ) -> Result<Value<'a>, EvaluationError> {
        for (condition, result) in branches {
            let warnings_count = self.warnings_count;
            match self.evaluate(condition)? {
                Value::Boolean(true) => return self.evaluate(result),
                Value::Boolean(false) => {}
                value => {
                    let message = format_args!("expected a boolean behind `if`, found {value}");
                    self.explain(warnings_count, condition.span, message);
                }
            }
        }
        self.evaluate(otherwise)
    }
}
