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
        let mut all_known = true;
        for node in nodes {
            match self.evaluate(node)?.as_bool() {
                Some(value) if value == decisive => return Ok(Value::Boolean(decisive)),
                Some(_) => {}
                None => all_known = false,
            }
        }
        Ok(if all_known { Value::Boolean(!decisive) } else { Value::Null })
    }

    /// The result of the first condition that is true. A condition that is null does not hold.
    pub(super) fn conditional(
        &mut self,
        branches: &'a [(Node, Node)],
        otherwise: &'a Node,
    ) -> Result<Value<'a>, EvaluationError> {
        for (condition, result) in branches {
            if self.evaluate(condition)?.as_bool() == Some(true) {
                return self.evaluate(result);
            }
        }
        self.evaluate(otherwise)
    }
}
