//! Unary tests: the conditions in the cells of a decision table.

use std::sync::Arc;

use crate::environment::{EvaluationContext, Scope};
use crate::error::{EvaluationError, ParseError};
use crate::evaluate::Evaluator;
use crate::evaluation::Evaluation;
use crate::findings::UnknownFunction;
use crate::functions::Patterns;
use crate::parse::{self, ParsedTests};
use crate::value::{Bindings, Value};
use crate::vocabulary::Vocabulary;

/// Conditions on one input, such as `> 5, [1..3]`, `not("a", "b")` or `-` (anything). Cloning is cheap.
#[derive(Clone)]
pub struct UnaryTests(Arc<Parts>);

struct Parts {
    text: Box<str>,
    parsed: ParsedTests,
    patterns: Patterns,
}

impl UnaryTests {
    /// Parses unary tests; `?` stands for the input in them.
    pub fn parse(text: &str) -> Result<UnaryTests, ParseError> {
        UnaryTests::parse_with(text, &Vocabulary::default())
    }

    /// Parses unary tests in which `names` may be used although they hold spaces or other signs.
    pub fn parse_with_names(text: &str, names: &[&str]) -> Result<UnaryTests, ParseError> {
        UnaryTests::parse_with(text, &Vocabulary { names, ..Vocabulary::default() })
    }

    /// Parses unary tests with the words of a model.
    pub fn parse_with(text: &str, vocabulary: &Vocabulary<'_>) -> Result<UnaryTests, ParseError> {
        let parsed = parse::unary_tests(text, vocabulary)?;
        Ok(UnaryTests(Arc::new(Parts { text: text.into(), parsed, patterns: Patterns::default() })))
    }

    /// Whether `input` meets one of the tests: a boolean, or null where that cannot be said.
    pub fn evaluate<'a>(
        &'a self,
        input: Value<'a>,
        scope: &'a dyn Scope,
        context: &EvaluationContext,
    ) -> Result<Evaluation<'a>, EvaluationError> {
        self.evaluate_with(input, Bindings::default(), scope, context)
    }

    /// Whether `input` meets one of the tests, where `bindings` are known besides the variables.
    pub fn evaluate_with<'a>(
        &'a self,
        input: Value<'a>,
        bindings: Bindings<'a>,
        scope: &'a dyn Scope,
        context: &EvaluationContext,
    ) -> Result<Evaluation<'a>, EvaluationError> {
        let mut evaluator = Evaluator::new(scope, bindings, &self.0.patterns, context);
        let value = evaluator.unary_tests(input, &self.0.parsed)?;
        Ok(evaluator.finish(value))
    }

    /// The text that was parsed.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The names of the variables that the tests read, each once.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.parsed.findings.variables.iter().map(|name| &**name)
    }

    /// Calls of functions that FEEL does not bring.
    pub fn unknown_functions(&self) -> &[UnknownFunction] {
        &self.0.parsed.findings.unknown_functions
    }
}

impl std::fmt::Debug for UnaryTests {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("UnaryTests").field(&self.text()).finish()
    }
}
