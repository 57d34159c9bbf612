//! Parsed expressions.

use std::sync::Arc;

use crate::environment::{EvaluationContext, Scope};
use crate::error::{EvaluationError, ParseError};
use crate::evaluate::Evaluator;
use crate::evaluation::Evaluation;
use crate::findings::{ConnectorAnswer, InvalidPattern, UnknownFunction};
use crate::functions::{LiteralPattern, Patterns};
use crate::parse::{self, Parsed};
use crate::value::Bindings;
use crate::vocabulary::Vocabulary;

/// An expression, parsed once and evaluated as often as needed. Cloning is cheap.
#[derive(Clone)]
pub struct Expression(Arc<Parts>);

struct Parts {
    text: Box<str>,
    parsed: Parsed,
    patterns: Patterns,
}

impl Expression {
    /// Parses an expression, written without the `=` that marks expressions in models.
    pub fn parse(text: &str) -> Result<Expression, ParseError> {
        Expression::parse_with(text, &Vocabulary::default())
    }

    /// Parses an expression in which `names` may be used although they hold spaces or other signs, as DMN allows it.
    pub fn parse_with_names(text: &str, names: &[&str]) -> Result<Expression, ParseError> {
        Expression::parse_with(text, &Vocabulary { names, ..Vocabulary::default() })
    }

    /// Parses an expression with the words of a model.
    pub fn parse_with(text: &str, vocabulary: &Vocabulary<'_>) -> Result<Expression, ParseError> {
        let parsed = parse::expression(text, vocabulary)?;
        Ok(Expression(Arc::new(Parts { text: text.into(), parsed, patterns: Patterns::default() })))
    }

    /// Evaluates the expression. The value borrows from the expression and from the variables.
    pub fn evaluate<'a>(
        &'a self,
        scope: &'a dyn Scope,
        context: &EvaluationContext,
    ) -> Result<Evaluation<'a>, EvaluationError> {
        self.evaluate_with(Bindings::default(), scope, context)
    }

    /// As [`Expression::evaluate`], and adds to `steps` what the evaluation has taken, also one that fails.
    pub fn evaluate_counting<'a>(
        &'a self,
        scope: &'a dyn Scope,
        context: &EvaluationContext,
        steps: &mut u64,
    ) -> Result<Evaluation<'a>, EvaluationError> {
        let mut evaluator = Evaluator::new(scope, Bindings::default(), &self.0.patterns, context);
        let value = evaluator.evaluate(&self.0.parsed.root);
        *steps += evaluator.budget.steps_taken();
        Ok(evaluator.finish(value?))
    }

    /// Evaluates the expression where `bindings` are known besides the variables.
    pub fn evaluate_with<'a>(
        &'a self,
        bindings: Bindings<'a>,
        scope: &'a dyn Scope,
        context: &EvaluationContext,
    ) -> Result<Evaluation<'a>, EvaluationError> {
        let mut evaluator = Evaluator::new(scope, bindings, &self.0.patterns, context);
        let value = evaluator.evaluate(&self.0.parsed.root)?;
        Ok(evaluator.finish(value))
    }

    /// The text that was parsed.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The names of the variables that the expression reads, each once.
    ///
    /// A name inside a filter is among them even if the list's items turn out to have an entry of that name.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.parsed.findings.variables.iter().map(|name| &**name)
    }

    /// Calls of functions that FEEL does not bring.
    pub fn unknown_functions(&self) -> &[UnknownFunction] {
        &self.0.parsed.findings.unknown_functions
    }

    /// Calls of `bpmnError`, `jobError` and `ignoreError`, which only say something to whoever runs a connector:
    /// anywhere else they come to a context that nobody acts on.
    pub fn connector_answers(&self) -> &[ConnectorAnswer] {
        &self.0.parsed.findings.connector_answers
    }

    /// How many regular expressions stand in the text as literals.
    pub fn patterns(&self) -> usize {
        self.0.parsed.findings.patterns.len()
    }

    /// Regular expressions in the text that cannot be compiled, so that their calls are null whatever the variables hold.
    /// Looks at no more than `count_max`.
    pub fn invalid_patterns(&self, count_max: usize) -> Vec<InvalidPattern> {
        let patterns = self.0.parsed.findings.patterns.iter().take(count_max);
        patterns.filter_map(LiteralPattern::error).collect()
    }
}

impl std::fmt::Debug for Expression {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Expression").field(&self.text()).finish()
    }
}

/// Two expressions are equal when their texts are.
impl PartialEq for Expression {
    fn eq(&self, other: &Expression) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Expression {}
