//! Expressions and unary tests.

use feel::{Expression, ParseError, UnaryTests, UnknownFunction, Vocabulary};
use fermata_xml::rule::RESOURCE_LIMIT;
use fermata_xml::{Node, Occasion, SourceText};

use super::node::NodeExt;
use super::reading::{Read, Reading};
use crate::rule;

impl Reading<'_> {
    /// The expression in the child `text`, which must be there. `what` names it in messages: "an input".
    pub(super) fn expression(&mut self, node: Node<'_>, what: &str) -> Read<Expression> {
        match self.expression_if_any(node)? {
            Some(expression) => Ok(expression),
            None => {
                let message = format!("{what} of {} has no expression", node.describe());
                self.refuse(rule::MISSING_LOGIC, node.place(), message)
            }
        }
    }

    /// The expression in the child `text`; `None` when there is none.
    pub(super) fn expression_if_any(&mut self, node: Node<'_>) -> Read<Option<Expression>> {
        self.check_language(node)?;
        let Some(text) = node.text_child() else { return Ok(None) };
        self.parse(&text, Expression::parse_with, Expression::unknown_functions).map(Some)
    }

    /// The unary tests in the child `text`; `None` where anything will do.
    pub(super) fn tests(&mut self, node: Node<'_>) -> Read<Option<UnaryTests>> {
        self.check_language(node)?;
        let Some(text) = node.text_child().filter(|text| text.as_str() != "-") else { return Ok(None) };
        self.parse(&text, UnaryTests::parse_with, UnaryTests::unknown_functions).map(Some)
    }

    /// The list of values that unary tests name, in their order.
    pub(super) fn values(&mut self, tests: &UnaryTests) -> Option<Expression> {
        let text = format!("[{}]", tests.text());
        let names = self.names.within(&text).unwrap_or_default();
        Expression::parse_with_names(&text, &names).ok()
    }

    fn parse<T>(
        &mut self,
        text: &SourceText<'_>,
        parse: impl Fn(&str, &Vocabulary<'_>) -> Result<T, ParseError>,
        unknown_functions: impl Fn(&T) -> &[UnknownFunction],
    ) -> Read<T> {
        let Ok(names) = self.names.within(text.as_str()) else {
            let message =
                "names of several words begin with each other too often: make them shorter or fewer";
            return Err(self.findings.error(RESOURCE_LIMIT, text.place(), message).into());
        };
        let parsed = match parse(text.as_str(), &Vocabulary { names: &names, types: &self.types.of_feel }) {
            Ok(parsed) => parsed,
            Err(error) => {
                let owner = text.node.describe();
                let message = format!("an expression of {owner} is not valid FEEL: {}", error.message);
                return self.refuse(rule::FEEL_SYNTAX, text.place_of(error.span), message);
            }
        };
        // Whoever loads a model again has heard it when the model was deployed.
        if self.findings.occasion() == Occasion::Deployment {
            for function in
                unknown_functions(&parsed).iter().filter(|known| !self.names.contains(&known.name))
            {
                let message = format!(
                    "an expression of {} calls `{}`, and no function of that name takes such arguments",
                    text.node.describe(),
                    function.name
                );
                let place = text.place_of(function.span.clone());
                self.findings.warning(rule::FEEL_UNKNOWN_FUNCTION, place, message);
            }
        }
        Ok(parsed)
    }

    fn check_language(&mut self, node: Node<'_>) -> Read<()> {
        let root = node.document().root_element();
        for owner in [node, root] {
            if let Some(language) = owner.value("expressionLanguage")
                && !is_feel(language)
            {
                let message = format!(
                    "{} has an expression in `{}`: only FEEL is evaluated",
                    node.describe(),
                    fermata_xml::shortened(language)
                );
                return self.refuse(
                    rule::EXPRESSION_LANGUAGE,
                    owner.attribute_place("expressionLanguage"),
                    message,
                );
            }
        }
        Ok(())
    }
}

/// Whether a language is FEEL: by its name, or by the namespace that one of DMN's versions gives it.
fn is_feel(language: &str) -> bool {
    let language = language.to_ascii_lowercase();
    language == "feel" || language.trim_end_matches('/').ends_with("/feel") || language.ends_with("/feel.xsd")
}
